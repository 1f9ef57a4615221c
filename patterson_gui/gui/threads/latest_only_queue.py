"""What views want done by a thread of another kind. Of wishes with one key only the latest
counts: one that is overtaken before it is begun is never fulfilled."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

W = TypeVar("W")


class Wishes(Generic[W]):
    """A row of wishes between the threads that wish and the one that fulfils."""

    def __init__(self) -> None:
        self._row: OrderedDict[Hashable, W] = OrderedDict()
        self._some = threading.Condition()
        self._closed = False

    def put(self, key: Hashable, wish: W, *, first: bool = False) -> bool:
        """Wish for something; False where nobody takes wishes any more.

        Who asks again keeps the place in the row: none can starve another. `first` puts the
        wish before all others.
        """
        with self._some:
            if self._closed:
                return False
            self._row[key] = wish
            if first:
                self._row.move_to_end(key, last=False)
            self._some.notify()
            return True

    def withdraw(self, key: Hashable) -> None:
        """Forget the wish with this key, if it is still waiting."""
        with self._some:
            self._row.pop(key, None)

    def take(self) -> W | None:
        """The next wish, waiting for one; None once they are closed."""
        with self._some:
            while not self._row and not self._closed:
                self._some.wait()
            return None if self._closed else self._row.popitem(last=False)[1]

    def close(self) -> list[W]:
        """Take no more; return those that nobody will fulfil."""
        with self._some:
            self._closed = True
            left = list(self._row.values())
            self._row.clear()
            self._some.notify()
            return left
