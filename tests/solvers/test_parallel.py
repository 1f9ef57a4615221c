import threading
import time

import pytest
import torch

from patterson_gui.errors import Cancelled
from patterson_gui.solvers.parallel import Tick, run_tasks


@pytest.fixture(params=[1, 2, 4])
def threads(request: pytest.FixtureRequest):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def nothing() -> None:
    pass


def test_results_come_in_order(threads: int) -> None:
    def work(i: int, tick: Tick) -> int:
        time.sleep(0.01 * (5 - i))
        return i * i

    assert run_tasks([0, 1, 2, 3], work, lambda _: False, nothing) == [0, 1, 4, 9]


def test_drops_later_tasks_of_a_sequence_once_one_is_enough(threads: int) -> None:
    """Whatever the number of threads: 1 is enough for sequence 0, nothing for sequence 7."""

    def work(i: int, tick: Tick) -> int:
        for _ in range(5):
            time.sleep(0.01 if i == 1 else 0.001)  # the later ones finish first
            tick()
        return i

    kept = run_tasks([0, 0, 0, 7, 7, 0], work, lambda i: i in (1, 2), nothing)
    assert kept == [0, 1, None, 3, 4, None]


def test_restores_the_number_of_torch_threads(threads: int) -> None:
    inside = run_tasks([0, 1], lambda i, tick: torch.get_num_threads(), lambda _: False, nothing)
    assert inside == [1, 1]
    assert torch.get_num_threads() == threads


def test_an_error_in_one_task_stops_all_and_is_raised(threads: int) -> None:
    def work(i: int, tick: Tick) -> None:
        if i == 0:
            raise ZeroDivisionError
        while True:
            tick()
            time.sleep(0.001)

    with pytest.raises(ZeroDivisionError):
        run_tasks([0, 1, 2], work, lambda _: False, nothing)


def test_an_error_in_the_caller_stops_all_tasks(threads: int) -> None:
    def work(i: int, tick: Tick) -> None:
        while True:
            tick()
            time.sleep(0.001)

    def poll() -> None:
        raise Cancelled

    before = threading.active_count()
    with pytest.raises(Cancelled):
        run_tasks([0, 1, 2], work, lambda _: False, poll)
    assert threading.active_count() == before


def test_polls_in_the_thread_of_the_caller(threads: int) -> None:
    seen = set()
    run_tasks(
        [0, 1],
        lambda i, tick: time.sleep(0.1),
        lambda _: False,
        lambda: seen.add(threading.current_thread()),
    )
    assert seen == {threading.current_thread()}
