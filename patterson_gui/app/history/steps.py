"""Steps of a user, which can be undone and done again."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from psygnal import Signal

MOST_STEPS = 200
JOINED_WITHIN = 1.0  # s between two changes of one slider that are one step


@dataclass(eq=False)
class Step:
    """One change: its name for the menu, and how to undo it and do it again.

    `group` : changes of one group that follow each other quickly are one step.
    """

    name: str
    undo: Callable[[], object]
    redo: Callable[[], object]
    group: Hashable | None = None
    when: float = 0.0  # by time.monotonic


class History:
    """The steps so far. They hold what they need to go back, not copies of everything."""

    changed = Signal()

    def __init__(self, most: int = MOST_STEPS) -> None:
        self._most = most
        self._steps: list[Step] = []
        self._place = 0  # number of steps that are done

    @property
    def undo_name(self) -> str | None:
        """The step that `undo` takes back; None where there is none."""
        return self._steps[self._place - 1].name if self._place else None

    @property
    def redo_name(self) -> str | None:
        """The step that `redo` does again; None where there is none."""
        return self._steps[self._place].name if self._place < len(self._steps) else None

    def add(
        self,
        name: str,
        undo: Callable[[], object],
        redo: Callable[[], object],
        *,
        group: Hashable | None = None,
    ) -> None:
        """Record a change that was just made. Steps that were undone are forgotten."""
        now = time.monotonic()
        del self._steps[self._place :]
        last = self._steps[-1] if self._steps else None
        joined = last is not None and group is not None and last.group == group
        if last is not None and joined and now - last.when < JOINED_WITHIN:
            last.redo, last.when = redo, now
        else:
            self._steps.append(Step(name, undo, redo, group, now))
            del self._steps[: -self._most]
        self._place = len(self._steps)
        self.changed.emit()

    def undo(self) -> bool:
        """Take back the last step; False where there is none."""
        if not self._place:
            return False
        self._place -= 1
        self._steps[self._place].undo()
        self.changed.emit()
        return True

    def redo(self) -> bool:
        """Do the step again that was taken back last; False where there is none."""
        if self._place == len(self._steps):
            return False
        self._place += 1
        self._steps[self._place - 1].redo()
        self.changed.emit()
        return True

    def clear(self) -> None:
        """Forget all steps: something else is open."""
        self._steps.clear()
        self._place = 0
        self.changed.emit()
