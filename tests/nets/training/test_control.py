"""Commands on a pipe: pause, resume, stop, and the end of the file."""

import os
from collections.abc import Iterator

import pytest

from patterson_gui.nets.training.control import Control


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The reading and the writing end; the test closes the latter."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def obeyed(pipe: tuple[int, int], *parts: bytes) -> Control:
    """A control after it has read some bytes and the end of the file."""
    reading, writing = pipe
    control = Control()
    thread = control.listen(reading)
    for part in parts:
        os.write(writing, part)
    os.close(writing)
    thread.join(60)
    assert not thread.is_alive()
    return control


def test_commands_are_read_line_by_line_however_they_are_split(pipe: tuple[int, int]) -> None:
    control = obeyed(pipe, b"pa", b"use\nnonsense\n")
    assert control.paused()
    assert not control.should_stop()


def test_a_later_command_replaces_an_earlier_one(pipe: tuple[int, int]) -> None:
    control = obeyed(pipe, b"pause\nresume\nstop\n")
    assert control.should_stop()
    assert not control.paused()


def test_an_unfinished_line_is_not_a_command(pipe: tuple[int, int]) -> None:
    assert not obeyed(pipe, b"stop").should_stop()


def test_a_training_goes_on_after_the_end_of_the_file_by_default(pipe: tuple[int, int]) -> None:
    assert not obeyed(pipe).should_stop()


def test_an_attached_training_stops_at_the_end_of_the_file(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    control = Control()
    thread = control.listen(reading, control.stop)
    os.write(writing, b"pause\n")
    assert not control.should_stop()
    os.close(writing)
    thread.join(60)
    assert control.should_stop()
