"""The queue that keeps only the newest request of each key."""

import threading

from patterson_gui.gui.threads.latest_only_queue import LatestOnlyQueue


def test_a_new_request_replaces_the_old_one_of_its_key_in_place() -> None:
    queue: LatestOnlyQueue[str] = LatestOnlyQueue()
    for key, request in (("a", "a1"), ("b", "b1"), ("a", "a2"), ("c", "c1"), ("a", "a3")):
        assert queue.put(key, request)
    assert [queue.take() for _ in range(3)] == ["a3", "b1", "c1"]


def test_an_urgent_request_comes_first_and_a_withdrawn_one_is_dropped() -> None:
    queue: LatestOnlyQueue[str] = LatestOnlyQueue()
    queue.put("a", "a1")
    queue.put("b", "b1")
    queue.put("c", "c1", first=True)
    queue.withdraw("a")
    queue.withdraw("never there")
    assert [queue.take() for _ in range(2)] == ["c1", "b1"]


def test_a_waiting_worker_wakes_for_a_request_and_for_closing() -> None:
    queue: LatestOnlyQueue[int] = LatestOnlyQueue()
    taken: list[int | None] = []
    taken_one = threading.Event()

    def work() -> None:
        while (request := queue.take()) is not None:
            taken.append(request)
            taken_one.set()
        taken.append(None)

    thread = threading.Thread(target=work)
    thread.start()
    queue.put("a", 1)
    assert taken_one.wait(5)
    queue.close()
    thread.join(5)
    assert not thread.is_alive()
    assert taken == [1, None]


def test_a_closed_queue_accepts_nothing_and_returns_what_was_waiting() -> None:
    queue: LatestOnlyQueue[int] = LatestOnlyQueue()
    queue.put("a", 1)
    queue.put("b", 2)
    assert queue.close() == [1, 2]
    assert not queue.put("c", 3)
    assert queue.take() is None
    assert queue.close() == []
