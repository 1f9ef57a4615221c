"""Work done in the background thread."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from patterson_gui.gui.threads.background import Background


class _Receiver:
    def __init__(self) -> None:
        self.got: list[int] = []
        self.thread: threading.Thread | None = None

    def take(self, answer: int) -> None:
        self.got.append(answer)
        self.thread = threading.current_thread()


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Background]:
    own = Background()
    yield own
    own.end()


def test_delivers_results_in_the_thread_that_made_the_worker(
    qtbot: QtBot, worker: Background
) -> None:
    receiver, workers = _Receiver(), []

    def work() -> int:
        workers.append(threading.current_thread())
        return 7

    worker.request("a", work, receiver.take)
    qtbot.waitUntil(lambda: receiver.got == [7])
    assert receiver.thread is threading.current_thread()
    assert workers[0] is not threading.current_thread()


def test_never_works_on_requests_that_were_replaced(qtbot: QtBot, worker: Background) -> None:
    begun, go, worked = threading.Event(), threading.Event(), []

    def work(n: int) -> int:
        worked.append(n)
        begun.set()
        go.wait(5)
        return n

    receiver = _Receiver()
    worker.request("a", partial(work, 0), receiver.take)
    assert begun.wait(5)
    for n in range(1, 20):
        worker.request("a", partial(work, n), receiver.take)
    worker.request("b", partial(work, 100), receiver.take)
    go.set()
    qtbot.waitUntil(lambda: len(receiver.got) == 3)
    assert receiver.got == worked == [0, 19, 100]


def test_drops_results_of_a_receiver_that_is_gone(qtbot: QtBot, worker: Background) -> None:
    gone, stays = _Receiver(), _Receiver()
    go = threading.Event()
    worker.request("a", lambda: int(go.wait(5)), gone.take)
    worker.request("b", lambda: 2, stays.take)
    del gone
    go.set()
    qtbot.waitUntil(lambda: stays.got == [2])


def test_raises_errors_in_the_gui_thread_and_goes_on(qtbot: QtBot, worker: Background) -> None:
    receiver = _Receiver()

    def fail() -> int:
        raise ArithmeticError("no such surface")

    with capture_exceptions() as caught:
        worker.request("a", fail, receiver.take)
        worker.request("b", lambda: 3, receiver.take)
        qtbot.waitUntil(lambda: receiver.got == [3] and bool(caught))
    assert "no such surface" in str(caught[0][1])


def test_a_synchronous_worker_delivers_at_once(worker: Background) -> None:
    receiver = _Receiver()
    worker.synchronous = True
    worker.request("a", lambda: 4, receiver.take)
    assert receiver.got == [4]
