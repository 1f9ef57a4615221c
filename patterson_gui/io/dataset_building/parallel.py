"""Many small tasks, carried out by this machine's cores or by a Dask cluster's machines."""

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
    """A call whose answer is known by its number. Both must be able to travel."""

    number: int
    function: Callable[..., T]
    arguments: tuple[Any, ...]


def carried_out(
    tasks: Iterator[Task[T]],
    n_tasks: int,
    jobs: int | None,
    dask: str | None,
    cancelled: Callable[[], bool],
) -> Iterator[tuple[int, T]]:
    """(number, answer) of each task as it is finished, in any order.

    Raises
    ------
    UserError
        where Dask is asked for and is not installed, not reached, or without fit workers.
    Cancelled
        as soon as `cancelled` says so.
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
    """By joblib, with the processes asked for or with those of the backend in force."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=-1 if n_jobs is None else n_jobs,
        return_as="generator_unordered",
        batch_size=1,  # a task takes long enough
    )
    with _without_a_word(), closing(parallel(delayed(_numbered)(t) for t in tasks)) as answers:
        try:
            for answer in answers:
                yield answer
                if cancelled():
                    raise Cancelled
        except BrokenProcessPool as error:
            raise UserError(
                "A process that worked on the data set was ended from outside, most likely for "
                "want of memory: build again with fewer --jobs; it goes on from where it was."
            ) from error


def _end_processes() -> None:
    """End the processes that joblib would keep for five more minutes, whatever they do."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _without_a_word() -> Iterator[None]:
    """Keep joblib from warning that work was given up: who stops a build knows that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tasks which were still being processed")
        yield


@contextmanager
def _dask(address: str) -> Iterator[None]:
    """Have joblib give its work to the Dask cluster at an address."""
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
                f"The Dask cluster at {address} was lost ({error}): build again when it is back; "
                "it goes on from where it was."
            ) from error


def _refuse_unfit(address: str, client: Any) -> None:
    """Raise where nobody would work, or somebody with another version of this program."""
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
