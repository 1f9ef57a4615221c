"""Run many tasks on the cores of this machine or on a Dask cluster."""

import os
import pkgutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from patterson_gui import __version__
from patterson_gui.errors import Cancelled, UserError

T = TypeVar("T")

_SECONDS_TO_CONNECT = 10


@dataclass(frozen=True)
class Task(Generic[T]):
    """A numbered function call. Function, arguments and result must be picklable."""

    number: int
    function: Callable[..., T]
    arguments: tuple[Any, ...]


def results_of(
    tasks: Iterator[Task[T]],
    n_tasks: int,
    jobs: int | None,
    dask: str | None,
    cancelled: Callable[[], bool],
) -> Iterator[tuple[int, T]]:
    """Yield (number, result) of each task when it is finished, in any order.

    Raises
    ------
    UserError : Dask is requested and is not installed, cannot be reached, or has no suitable
        workers; or a process was killed.
    Cancelled : `cancelled()` returned True.
    """
    if dask is not None:
        with _dask(dask):
            yield from _in_parallel(tasks, None, cancelled)
        return
    n_jobs = min(jobs or os.cpu_count() or 1, n_tasks)
    if n_jobs > 1:
        try:
            yield from _in_parallel(tasks, n_jobs, cancelled)
        finally:
            _end_processes()
        return
    for task in tasks:
        if cancelled():
            raise Cancelled
        yield _numbered(task)


def _numbered(task: Task[T]) -> tuple[int, T]:
    return task.number, task.function(*task.arguments)


def _in_parallel(
    tasks: Iterator[Task[T]], n_jobs: int | None, cancelled: Callable[[], bool]
) -> Iterator[tuple[int, T]]:
    """Run tasks by joblib, in `n_jobs` processes or with its active backend (None)."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=-1 if n_jobs is None else n_jobs,
        return_as="generator_unordered",
        batch_size=1,  # a task takes long enough
    )
    with (
        _no_warning_of_unfinished_tasks(),
        closing(parallel(delayed(_numbered)(t) for t in tasks)) as answers,
    ):
        try:
            for answer in answers:
                yield answer
                if cancelled():
                    raise Cancelled
        except BrokenProcessPool as error:
            raise UserError(
                "A process was ended from outside, probably because memory ran out: start again "
                "with fewer --jobs; what is finished is kept."
            ) from error


def _end_processes() -> None:
    """End the processes that joblib keeps for five minutes after the last task."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _no_warning_of_unfinished_tasks() -> Iterator[None]:
    """Suppress joblib's warning about unfinished tasks when the user stops a build."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tasks which were still being processed")
        yield


@contextmanager
def _dask(address: str) -> Iterator[None]:
    """Let joblib use the Dask cluster at an address."""
    try:
        from dask.distributed import Client, KilledWorker
    except ImportError as error:
        raise UserError(
            "Dask is not installed: install patterson-gui[cluster], or leave out --dask."
        ) from error
    from joblib import parallel_config

    try:
        client = Client(  # type: ignore[no-untyped-call]
            address, timeout=_SECONDS_TO_CONNECT, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address}: start one with 'dask scheduler' and give "
            "the address it prints."
        ) from error
    with client:
        _refuse_unfit(address, client)
        try:
            with parallel_config(backend="dask", client=client):
                yield
        except (KilledWorker, OSError) as error:
            raise UserError(
                f"The Dask cluster at {address} was lost ({error}): start again when it runs; what "
                "is finished is kept."
            ) from error


def _refuse_unfit(address: str, client: Any) -> None:
    """Raise `UserError` if there are no workers, or one has another version of this program."""
    found = client.run(pkgutil.resolve_name, "patterson_gui:__version__", on_error="return")
    if not found:
        raise UserError(
            f"The Dask scheduler at {address} has no workers: start some with "
            f"'dask worker {address}'."
        )
    for worker, version in found.items():
        if version != __version__:
            what = f"version {version}" if isinstance(version, str) else "no"
            raise UserError(
                f"The Dask worker at {worker} has {what} patterson_gui, not version {__version__}: "
                "install this version there."
            )
