"""Steps that are undone and done again."""

import pytest

from patterson_gui.app.history import steps
from patterson_gui.app.history.steps import History


class Number:
    """A number whose changes are steps."""

    def __init__(self, most: int = 10) -> None:
        self.value = 0
        self.history = History(most)

    def set(self, value: int, group: object = None) -> None:
        before = self.value
        self.value = value
        self.history.add(
            f"Set {value}", lambda: self._take(before), lambda: self._take(value), group=group
        )

    def _take(self, value: int) -> None:
        self.value = value


def test_goes_back_and_forth_by_name() -> None:
    number = Number()
    assert number.history.undo_name is None
    assert not number.history.undo()
    for value in (1, 2, 3):
        number.set(value)
    assert number.history.undo_name == "Set 3"
    assert number.history.undo()
    assert number.history.undo()
    assert number.value == 1
    assert (number.history.undo_name, number.history.redo_name) == ("Set 1", "Set 2")
    assert number.history.redo()
    assert number.value == 2
    assert number.history.undo()
    number.set(7)  # steps that were undone are gone
    assert number.history.redo_name is None
    assert not number.history.redo()
    assert number.history.undo()
    assert number.value == 1


def test_changes_of_one_slider_are_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(steps.time, "monotonic", lambda: now[0])
    number = Number()
    for value in (1, 2, 3):
        now[0] += 0.5
        number.set(value, group="slider")
    now[0] += 2.0
    number.set(4, group="slider")
    number.set(5, group="another")
    number.history.undo()
    assert number.value == 4
    number.history.undo()
    assert number.value == 3
    number.history.undo()
    assert number.value == 0
    number.history.redo()
    assert number.value == 3


def test_keeps_the_last_steps_only() -> None:
    number = Number(most=3)
    for value in range(1, 8):
        number.set(value)
    while number.history.undo():
        pass
    assert number.value == 4


def test_forgets_all_steps() -> None:
    number = Number()
    number.set(1)
    number.history.clear()
    assert number.history.undo_name is None
    assert not number.history.undo()
    assert number.value == 1
