"""Solve many data sets in parallel, keep what is finished, and write the tables."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from patterson_gui.api.solving.process import solve_in_process
from patterson_gui.api.types.screening import Screening, ScreenProgress
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.dataset_building.parallel import Task, results_of
from patterson_gui.io.files import make_folder
from patterson_gui.io.locks import locked_folder
from patterson_gui.io.machine_faults import is_full_disk
from patterson_gui.io.own_files import SOLUTION, move_result, remove_result
from patterson_gui.io.screening.data_sets import (
    RECORD,
    MeasuredSet,
    fingerprint,
    read_record,
    write_record,
)
from patterson_gui.io.screening.table import (
    CSV,
    HTML,
    THUMBNAIL,
    failed_row,
    write_csv,
    write_html,
)
from patterson_gui.io.solution.write import refuse_foreign_files

_PAGE_EVERY = 10.0  # s between two versions of screen.html
_PART = ".part"  # ending of the folder of a set that is being solved

SolveOne = Callable[[Path, Path, Mapping[str, Any], float, Callable[[], bool]], dict[str, Any]]


def screen_sets(
    sets: Sequence[MeasuredSet],
    output: Path,
    options: Mapping[str, Any],
    *,
    jobs: int | None = None,
    dask: str | None = None,
    limit: float = 600.0,
    retry: bool = False,
    report: Callable[[ScreenProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    solve_one: SolveOne = solve_in_process,
) -> Screening:
    """Solve the sets that are not finished yet, with `solve_one`, and write the tables.

    Raises
    ------
    UserError : as in `screen`, or another program screens into this folder.
    Cancelled : `cancelled()` became true.
    """
    with locked_folder(output, "screens into"):
        return _screen_locked(
            sets, output, options, jobs, dask, limit, retry, report, cancelled, solve_one
        )


def _screen_locked(
    sets: Sequence[MeasuredSet],
    output: Path,
    options: Mapping[str, Any],
    jobs: int | None,
    dask: str | None,
    limit: float,
    retry: bool,
    report: Callable[[ScreenProgress], None],
    cancelled: Callable[[], bool],
    solve_one: SolveOne,
) -> Screening:
    """`screen_sets`, in a folder that no other program uses."""
    rows: dict[str, dict[str, Any]] = {}
    waiting: list[tuple[MeasuredSet, str]] = []
    changed = 0
    for one in sets:
        mark = fingerprint(one, options)
        record = read_record(output / one.name)
        if (
            record is not None
            and record[0] == mark
            and not (retry and record[1].get("verdict") == "failed")
        ):
            rows[one.name] = record[1]
            continue
        changed += record is not None and record[0] != mark
        waiting.append((one, mark))
    kept = len(rows)
    notes = []
    if changed:
        notes.append(
            f"{changed} of the crystals that were finished before are solved again, because their "
            "files, the options or the program have changed."
        )
    table = _Table(sets, rows, output)
    report(ScreenProgress(kept, len(sets)))
    marks = {one.name: mark for one, mark in waiting}
    for one, answer in _answers([one for one, _ in waiting], output, options, limit, jobs, dask,
                                cancelled, solve_one):  # fmt: skip
        if answer.pop("disk_full", False):
            # The crystal is not to blame, and those that follow would fail as well.
            shutil.rmtree(_part_of(output, one), ignore_errors=True)
            raise UserError(
                f"{answer['error'].removesuffix('.')}. Run again then: what is finished is kept."
            )
        row = _finish(one, output / one.name, marks[one.name], answer)
        table.add(one.name, row)
        report(ScreenProgress(len(rows), len(sets), row))
    table.write()
    return Screening(output, tuple(rows[one.name] for one in sets), kept, tuple(notes))


class _Table:
    """The rows so far, and their files."""

    def __init__(
        self, sets: Sequence[MeasuredSet], rows: dict[str, dict[str, Any]], output: Path
    ) -> None:
        self._names = [one.name for one in sets]
        self._rows, self._output = rows, output
        self._written = 0.0

    def add(self, name: str, row: dict[str, Any]) -> None:
        self._rows[name] = row
        write_csv(self._output / CSV, self._ordered())
        if time.monotonic() - self._written > _PAGE_EVERY:
            self.write()

    def write(self) -> None:
        rows = self._ordered()
        write_csv(self._output / CSV, rows)
        write_html(self._output / HTML, rows, self._output.resolve().name or "Screening")
        self._written = time.monotonic()

    def _ordered(self) -> list[dict[str, Any]]:
        return [self._rows[name] for name in self._names if name in self._rows]


def _answers(
    sets: Sequence[MeasuredSet],
    output: Path,
    options: Mapping[str, Any],
    limit: float,
    jobs: int | None,
    dask: str | None,
    cancelled: Callable[[], bool],
    solve_one: SolveOne,
) -> Iterator[tuple[MeasuredSet, dict[str, Any]]]:
    """Each set with its row, or with `error`, in the order in which they are finished."""
    parts = [_part_of(output, one) for one in sets]
    if dask is not None:
        tasks = (
            Task(i, _solve_unless_refused, (one, part, output, dict(options), limit, solve_one))
            for i, (one, part) in enumerate(zip(sets, parts, strict=True))
        )
        for i, answer in results_of(tasks, len(sets), None, dask, cancelled):
            yield sets[i], answer
        return
    workers = min(jobs or os.cpu_count() or 1, max(len(sets), 1))
    stop = False

    def stopped() -> bool:
        return stop or cancelled()

    with ThreadPoolExecutor(workers, thread_name_prefix="screen") as pool:
        running: dict[Future[dict[str, Any]], MeasuredSet] = {}
        try:
            for one, part in zip(sets, parts, strict=True):
                arguments = one, part, output, dict(options), limit, solve_one, stopped
                running[pool.submit(_solve_unless_refused, *arguments)] = one
            while running:
                done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                # What is finished counts, even if another one ends the run.
                for future in sorted(done, key=_ends_the_run):
                    yield running.pop(future), future.result()
                if cancelled():
                    raise Cancelled
        finally:
            stop = True
            pool.shutdown(wait=True, cancel_futures=True)
            for one in running.values():
                shutil.rmtree(_part_of(output, one), ignore_errors=True)


def _ends_the_run(future: "Future[dict[str, Any]]") -> bool:
    return future.exception() is not None or bool(future.result().get("disk_full"))


def _part_of(output: Path, one: MeasuredSet) -> Path:
    """Folder of a set while it is solved, beside the finished one."""
    place = output / one.name
    return place.with_name(f"{place.name}{_PART}")


def _solve_unless_refused(
    one: MeasuredSet,
    part: Path,
    output: Path,
    options: Mapping[str, Any],
    limit: float,
    solve_one: SolveOne,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    try:
        # Files that somebody refined on since an earlier run are not replaced.
        refuse_foreign_files(output / one.name, Path(one.name).name)
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        make_folder(part)
        return solve_one(one.path, part, options, limit, cancelled)
    except UserError as error:
        return {"error": str(error), "disk_full": is_full_disk(error)}
    except KeyboardInterrupt as error:
        raise Cancelled from error


def _finish(one: MeasuredSet, folder: Path, mark: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Move the finished files to their place, record the row and return it."""
    part = folder.with_name(f"{folder.name}{_PART}")
    error = str(answer.get("error") or "")
    row = failed_row(error) if error else dict(answer)
    row.pop("error", None)
    row |= {"name": one.name, "file": str(one.path)}
    try:
        # The record of an earlier run with other options must not stand beside new files.
        (folder / RECORD).unlink(missing_ok=True)
        if error:
            shutil.rmtree(part, ignore_errors=True)
            make_folder(folder)
            remove_result(folder, SOLUTION)
            (folder / THUMBNAIL).unlink(missing_ok=True)
        else:
            move_result(part, folder, SOLUTION)
            part.rmdir()
            row["report"] = f"{one.name}/report.html"
    except OSError as problem:
        raise UserError(
            f"The files of {one.name} could not be moved to {folder} ({problem}): run again."
        ) from problem
    write_record(folder, mark, row)
    return row
