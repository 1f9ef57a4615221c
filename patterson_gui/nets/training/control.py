"""How a training that runs is paused and stopped: by signals, or by lines on standard input."""

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
    """What was asked for so far. Safe to use from any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._pause = threading.Event()

    def stop(self) -> None:
        """Ask for the end, after a checkpoint."""
        self._stop.set()

    def pause(self) -> None:
        """Ask to wait before the next step."""
        self._pause.set()

    def resume(self) -> None:
        """Ask to go on."""
        self._pause.clear()

    def should_stop(self) -> bool:
        return self._stop.is_set()

    def paused(self) -> bool:
        return self._pause.is_set()

    def listen(self, descriptor: int, at_end: Callable[[], None] = lambda: None) -> None:
        """Obey lines `pause`, `resume` and `stop` of an open file, in a thread of its own.

        Parameters
        ----------
        at_end : called at the end of the file. Nothing by default, as a training may be left
            alone; `stop` for one that must not outlive whoever holds the other end.
        """
        threading.Thread(
            target=self._obey, args=(descriptor, at_end), name="training control", daemon=True
        ).start()

    def _obey(self, descriptor: int, at_end: Callable[[], None]) -> None:
        commands = {b"pause": self.pause, b"resume": self.resume, b"stop": self.stop}
        begun = b""
        # Not through Python's buffered file: a thread that waits in one when the program ends
        # would hold the lock that the end needs.
        with contextlib.suppress(OSError):
            while part := os.read(descriptor, 4096):
                *lines, begun = (begun + part).split(b"\n")
                for line in lines:
                    commands.get(line.strip(), _nothing)()
        at_end()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM for `stop`; a second one of either does what it always does."""
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
    """Lines that are no command are passed over."""
