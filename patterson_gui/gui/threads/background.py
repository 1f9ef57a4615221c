"""Work that views need done outside the GUI thread: contouring, reading models.

One thread serves all views. Of wishes with one key only the latest counts: a wheel that spins
builds no queue.
"""

import atexit
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakMethod

from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.gui.threads.latest_only_queue import Wishes
from patterson_gui.gui.widgets.not_none import alive

T = TypeVar("T")
_Wish = tuple[Callable[[], Any], "WeakMethod[Callable[[Any], None]]"]


class Background(QObject):
    """Make it in the GUI thread; answers come there.

    `synchronous` makes every wish be fulfilled at once, by the caller: for tests.
    """

    _done = pyqtSignal(object, object)
    _failed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.synchronous = False
        self._done.connect(self._hand_over)
        self._failed.connect(self._raise)
        self._wishes: Wishes[_Wish] = Wishes()
        self._thread = threading.Thread(
            target=self._run, name="patterson-pool-background", daemon=True
        )
        self._thread.start()

    def request(self, key: Hashable, work: Callable[[], T], receiver: Callable[[T], None]) -> None:
        """Do `work()` and hand its answer to `receiver` in the GUI thread.

        `receiver` is a bound method and is held weakly; when its owner is gone, so is the
        answer.
        """
        if self.synchronous:
            receiver(work())
            return
        self._wishes.put(key, (work, WeakMethod(receiver)))

    def end(self) -> None:
        """Stop the thread when it has done what it is at."""
        self._wishes.close()
        self._thread.join(10.0)

    def _run(self) -> None:
        while (wish := self._wishes.take()) is not None:
            work, receiver = wish
            try:
                self._done.emit(work(), receiver)
            except Exception as error:
                self._failed.emit(error)
            del wish, work, receiver  # a map may be large: it is not kept until the next wish

    def _hand_over(self, answer: Any, receiver: "WeakMethod[Callable[[Any], None]]") -> None:
        call = receiver()
        if call is not None and alive(call):
            call(answer)

    def _raise(self, error: Exception) -> None:
        """Where whatever nobody caught is shown."""
        raise error


_background: Background | None = None


def background() -> Background:
    """The program's one; made at the first call, in the GUI thread."""
    global _background  # noqa: PLW0603
    if _background is None:
        _background = Background()
        atexit.register(_background.end)
    return _background
