"""`screen`: many data sets, in processes of their own, continued after a stop."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import patterson_gui as pg
from patterson_gui.api.solving.process import answer_of, solve_in_process
from patterson_gui.api.solving.screen_sets import screen_sets
from patterson_gui.errors import Cancelled
from patterson_gui.io.locks import locked_folder
from patterson_gui.io.screening.data_sets import find_sets
from patterson_gui.io.screening.table import COLUMNS, row_of_figures
from patterson_gui.io.solution.report.figures import figures_of
from patterson_gui.io.solution.write import write_solution
from tests.io.solved_crystals import made_solution

ROOT = Path(pg.__file__).parents[1]


def make_sets(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / f"{name}.hkl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("   1   0   0    1.00    0.10\n   0   0   0    0.00    0.00\n")


class Solver:
    """Writes the files of a made solution; fails for names with 'bad'."""

    def __init__(self) -> None:
        self.solved: list[str] = []

    def __call__(
        self, path: Path, folder: Path, options: Mapping[str, Any], limit: float,
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:  # fmt: skip
        self.solved.append(path.stem)
        if "bad" in path.stem:
            raise pg.UserError(f"{path.name} has no cell: give it.")
        if "lost" in path.stem:
            return {"error": "It was stopped after 1 s."}
        solution = made_solution("P 1 21/n 1")
        write_solution(folder, solution, path.stem)
        return row_of_figures(figures_of(solution, path.stem)) | {"error": ""}


def table_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "screen.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_set_has_a_row_with_its_figures_or_the_reason(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a", "deep/b", "bad", "lost")
    solver = Solver()
    result = screen_sets(find_sets(tmp_path / "in"), tmp_path / "out", {}, jobs=2, solve_one=solver)
    rows = {row["name"]: row for row in table_of(tmp_path / "out")}
    assert list(rows) == ["a", "bad", "deep/b", "lost"]
    assert tuple(rows["a"]) == COLUMNS
    assert rows["a"]["verdict"] == "solved"
    assert rows["a"]["space_group"] == "P 1 21/n 1"
    assert float(rows["a"]["r1"]) == 0.0321
    assert rows["bad"]["verdict"] == "failed"
    assert rows["bad"]["reason"] == "bad.hkl has no cell: give it."
    assert rows["lost"]["reason"] == "It was stopped after 1 s."
    assert (tmp_path / "out" / rows["deep/b"]["report"]).is_file()
    assert result.summary == "4 crystals: 2 solved, 2 failed."
    page = (tmp_path / "out" / "screen.html").read_text(encoding="utf-8")
    assert 'href="deep/b/report.html"' in page
    assert "thumbnail.svg" in page
    assert "4 crystals: 2 solved, 2 failed." in page
    assert "'out': 4 crystals" in repr(result)
    assert "2 failed" in result._repr_html_()
    assert list((tmp_path / "out").rglob("*.part")) == []


def test_a_second_run_keeps_what_is_finished(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a", "bad")
    sets = find_sets(tmp_path / "in")
    screen_sets(sets, tmp_path / "out", {}, solve_one=Solver())
    again = Solver()
    make_sets(tmp_path / "in", "c")
    result = screen_sets(find_sets(tmp_path / "in"), tmp_path / "out", {}, solve_one=again)
    assert again.solved == ["c"]
    assert result.kept == 2
    assert [row["verdict"] for row in table_of(tmp_path / "out")] == ["solved", "failed", "solved"]
    assert result.notes == ()


def test_failures_are_tried_again_on_request(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a", "bad")
    sets = find_sets(tmp_path / "in")
    screen_sets(sets, tmp_path / "out", {}, solve_one=Solver())
    again = Solver()
    screen_sets(sets, tmp_path / "out", {}, retry=True, solve_one=again)
    assert again.solved == ["bad"]


def test_changed_files_and_options_are_noticed(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a", "b")
    sets = find_sets(tmp_path / "in")
    screen_sets(sets, tmp_path / "out", {"seed": 0}, solve_one=Solver())
    (tmp_path / "in" / "b.ins").write_text("TITL b\n")
    again = Solver()
    result = screen_sets(sets, tmp_path / "out", {"seed": 0}, solve_one=again)
    assert again.solved == ["b"]
    assert result.notes[0].startswith("1 of the crystals")
    other = Solver()
    screen_sets(sets, tmp_path / "out", {"seed": 1}, solve_one=other)
    assert sorted(other.solved) == ["a", "b"]


def test_a_structure_that_was_refined_on_is_kept(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a")
    sets = find_sets(tmp_path / "in")
    screen_sets(sets, tmp_path / "out", {}, solve_one=Solver())
    (tmp_path / "out" / "a" / "a.res").write_text("TITL mine\n")
    (tmp_path / "out" / "a" / "a.lst").write_text("of SHELXL")
    screen_sets(sets, tmp_path / "out", {"seed": 1}, solve_one=Solver())
    assert (tmp_path / "out" / "a" / "a.res").read_text() == "TITL mine\n"
    assert (tmp_path / "out" / "a" / "a.lst").is_file()
    assert "changed since" in table_of(tmp_path / "out")[0]["reason"]


def test_a_new_solution_replaces_an_earlier_one_and_no_other_file(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a")
    sets = find_sets(tmp_path / "in")
    screen_sets(sets, tmp_path / "out", {}, solve_one=Solver())
    notes = tmp_path / "out" / "a" / "notes.txt"
    notes.write_text("mine")
    screen_sets(sets, tmp_path / "out", {"seed": 1}, solve_one=Solver())
    assert notes.is_file()
    assert (tmp_path / "out" / "a" / "a.res").is_file()

    def fail(*_: Any) -> dict[str, Any]:
        return {"error": "It was stopped after 1 s."}

    screen_sets(sets, tmp_path / "out", {"seed": 2}, solve_one=fail)
    left = {path.name for path in (tmp_path / "out" / "a").iterdir()}
    assert left == {"notes.txt", "screen-row.json"}


def test_cancelling_ends_soon_and_keeps_what_is_finished(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a", "b", "c")
    asked: list[str] = []

    def slow(path: Path, folder: Path, options: Any, limit: float, cancelled: Any) -> Any:
        if path.stem != "a":
            asked.append(path.stem)
            while not cancelled():
                time.sleep(0.01)  # a solver can only ask whether it is cancelled
            raise KeyboardInterrupt
        return Solver()(path, folder, options, limit, cancelled)

    begun = time.monotonic()
    with pytest.raises(Cancelled):
        screen_sets(
            find_sets(tmp_path / "in"), tmp_path / "out", {}, jobs=1, solve_one=slow,
            cancelled=lambda: bool(asked),
        )  # fmt: skip
    assert time.monotonic() - begun < 5
    again = Solver()
    screen_sets(find_sets(tmp_path / "in"), tmp_path / "out", {}, solve_one=again)
    assert sorted(again.solved) == ["b", "c"]


def test_a_killed_run_continues_with_the_unfinished_sets(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", *(f"s{i}" for i in range(4)))
    code = textwrap.dedent(
        f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from tests.api.solving.test_screen import Solver
        from patterson_gui.api.solving.screen_sets import screen_sets
        from patterson_gui.io.screening.data_sets import find_sets
        def solve(path, folder, options, limit, cancelled):
            row = Solver()(path, folder, options, limit, cancelled)
            if path.stem == "s2":
                print("half-written", flush=True)
                time.sleep(60)  # until the test kills this program
            return row
        here = Path({str(tmp_path)!r})
        screen_sets(find_sets(here / "in"), here / "out", {{}}, jobs=1, solve_one=solve)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "half-written\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert [row["name"] for row in table_of(tmp_path / "out")] == ["s0", "s1"]
    assert (tmp_path / "out" / "s2.part").is_dir()
    again = Solver()
    result = screen_sets(find_sets(tmp_path / "in"), tmp_path / "out", {}, jobs=1, solve_one=again)
    assert again.solved == ["s2", "s3"]
    assert result.kept == 2
    assert result.summary == "4 crystals: 4 solved."
    assert not (tmp_path / "out" / "s2.part").exists()


def test_a_process_is_ended_at_its_limit_and_when_cancelled(tmp_path: Path) -> None:
    make_sets(tmp_path, "a")
    answer = solve_in_process(tmp_path / "a.hkl", tmp_path / "out", {}, 0.05)
    assert answer == {"error": "It was stopped after 0 s."}
    with pytest.raises(KeyboardInterrupt):
        solve_in_process(tmp_path / "a.hkl", tmp_path / "out", {}, 60.0, lambda: True)


def test_an_error_in_the_process_becomes_the_reason(tmp_path: Path) -> None:
    make_sets(tmp_path, "a")
    answer = solve_in_process(tmp_path / "a.hkl", tmp_path / "out", {}, 60.0)
    assert "a.hkl gives no unit cell" in answer["error"]


@pytest.mark.parametrize(
    ("code", "out", "err", "error"),
    [
        (0, b'noise\n{"r1": 0.1, "error": ""}\n', b"", ""),
        (0, b"no row\n", b"", "An error of the program: exit code 0"),
        (1, b"", b"Traceback ...\nTypeError: x\n", "An error of the program: TypeError: x"),
        (-9, b"", b"", "Its process was ended by signal 9, probably because memory ran out."),
        (-11, b"", b"", "Its process was ended by signal 11, which is a fault of a library."),
    ],
)
def test_the_end_of_a_process_is_told(code: int, out: bytes, err: bytes, error: str) -> None:
    assert answer_of(code, out, err)["error"] == error


@pytest.mark.skipif(sys.platform == "win32", reason="needs the process table of Unix")
def test_a_process_ends_when_its_caller_is_killed(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-P', '-m', 'patterson_gui.api.solving.process'], "
        "stdin=subprocess.PIPE)\n"
        "print(p.pid, flush=True)\n"
        'p.stdin.write(b\'{"path": "/dev/stdin", "folder": "x", "options": {}}\\n\')\n'
        "p.stdin.flush()\np.wait()\n"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert caller.stdout is not None
    with caller.stdout:
        child = int(caller.stdout.readline())
    caller.kill()
    caller.wait()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        status = Path(f"/proc/{child}/status")
        if status.exists() and "State:\tZ" in status.read_text():
            return
        time.sleep(0.05)  # nothing tells when a process of a process has ended
    pytest.fail("the process is still there")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"jobs": 0}, "at least 1"),
        ({"limit": 0}, "larger than 0"),
        ({"retry": 1}, "True or False"),
        ({"laue": "5/m"}, "laue must be one of"),
        ({"elements": "C Xx"}, "not an element"),
    ],
)
def test_wrong_arguments_are_refused(
    tmp_path: Path, arguments: dict[str, Any], sentence: str
) -> None:
    make_sets(tmp_path / "in", "a")
    with pytest.raises(pg.UserError, match=sentence):
        pg.screen(tmp_path / "in", tmp_path / "out", progress=False, **arguments)
    assert not (tmp_path / "out").exists()


def test_a_dask_cluster_solves_the_sets(tmp_path: Path) -> None:
    distributed = pytest.importorskip("dask.distributed")
    make_sets(tmp_path / "in", "a", "b")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
    ):
        result = screen_sets(
            find_sets(tmp_path / "in"), tmp_path / "out", {}, dask=cluster.scheduler_address,
            solve_one=Solver(),
        )  # fmt: skip
    assert result.summary == "2 crystals: 2 solved."
    record = json.loads((tmp_path / "out" / "a" / "screen-row.json").read_text(encoding="utf-8"))
    assert record["row"]["verdict"] == "solved"


def test_a_full_disk_ends_the_run_and_is_no_verdict_on_the_crystal(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a", "b")
    sets = find_sets(tmp_path / "in")

    def full(path: Path, folder: Path, *rest: Any) -> dict[str, Any]:
        if path.stem == "a":
            return Solver()(path, folder, *rest)
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise pg.UserError("b.hkl could not be written, because the disk is full.") from error

    with pytest.raises(pg.UserError, match=r"disk is full\. Run again"):
        screen_sets(sets, tmp_path / "out", {}, jobs=1, solve_one=full)
    assert list((tmp_path / "out").rglob("*.part")) == []
    again = Solver()
    result = screen_sets(sets, tmp_path / "out", {}, jobs=1, solve_one=again)
    assert again.solved == ["b"]
    assert result.summary == "2 crystals: 2 solved."


def test_refuses_a_folder_that_another_program_screens_into(tmp_path: Path) -> None:
    make_sets(tmp_path / "in", "a")
    with (
        locked_folder(tmp_path / "out", "screens into"),
        pytest.raises(pg.UserError, match="Another patterson-gui screens into"),
    ):
        screen_sets(find_sets(tmp_path / "in"), tmp_path / "out", {}, solve_one=Solver())


def test_a_row_of_other_options_does_not_outlive_the_files_it_describes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the files and their record."""
    make_sets(tmp_path / "in", "a")
    sets = find_sets(tmp_path / "in")
    screen_sets(sets, tmp_path / "out", {"seed": 0}, solve_one=Solver())

    def killed(*_: Any) -> None:
        raise KeyError

    monkeypatch.setattr("patterson_gui.api.solving.screen_sets.write_record", killed)
    with pytest.raises(KeyError):
        screen_sets(sets, tmp_path / "out", {"seed": 1}, solve_one=Solver())
    monkeypatch.undo()
    again = Solver()
    screen_sets(sets, tmp_path / "out", {"seed": 0}, solve_one=again)
    assert again.solved == ["a"]
