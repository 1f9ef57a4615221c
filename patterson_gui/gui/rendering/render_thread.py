"""One thread that renders the pictures of all 3D views.

Views hand over scenes and get images back: no view has an OpenGL window of its own. So a
slow driver (software rendering takes tens of milliseconds a picture) never blocks the
window, the pictures can be shown, moved and stacked like any other widget, and a machine
without OpenGL shows a message instead of ending the program.
"""

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from patterson_gui.gui.rendering.scene import FrameRequest
from patterson_gui.gui.threads.latest_only_queue import LatestOnlyQueue
from patterson_gui.gui.threads.receivers import is_alive

NICENESS = 5

Rendered = Callable[[FrameRequest, QImage, float], None]


@dataclass
class _Request:
    key: int
    frame: FrameRequest
    receiver: "weakref.WeakMethod[Rendered] | None"
    done: threading.Event | None = None  # set at the end, where a caller waits
    result: QImage | None = field(default=None)


class RenderThread(QObject):
    """Renders in a thread of its own; make it in the GUI thread.

    Attributes
    ----------
    failure : why there are no pictures, a sentence, or None.
    description : the OpenGL version and the device, once the first picture is rendered.
    """

    failed = pyqtSignal(str)
    _rendered = pyqtSignal(object, object, float)

    def __init__(self) -> None:
        super().__init__()
        self.failure: str | None = None
        self.description = ""
        self._rendered.connect(self._deliver)
        self._requests: LatestOnlyQueue[_Request] = LatestOnlyQueue()
        layout = QSurfaceFormat()
        layout.setDepthBufferSize(24)
        self._surface = QOffscreenSurface()
        self._surface.setFormat(layout)
        self._surface.create()  # some systems need a hidden window, made in this thread
        self._layout = layout
        self._thread = threading.Thread(
            target=self._run, name="patterson-pool-renderer", daemon=True
        )
        self._thread.start()

    def request(self, key: int, frame: FrameRequest, receiver: Rendered) -> None:
        """Render a frame and call `receiver(frame, image, seconds)` in the GUI thread.

        `receiver` is a bound method and is held weakly. A request with the same `key` that is
        still waiting is replaced. A fine picture is given up for a quick one with the same key.
        """
        self._requests.put(key, _Request(key, frame, weakref.WeakMethod(receiver)))

    def withdraw(self, key: int) -> None:
        """Remove the waiting request of this view."""
        self._requests.withdraw(key)

    def render_now(self, frame: FrameRequest, timeout: float = 20.0) -> QImage | None:
        """Render a frame while the caller waits; None where there is no OpenGL."""
        done = threading.Event()
        request = _Request(0, frame, None, done)
        if not self._requests.put(id(request), request, first=True):
            return None
        done.wait(timeout)
        return request.result

    def end(self) -> None:
        """Stop the thread and free what it holds on the graphics device."""
        _release_callers(self._requests.close())
        self._thread.join(10.0)

    # ------------------------------------------------------------------ in the render thread
    def _run(self) -> None:
        try:
            context, drawer = self._begin()
        except Exception as error:  # whatever the driver does, the window goes on
            self._fail(str(error))
            return
        while (request := self._requests.take()) is not None:
            try:
                self._render(drawer, request)
            except Exception as error:
                _release_callers([request])
                self._fail(str(error))
                break
        drawer.free()
        context.doneCurrent()

    def _begin(self) -> tuple[QOpenGLContext, Any]:
        if sys.platform == "linux":
            # Threads have priorities of their own there, and those that a software driver
            # starts inherit this one: where cores are few, the window has priority.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        context = QOpenGLContext()
        context.setFormat(self._layout)
        if not context.create() or not context.makeCurrent(self._surface):
            raise RuntimeError("no OpenGL context can be made on this display")
        # Here, because it is slow to import and nothing else needs it.
        from patterson_gui.gui.rendering.opengl_drawer import OpenGLDrawer

        drawer = OpenGLDrawer(context)
        self.description = drawer.description
        return context, drawer

    def _render(self, drawer: Any, request: _Request) -> None:
        start = time.perf_counter()
        from patterson_gui.gui.rendering.opengl_drawer import GivenUpError

        if request.done is not None or not request.frame.fine:
            image = drawer.draw(request.frame)
        else:
            try:
                image = drawer.draw(request.frame, lambda: not self._quick_one_waits(request.key))
            except GivenUpError:
                return
        image.setDevicePixelRatio(request.frame.ratio)
        if request.done is not None:
            request.result = image
            request.done.set()
        else:
            self._rendered.emit(request, image, time.perf_counter() - start)

    def _quick_one_waits(self, key: int) -> bool:
        waiting = self._requests.waiting(key)
        return waiting is not None and not waiting.frame.fine

    def _fail(self, why: str) -> None:
        self.failure = (
            f"3D views cannot be shown: {why}. Maps can still be computed, saved and sent "
            "to other programs."
        )
        _release_callers(self._requests.close())
        self.failed.emit(self.failure)

    # ------------------------------------------------------------------ in the GUI thread
    def _deliver(self, request: _Request, image: QImage, seconds: float) -> None:
        receiver = request.receiver() if request.receiver is not None else None
        if receiver is not None and is_alive(receiver):
            receiver(request.frame, image, seconds)


def _release_callers(requests: Iterable[_Request]) -> None:
    """Wake the callers that wait for these requests."""
    for request in requests:
        if request.done is not None:
            request.done.set()


_render_thread: RenderThread | None = None


def render_thread() -> RenderThread:
    """The program's one render thread; made at the first call, in the GUI thread."""
    global _render_thread  # noqa: PLW0603
    if _render_thread is None:
        _render_thread = RenderThread()
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(end_render_thread)
        atexit.register(end_render_thread)
    return _render_thread


def end_render_thread() -> None:
    """Stop the render thread, if there is one, before Qt ends."""
    global _render_thread  # noqa: PLW0603
    if _render_thread is not None:
        _render_thread.end()
        _render_thread = None
