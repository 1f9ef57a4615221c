"""Run tasks in threads, with the same results for any number of threads.

Each task runs in one thread, without torch's own threads inside operations. Small transforms gain
little from those, and on a busy processor their synchronisation makes an iteration twenty times
slower.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import torch

from patterson_gui.errors import Cancelled

_POLL_SECONDS = 0.03

Tick = Callable[[], None]
T = TypeVar("T")


class _DroppedError(Exception):
    """This task is not needed: an earlier one of its sequence was enough."""


def run_tasks(
    sequences: Sequence[int],
    work: Callable[[int, Tick], T],
    is_enough: Callable[[T], bool],
    poll: Callable[[], None],
) -> list[T | None]:
    """Call `work(i, tick)` for every i, as many at a time as torch has threads.

    Parameters
    ----------
    sequences : (n,) number of the sequence that each task belongs to. Once one task of a sequence
        is enough, all later ones are dropped, even if they finished before it: the results are
        the same as if the tasks had run one after the other.
    work : must call `tick` often, which raises an exception to stop the task.
    poll : called in the calling thread while the tasks run; may raise to stop them all.

    Returns
    -------
    The results in order, None for dropped tasks.
    """
    n = len(sequences)
    threads = torch.get_num_threads()
    stop = threading.Event()
    dropped = [threading.Event() for _ in range(n)]

    def run_task(i: int) -> T:
        def tick() -> None:
            if stop.is_set():
                raise Cancelled
            if dropped[i].is_set():
                raise _DroppedError

        tick()
        torch.set_num_threads(1)
        with torch.inference_mode():  # holds for this thread alone
            result = work(i, tick)
        if is_enough(result):
            for j in range(i + 1, n):
                if sequences[j] == sequences[i]:
                    dropped[j].set()
        return result

    try:
        with ThreadPoolExecutor(min(threads, n), "patterson-search") as pool:
            futures = [pool.submit(run_task, i) for i in range(n)]
            try:
                _watch(futures, poll)
            except BaseException:
                stop.set()
                raise
    finally:
        torch.set_num_threads(threads)
    results = [None if isinstance(f.exception(), _DroppedError) else f.result() for f in futures]
    return _in_order(results, sequences, is_enough)


def _watch(futures: Sequence[Future[T]], poll: Callable[[], None]) -> None:
    """Wait until all tasks end; raise the first error of any of them."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_POLL_SECONDS)
        poll()
        for future in done:
            error = future.exception()
            if error is not None and not isinstance(error, _DroppedError):
                raise error


def _in_order(
    results: list[T | None], sequences: Sequence[int], is_enough: Callable[[T], bool]
) -> list[T | None]:
    satisfied: set[int] = set()
    kept: list[T | None] = []
    for result, sequence in zip(results, sequences, strict=True):
        keep = result if sequence not in satisfied else None
        kept.append(keep)
        if keep is not None and is_enough(keep):
            satisfied.add(sequence)
    return kept
