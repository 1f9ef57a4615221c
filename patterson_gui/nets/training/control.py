"""Pause and stop a running training by signals or by lines on standard input."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Control:
    """The requests to pause and stop so far; safe to use from any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._pause = threading.Event()

    def stop(self) -> None:
        """Request a stop after a checkpoint."""
        self._stop.set()

    def pause(self) -> None:
        """Request a pause before the next step."""
        self._pause.set()

    def resume(self) -> None:
        """End a pause."""
        self._pause.clear()

    def should_stop(self) -> bool:
        return self._stop.is_set()

    def paused(self) -> bool:
        return self._pause.is_set()

    def listen(
        self, descriptor: int, at_end: Callable[[], None] = lambda: None
    ) -> threading.Thread:
        """Read the lines `pause`, `resume` and `stop` from an open file, in a new thread.

        Parameters
        ----------
        at_end : called at the end of the file. By default the training goes on alone; `stop`
            ends it together with the process at the other end.

        Returns
        -------
        The running thread; it ends with the file.
        """
        thread = threading.Thread(
            target=self._obey, args=(descriptor, at_end), name="training control", daemon=True
        )
        thread.start()
        return thread

    def _obey(self, descriptor: int, at_end: Callable[[], None]) -> None:
        commands = {b"pause": self.pause, b"resume": self.resume, b"stop": self.stop}
        begun = b""
        # Not with Python's buffered file: a thread waiting in it at exit would hold the lock that
        # the interpreter needs to shut down.
        with contextlib.suppress(OSError):
            while part := os.read(descriptor, 4096):
                *lines, begun = (begun + part).split(b"\n")
                for line in lines:
                    commands.get(line.strip(), _nothing)()
        at_end()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Treat SIGINT and SIGTERM as `stop`; a second signal has its usual effect."""
        before: dict[signal.Signals, Any] = {}

        def asked(number: int, frame: FrameType | None) -> None:
            self.stop()
            for each, handler in before.items():
                signal.signal(each, handler)

        for number in SIGNALS:
            before[number] = signal.signal(number, asked)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _nothing() -> None:
    """Ignore a line that is not a command."""
