"""Background threads that do slow work: one for all views (contouring, reading models), one for
sections.

Of several requests with one key only the latest is worked on, so turning the wheel quickly
builds no queue.
"""

import atexit
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakMethod

from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.gui.threads.latest_only_queue import LatestOnlyQueue
from patterson_gui.gui.threads.receivers import is_alive

T = TypeVar("T")
_Request = tuple[Callable[[], Any], "WeakMethod[Callable[[Any], None]]"]


class Background(QObject):
    """A worker thread. Make it in the GUI thread; results are delivered there.

    `synchronous` makes `request` do the work at once in the calling thread: for tests.
    """

    _done = pyqtSignal(object, object)
    _failed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.synchronous = False
        self._done.connect(self._deliver)
        self._failed.connect(self._raise)
        self._requests: LatestOnlyQueue[_Request] = LatestOnlyQueue()
        self._thread = threading.Thread(
            target=self._run, name="patterson-pool-background", daemon=True
        )
        self._thread.start()

    def request(
        self,
        key: Hashable,
        work: Callable[[], T],
        receiver: Callable[[T], None],
        *,
        first: bool = False,
    ) -> None:
        """Do `work()` in the thread and pass its result to `receiver` in the GUI thread.

        `receiver` is a bound method and is held weakly; when its owner is gone, the result
        is dropped. `first` : before all requests that wait.
        """
        if self.synchronous:
            receiver(work())
            return
        self._requests.put(key, (work, WeakMethod(receiver)), first=first)

    def end(self) -> None:
        """Stop the thread after the request it is working on."""
        self._requests.close()
        self._thread.join(10.0)

    def _run(self) -> None:
        while (request := self._requests.take()) is not None:
            work, receiver = request
            try:
                self._done.emit(work(), receiver)
            except Exception as error:
                self._failed.emit(error)
            # A map may be large: do not keep it until the next request.
            del request, work, receiver

    def _deliver(self, result: Any, receiver: "WeakMethod[Callable[[Any], None]]") -> None:
        call = receiver()
        if call is not None and is_alive(call):
            call(result)

    def _raise(self, error: Exception) -> None:
        """Raise in the GUI thread, where the window shows uncaught errors."""
        raise error


_backgrounds: dict[str, Background] = {}


def background(of: str = "views") -> Background:
    """The background thread of the 3D views, or of something else that must not wait for them.

    Made at the first call, in the GUI thread.
    """
    if of not in _backgrounds:
        _backgrounds[of] = Background()
        atexit.register(_backgrounds[of].end)
    return _backgrounds[of]
