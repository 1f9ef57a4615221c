"""A training hears what is asked of it on a pipe, and when the other end is gone."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from patterson_gui.nets.training.control import Control


@pytest.fixture
def pipe() -> Iterator[tuple[int, list[int]]]:
    """The reading end, and the writing end while it is open."""
    reading, writing = os.pipe()
    open_ = [writing]
    yield reading, open_
    for each in open_:
        os.close(each)
    time.sleep(0.05)  # the listener ends by itself
    os.close(reading)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_words_are_obeyed_line_by_line_however_they_arrive(pipe: tuple[int, list[int]]) -> None:
    reading, (writing,) = pipe
    control = Control()
    control.listen(reading)
    os.write(writing, b"pa")
    os.write(writing, b"use\nnonsense\n")
    until(control.paused)
    os.write(writing, b"resume\nstop\n")
    until(control.should_stop)
    assert not control.paused()


def test_a_training_left_alone_goes_on(pipe: tuple[int, list[int]]) -> None:
    reading, open_ = pipe
    control = Control()
    control.listen(reading)
    os.close(open_.pop())
    time.sleep(0.1)
    assert not control.should_stop()


def test_one_bound_to_its_window_stops_when_that_is_gone(pipe: tuple[int, list[int]]) -> None:
    reading, open_ = pipe
    control = Control()
    control.listen(reading, control.stop)
    time.sleep(0.05)
    assert not control.should_stop()
    os.close(open_.pop())
    until(control.should_stop)
