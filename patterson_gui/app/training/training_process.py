"""The process that trains: start it, send it commands, read its events.

`io/training/events.py` defines the events and commands. The process reads commands from a pipe, its
standard input. It writes a checkpoint and ends when the pipe is closed: by `close`, or by the
operating system if this program dies. So no training process is left behind.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from patterson_gui.errors import UserError
from patterson_gui.io.temporary_files import temporary_folder
from patterson_gui.io.training.events import Event, Failed, Finished, parse_event
from patterson_gui.io.training.settings import TrainingSettings, write_settings

NICENESS = 10
LAST_LINES = 200  # of output that is no event, kept for the details of a failure
POLL_INTERVAL = 0.1  # s between two calls of `poll`


class TrainingFailedError(UserError):
    """Why a training failed, in one sentence, with optional details."""

    def __init__(self, sentence: str, details: str | None = None) -> None:
        super().__init__(sentence)
        self.details = details


class TrainingProcess:
    """One process. Its methods may be called from any thread.

    Parameters
    ----------
    command : the program, with its arguments.

    Raises
    ------
    UserError : the process cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._stderr: deque[str] = deque(maxlen=LAST_LINES)
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._end_requested = False
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
            )
        except OSError as error:
            raise UserError(
                f"The training could not be started ({error.strerror or error}): check the free "
                "memory and the number of processes on this machine."
            ) from error
        _lower_priority(self._process.pid)
        self._readers = [
            threading.Thread(target=self._read_events, name="training: events", daemon=True),
            threading.Thread(target=self._read_errors, name="training: errors", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    # ------------------------------------------------------------------ commands
    def pause(self) -> None:
        self._send("pause")

    def resume(self) -> None:
        self._send("resume")

    def stop(self) -> None:
        """Ask for a checkpoint, then the end."""
        self._end_requested = True
        self._send("stop")

    def kill(self) -> None:
        """End it at once, without a checkpoint."""
        self._end_requested = True
        self._process.kill()

    def _send(self, word: str) -> None:
        # A process that has ended no longer reads; that is no error.
        with contextlib.suppress(OSError, ValueError):
            stdin = self._process.stdin
            if stdin is not None:
                stdin.write(word + "\n")
                stdin.flush()

    # ------------------------------------------------------------------ events
    def follow(
        self, handle: Callable[[Event], None], poll: Callable[[], None] = lambda: None
    ) -> Finished | Failed | None:
        """Call `handle` with every event until the process has ended.

        Parameters
        ----------
        poll : called about every `POLL_INTERVAL` meanwhile.

        Returns
        -------
        The last event, if it reports the end; None otherwise, as after an estimate.
        """
        last: Finished | Failed | None = None
        for line in self._lines_until_end(poll):
            event = parse_event(line)
            if event is None:
                self._stderr.append(line)
                continue
            if isinstance(event, Finished | Failed):
                last = event
            handle(event)
        code = self._process.wait()
        self.close()
        if last is None and code != 0:
            last = self._unreported_end(code)
            handle(last)
        return last

    def _lines_until_end(self, poll: Callable[[], None]) -> Iterator[str]:
        while True:
            poll()
            try:
                line = self._lines.get(timeout=POLL_INTERVAL)
            except queue.Empty:
                continue
            if line is None:
                return
            yield line

    def _unreported_end(self, code: int) -> Failed:
        if self._end_requested:
            return Failed(
                sentence="The training was ended at once. It can be resumed from its last "
                "checkpoint."
            )
        how = f"with exit code {code}"
        advice = "see the details"
        if code < 0:
            with contextlib.suppress(ValueError):
                how = f"by {signal.Signals(-code).name}"
            if -code == getattr(signal, "SIGKILL", 9):
                advice = "if it ran out of memory, choose a smaller batch"
        return Failed(
            sentence=f"The training process ended unexpectedly, {how}: {advice}. The training can "
            "be resumed from its last checkpoint.",
            details="\n".join(self._stderr) or "The process wrote no message.",
        )

    def _read_events(self) -> None:
        for line in _lines_of(self._process.stdout):
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        for line in _lines_of(self._process.stderr):
            self._stderr.append(line)

    # ------------------------------------------------------------------ the end
    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """Close the pipe to the process, which then stops if it has not ended yet."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if self._process.poll() is None:
            return  # its output is still read
        for reader in self._readers:
            reader.join(1.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def training_process(
    command: Sequence[str], settings: TrainingSettings, *options: str
) -> Iterator[TrainingProcess]:
    """A process with these settings; killed at the end of the block if it still runs.

    Raises
    ------
    UserError : the process cannot be started.
    """
    with temporary_folder() as folder:
        path = folder / "settings.json"
        write_settings(path, settings)
        process = TrainingProcess([*command, str(path), *options])
        try:
            yield process
        finally:
            if process.alive:
                process.kill()
            process.close()


def _lines_of(stream: IO[str] | None) -> Iterator[str]:
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            yield line.rstrip("\n")


def _lower_priority(pid: int) -> None:
    """Lower the priority of the process, so that a training does not slow the window down."""
    if sys.platform.startswith(("linux", "darwin")):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
