"""Watch one run of the program: keep its last actions, and the stacks if it dies.

While the program runs, a file `running-NUMBER.txt` holds its versions and last actions.
`faulthandler` writes the stacks of all threads into it when the process dies by a signal. The
next start makes a report of that. A run that ends well deletes the file, and so does the next
start after one that was killed.
"""

import contextlib
import faulthandler
import os
import secrets
import sys
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.crashes.reports import (
    CrashReports,
    stacks_text,
    traceback_text,
    versions_text,
)

if sys.platform != "win32":
    import fcntl

MOST_ACTIONS = 30
_LARGEST = 64 * 1024  # bytes of actions, before the file is written anew
_ACTION = "action: "
_DIED = ("Fatal Python error", "Windows fatal exception")


class CrashWatch:
    """Use it as a context; an unexpected exception that leaves the context is reported too."""

    def __init__(self, reports: CrashReports) -> None:
        self.reports = reports
        self.actions: deque[str] = deque(maxlen=MOST_ACTIONS)
        self._file: int | None = None
        self._path: Path | None = None
        self._head = versions_text()
        self._size = 0

    def __enter__(self) -> Self:
        folder = self.reports.folder
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.glob("running-*.txt"):
                self._take_over(path)
            path = folder / f"running-{secrets.token_hex(4)}.txt"
            flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND
            self._file, self._path = os.open(path, flags, 0o600), path
            _lock(self._file)
            self._write(f"{self._head}\n")
        if self._file is not None:
            faulthandler.enable(self._file, all_threads=True)
        return self

    def note(self, action: str) -> None:
        """Remember an action by a name that holds nothing of the user."""
        if self.actions and self.actions[-1] == action:
            return
        self.actions.append(action)
        self._write(f"{_ACTION}{action}\n")

    def report(self, error: BaseException) -> None:
        """Write a report of an unexpected exception."""
        self.reports.add(self._head, traceback_text(error), tuple(self.actions))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, UserError | Cancelled):
            self.report(error)
        if self._file is None or self._path is None:
            return
        faulthandler.disable()
        with contextlib.suppress(OSError, ValueError):  # stderr may have no file
            if sys.__stderr__ is not None:
                faulthandler.enable(sys.__stderr__)
        file, self._file = self._file, None
        with contextlib.suppress(OSError):
            os.close(file)
            self._take_over(self._path)  # a child process may have died

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            if self._size > _LARGEST:
                os.ftruncate(self._file, 0)
                kept = "".join(f"{_ACTION}{action}\n" for action in self.actions)
                text, self._size = f"{self._head}\n{kept}", 0
            self._size += os.write(self._file, text.encode())

    def _take_over(self, path: Path) -> None:
        """Make a report of a run that died, and delete its file; a living one is left alone."""
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_RDWR)
            try:
                _lock(file)
                content = path.read_text(encoding="utf-8", errors="replace")
            finally:
                os.close(file)
            lines = content.splitlines()
            first = next((i for i, line in enumerate(lines) if line.startswith(_DIED)), None)
            if first is not None:
                head = [line for line in lines[:first] if not line.startswith(_ACTION)]
                actions = [line.removeprefix(_ACTION) for line in lines if line.startswith(_ACTION)]
                stacks = stacks_text("\n".join(lines[first:]))
                self.reports.add("\n".join(head), stacks, actions[-MOST_ACTIONS:])
            path.unlink()  # fails on Windows while the other program runs


def _lock(file: int) -> None:
    """Lock a file for as long as it is open; OSError if another process has locked it."""
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
