"""One thread that takes the pictures of all 3D views.

Views hand over scenes and get images back: no view has an OpenGL window of its own. So a
slow driver (software rendering takes tens of milliseconds a picture) never holds up the
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

from patterson_gui.gui.rendering.scene import Shot
from patterson_gui.gui.threads.latest_only_queue import Wishes
from patterson_gui.gui.widgets.not_none import alive

NICENESS = 5

Taken = Callable[[Shot, QImage, float], None]


@dataclass
class _Wish:
    shot: Shot
    receiver: "weakref.WeakMethod[Taken] | None"
    done: threading.Event | None = None  # somebody waits
    result: QImage | None = field(default=None)


class Renderer(QObject):
    """Takes pictures in a thread of its own; make it in the GUI thread.

    Attributes
    ----------
    failure : why there are no pictures, a sentence, or None.
    description : the OpenGL version and the device, once the first picture is taken.
    """

    failed = pyqtSignal(str)
    _taken = pyqtSignal(object, object, float)

    def __init__(self) -> None:
        super().__init__()
        self.failure: str | None = None
        self.description = ""
        self._taken.connect(self._hand_over)
        self._wishes: Wishes[_Wish] = Wishes()
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

    def request(self, key: int, shot: Shot, receiver: Taken) -> None:
        """Take a picture and call `receiver(shot, image, seconds)` in the GUI thread.

        `receiver` is a bound method and is held weakly. A wish with the same `key` that is
        still waiting is replaced.
        """
        self._wishes.put(key, _Wish(shot, weakref.WeakMethod(receiver)))

    def withdraw(self, key: int) -> None:
        """Forget what this view asked for."""
        self._wishes.withdraw(key)

    def take(self, shot: Shot, timeout: float = 20.0) -> QImage | None:
        """A picture now; the caller waits. None where there are no pictures."""
        done = threading.Event()
        wish = _Wish(shot, None, done)
        if not self._wishes.put(id(wish), wish, first=True):
            return None
        done.wait(timeout)
        return wish.result

    def end(self) -> None:
        """Stop the thread and give back what it holds."""
        _let_go(self._wishes.close())
        self._thread.join(10.0)

    # ------------------------------------------------------------------ in the thread
    def _run(self) -> None:
        try:
            context, painter = self._begin()
        except Exception as error:  # whatever the driver does, the window lives on
            self._fail(str(error))
            return
        while (wish := self._wishes.take()) is not None:
            try:
                self._fulfil(painter, wish)
            except Exception as error:
                _let_go([wish])
                self._fail(str(error))
                break
        painter.forget()
        context.doneCurrent()

    def _begin(self) -> tuple[QOpenGLContext, Any]:
        if sys.platform == "linux":
            # Threads have priorities of their own there, and those that a software driver
            # starts inherit this one: where cores are few, the window goes first.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        context = QOpenGLContext()
        context.setFormat(self._layout)
        if not context.create() or not context.makeCurrent(self._surface):
            raise RuntimeError("no OpenGL context can be made on this display")
        # Here, because it is slow to import and nothing else needs it.
        from patterson_gui.gui.rendering.painter import Painter

        painter = Painter(context)
        self.description = painter.description
        return context, painter

    def _fulfil(self, painter: Any, wish: _Wish) -> None:
        start = time.perf_counter()
        image = painter.paint(wish.shot)
        image.setDevicePixelRatio(wish.shot.ratio)
        if wish.done is not None:
            wish.result = image
            wish.done.set()
        else:
            self._taken.emit(wish, image, time.perf_counter() - start)

    def _fail(self, why: str) -> None:
        self.failure = (
            f"3D views cannot be shown: {why}. Maps can still be computed, saved and sent "
            "to other programs."
        )
        _let_go(self._wishes.close())
        self.failed.emit(self.failure)

    # ------------------------------------------------------------------ in the GUI thread
    def _hand_over(self, wish: _Wish, image: QImage, seconds: float) -> None:
        receiver = wish.receiver() if wish.receiver is not None else None
        if receiver is not None and alive(receiver):
            receiver(wish.shot, image, seconds)


def _let_go(wishes: Iterable[_Wish]) -> None:
    """Nobody need wait for these any longer."""
    for wish in wishes:
        if wish.done is not None:
            wish.done.set()


_renderer: Renderer | None = None


def renderer() -> Renderer:
    """The program's one renderer; made at the first call, in the GUI thread."""
    global _renderer  # noqa: PLW0603
    if _renderer is None:
        _renderer = Renderer()
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(end_renderer)
        atexit.register(end_renderer)
    return _renderer


def end_renderer() -> None:
    """Stop the renderer, if there is one, before Qt goes."""
    global _renderer  # noqa: PLW0603
    if _renderer is not None:
        _renderer.end()
        _renderer = None
