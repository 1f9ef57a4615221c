"""A thread-safe queue that keeps only the newest request of each key."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

R = TypeVar("R")


class LatestOnlyQueue(Generic[R]):
    """Requests of any number of threads, taken out by one worker thread.

    A request that is replaced before the worker takes it is never worked on.
    """

    def __init__(self) -> None:
        self._requests: OrderedDict[Hashable, R] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, key: Hashable, request: R, *, first: bool = False) -> bool:
        """Add a request, or replace the waiting one with the same key; False once closed.

        A replaced request keeps its place in the queue, so that no key can starve another.
        `first` puts the request before all others.
        """
        with self._changed:
            if self._closed:
                return False
            self._requests[key] = request
            if first:
                self._requests.move_to_end(key, last=False)
            self._changed.notify()
            return True

    def waiting(self, key: Hashable) -> R | None:
        """The request with this key that waits; None where none does."""
        with self._changed:
            return self._requests.get(key)

    def withdraw(self, key: Hashable) -> None:
        """Remove the request with this key, if it is still waiting."""
        with self._changed:
            self._requests.pop(key, None)

    def take(self) -> R | None:
        """Remove and return the next request; wait for one. None once closed."""
        with self._changed:
            while not self._requests and not self._closed:
                self._changed.wait()
            return None if self._closed else self._requests.popitem(last=False)[1]

    def close(self) -> list[R]:
        """Accept no more requests; return those that were still waiting."""
        with self._changed:
            self._closed = True
            left = list(self._requests.values())
            self._requests.clear()
            self._changed.notify()
            return left
