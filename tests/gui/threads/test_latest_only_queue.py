"""Of wishes with one key only the latest counts."""

import threading

from patterson_gui.gui.threads.latest_only_queue import LatestOnlyQueue


def test_the_latest_of_a_key_counts_and_keeps_its_place() -> None:
    wishes: LatestOnlyQueue[str] = LatestOnlyQueue()
    for key, wish in (("a", "a1"), ("b", "b1"), ("a", "a2"), ("c", "c1"), ("a", "a3")):
        assert wishes.put(key, wish)
    assert [wishes.take() for _ in range(3)] == ["a3", "b1", "c1"]


def test_one_that_must_not_wait_comes_first_and_a_withdrawn_one_not_at_all() -> None:
    wishes: LatestOnlyQueue[str] = LatestOnlyQueue()
    wishes.put("a", "a1")
    wishes.put("b", "b1")
    wishes.put("c", "c1", first=True)
    wishes.withdraw("a")
    wishes.withdraw("never there")
    assert [wishes.take() for _ in range(2)] == ["c1", "b1"]


def test_who_waits_is_woken_by_a_wish_and_by_the_end() -> None:
    wishes: LatestOnlyQueue[int] = LatestOnlyQueue()
    taken: list[int | None] = []
    some = threading.Event()

    def fulfil() -> None:
        while (wish := wishes.take()) is not None:
            taken.append(wish)
            some.set()
        taken.append(None)

    thread = threading.Thread(target=fulfil)
    thread.start()
    wishes.put("a", 1)
    assert some.wait(5)
    wishes.close()
    thread.join(5)
    assert not thread.is_alive()
    assert taken == [1, None]


def test_after_the_end_nothing_is_taken_and_what_was_left_is_given_back() -> None:
    wishes: LatestOnlyQueue[int] = LatestOnlyQueue()
    wishes.put("a", 1)
    wishes.put("b", 2)
    assert wishes.close() == [1, 2]
    assert not wishes.put("c", 3)
    assert wishes.take() is None
    assert wishes.close() == []
