"""States that a user can go back and forth between."""

from typing import Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """The present state with those before and after it."""

    def __init__(self, first: T) -> None:
        self._states = [first]
        self._place = 0

    @property
    def present(self) -> T:
        return self._states[self._place]

    @property
    def can_undo(self) -> bool:
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        return self._place + 1 < len(self._states)

    def push(self, state: T) -> None:
        """Make this the present state; states that were undone are forgotten."""
        del self._states[self._place + 1 :]
        self._states.append(state)
        self._place += 1

    def undo(self) -> T:
        """Go back one state, if there is one."""
        self._place = max(self._place - 1, 0)
        return self.present

    def redo(self) -> T:
        """Go forward one state, if there is one."""
        self._place = min(self._place + 1, len(self._states) - 1)
        return self.present
