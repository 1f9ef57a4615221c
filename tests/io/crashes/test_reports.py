"""Reports of crashes hold what finds the fault, and nothing of the user."""

import faulthandler
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import patterson_gui
from patterson_gui.errors import UserError
from patterson_gui.io.crashes.reports import (
    MOST_REPORTS,
    CrashReports,
    short_path,
    stacks_text,
    traceback_text,
)
from patterson_gui.io.crashes.watch import CrashWatch
from patterson_gui.io.opening.open import open_any

CHILD = """
import os, signal, sys, threading
from pathlib import Path
from patterson_gui.io.crashes.reports import CrashReports
from patterson_gui.io.crashes.watch import CrashWatch
def wait_in_thread():
    threading.Event().wait()
with CrashWatch(CrashReports(Path(sys.argv[1]))) as watch:
    threading.Thread(target=wait_in_thread, daemon=True).start()
    watch.note("open")
    watch.note("predict")
    os.kill(os.getpid(), int(sys.argv[2]))
    signal.pause()
"""


@pytest.fixture
def reports(tmp_path: Path) -> CrashReports:
    return CrashReports(tmp_path / "Erika Mustermann" / "crashes")


def run_child(folder: Path, number: int) -> int:
    child = [sys.executable, "-c", CHILD, str(folder), str(number)]
    return subprocess.run(child, capture_output=True, timeout=60, check=False).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_reports_the_stacks_of_all_threads_of_a_run_that_died(reports: CrashReports) -> None:
    assert run_child(reports.folder, signal.SIGSEGV) == -signal.SIGSEGV
    with CrashWatch(reports):
        (path,) = reports.new()
        assert len(list(reports.folder.glob("running-*"))) == 1  # our own
    text = path.read_text()
    assert "Segmentation fault" in text
    assert "wait_in_thread" not in text  # a function outside the program
    assert "python/threading.py" in text
    assert text.count("hread 0x") == 2
    assert "  open\n  predict\n" in text
    assert "Mustermann" not in text
    assert list(reports.folder.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_run_that_was_killed_leaves_nothing_after_the_next(reports: CrashReports) -> None:
    assert run_child(reports.folder, signal.SIGKILL) == -signal.SIGKILL
    assert len(list(reports.folder.glob("running-*"))) == 1
    with CrashWatch(reports):
        pass
    assert list(reports.folder.iterdir()) == []


def test_a_second_run_leaves_the_file_of_the_first_alone(reports: CrashReports) -> None:
    with CrashWatch(reports):
        with CrashWatch(reports):
            assert len(list(reports.folder.glob("running-*"))) == 2
        assert len(list(reports.folder.glob("running-*"))) == 1


def test_reports_an_exception_without_its_message_and_paths(
    reports: CrashReports, tmp_path: Path
) -> None:
    watch = CrashWatch(reports)
    watch.note("solve")
    with pytest.raises(FileNotFoundError), watch:
        (tmp_path / "secret sample.hkl").read_text()
    (path,) = reports.new()
    text = path.read_text()
    assert "builtins.FileNotFoundError (ENOENT)" in text
    assert f"patterson_gui {patterson_gui.__version__}" in text
    assert "python/pathlib.py" in text
    assert "  solve\n" in text
    for private in ("secret", "Mustermann", str(tmp_path), "test_crash"):
        assert private not in text


def test_reports_no_error_that_the_user_was_told(reports: CrashReports) -> None:
    with pytest.raises(UserError), CrashWatch(reports):
        raise UserError("This is wrong: do that.")
    assert reports.new() == []


def test_shows_lines_of_the_program_in_the_traceback(tmp_path: Path) -> None:
    try:
        open_any(tmp_path / "none.pdb")
    except UserError as error:
        text = traceback_text(error)
    assert "patterson_gui/io/opening/open.py, line " in text
    assert "none.pdb" not in text


def test_writes_the_same_crash_once_and_keeps_the_newest(reports: CrashReports) -> None:
    assert reports.add("head", "what", ()) == reports.add("head", "what", ("open",))
    for number in range(MOST_REPORTS + 5):
        reports.add("head", f"other {number}", ())
    assert len(reports.new()) == MOST_REPORTS


def test_forgets_reports_or_offers_them_no_more(reports: CrashReports) -> None:
    reports.add("head", "one", ())
    assert "one" in reports.text()
    reports.mark_seen()
    assert reports.new() == []
    reports.add("head", "two", ())
    reports.forget()
    assert len(list(reports.folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reports = CrashReports(tmp_path / "file" / "crashes")
    with CrashWatch(reports) as watch:
        watch.note("open")
        watch.report(ValueError())
    assert reports.new() == []
    assert faulthandler.is_enabled()


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("/home/erika/.venv/lib/python3.11/site-packages/torch/nn/a.py", "torch/nn/a.py"),
        (r"C:\Users\erika\venv\Lib\site-packages\numpy\core.py", "numpy/core.py"),
        ("/usr/lib/python3.11/json/decoder.py", "python/json/decoder.py"),
        ("/home/erika/secret.py", "a file outside the program"),
        ("<frozen runpy>", "<frozen runpy>"),
        (f"{Path(patterson_gui.__file__).parent}/gui/x.py", "patterson_gui/gui/x.py"),
    ],
)
def test_cuts_paths_to_the_program_and_its_libraries(path: str, short: str) -> None:
    assert short_path(path) == short


def test_hides_paths_of_libraries_and_functions_of_others_in_stacks() -> None:
    stacks = (
        '  File "/home/erika/mine.py", line 3 in erikas\n  Binary file "/home/erika/l.so", at f'
    )
    assert "erika" not in stacks_text(stacks)
