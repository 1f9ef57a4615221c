"""One thread that takes the pictures of all 3D views.

Views hand over scenes and get images back: no view has an OpenGL window of its own. So a
slow driver (software rendering takes tens of milliseconds a picture) never holds up the
window, the pictures can be shown, moved and stacked like any other widget, and a machine
without OpenGL shows a message instead of ending the program.

Of each view only the latest wish counts: a picture that was asked for but not begun when the
next is asked for is never taken.
"""

import atexit
import os
import sys
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from patterson_gui.gui.certain import alive
from patterson_gui.gui.scene import Shot

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
        self._wishes: OrderedDict[int, _Wish] = OrderedDict()
        self._some = threading.Condition()
        self._ending = False
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
        with self._some:
            # A view that asks again keeps its place in the row: none can starve another.
            self._wishes[key] = _Wish(shot, weakref.WeakMethod(receiver))
            self._some.notify()

    def withdraw(self, key: int) -> None:
        """Forget what this view asked for."""
        with self._some:
            self._wishes.pop(key, None)

    def take(self, shot: Shot, timeout: float = 20.0) -> QImage | None:
        """A picture now; the caller waits. None where there are no pictures."""
        done = threading.Event()
        wish = _Wish(shot, None, done)
        with self._some:
            if self.failure is not None or self._ending:
                return None
            self._wishes[id(wish)] = wish
            self._wishes.move_to_end(id(wish), last=False)
            self._some.notify()
        done.wait(timeout)
        return wish.result

    def end(self) -> None:
        """Stop the thread and give back what it holds."""
        with self._some:
            self._ending = True
            self._some.notify()
        self._thread.join(10.0)

    # ------------------------------------------------------------------ in the thread
    def _run(self) -> None:
        try:
            context, painter = self._begin()
        except Exception as error:  # whatever the driver does, the window lives on
            self._fail(str(error))
            return
        while True:
            with self._some:
                while not self._wishes and not self._ending:
                    self._some.wait()
                if self._ending:
                    break
                _, wish = self._wishes.popitem(last=False)
            try:
                self._fulfil(painter, wish)
            except Exception as error:
                if wish.done is not None:
                    wish.done.set()
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
        from patterson_gui.gui.painter import Painter

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
        with self._some:
            self.failure = (
                f"3D views cannot be shown: {why}. Maps can still be computed, saved and sent "
                "to other programs."
            )
            for wish in self._wishes.values():
                if wish.done is not None:
                    wish.done.set()
            self._wishes.clear()
        self.failed.emit(self.failure)

    # ------------------------------------------------------------------ in the GUI thread
    def _hand_over(self, wish: _Wish, image: QImage, seconds: float) -> None:
        receiver = wish.receiver() if wish.receiver is not None else None
        if receiver is not None and alive(receiver):
            receiver(wish.shot, image, seconds)


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
