"""A training as a process of its own: started, told, listened to, and never left behind.

What it says and hears stands in `io/training/events.py`. It holds the other end of a pipe as its
standard input and stops, with a checkpoint, when that is closed: by `close`, or by the system
should this program die.
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
from typing import IO

from patterson_gui.errors import UserError
from patterson_gui.io.training.events import Event, Failed, Finished, parse_event

NICENESS = 10
LAST_LINES = 200  # of what is not an event, for the details of a failure
PATIENCE = 0.1  # seconds between two looks at whether somebody asked for something


class TrainingFailedError(UserError):
    """Why a training failed, in one sentence; `details` where there is more to know."""

    def __init__(self, sentence: str, details: str | None = None) -> None:
        super().__init__(sentence)
        self.details = details


class TrainingRun:
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
        self._asked_to_end = False
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
                f"The training could not be started ({error.strerror or error}): look at the "
                "memory and the processes of this machine."
            ) from error
        _give_way(self._process.pid)
        self._readers = [
            threading.Thread(target=self._read_events, name="training: events", daemon=True),
            threading.Thread(target=self._read_errors, name="training: errors", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    # ------------------------------------------------------------------ telling it
    def pause(self) -> None:
        self._say("pause")

    def resume(self) -> None:
        self._say("resume")

    def stop(self) -> None:
        """Ask for a checkpoint and the end."""
        self._asked_to_end = True
        self._say("stop")

    def kill(self) -> None:
        """End it at once, without a checkpoint."""
        self._asked_to_end = True
        self._process.kill()

    def _say(self, word: str) -> None:
        # One that has ended hears nothing any more, which is not worth a word.
        with contextlib.suppress(OSError, ValueError):
            stdin = self._process.stdin
            if stdin is not None:
                stdin.write(word + "\n")
                stdin.flush()

    # ------------------------------------------------------------------ listening
    def follow(
        self, take: Callable[[Event], None], look: Callable[[], None] = lambda: None
    ) -> Finished | Failed | None:
        """Hand every event to `take` until the process has ended; its last word.

        Parameters
        ----------
        look : called again and again meanwhile.

        Returns
        -------
        What it said at the end; None where it had nothing to say, as an estimate.
        """
        last: Finished | Failed | None = None
        for line in self._until_the_end(look):
            event = parse_event(line)
            if event is None:
                self._stderr.append(line)
                continue
            if isinstance(event, Finished | Failed):
                last = event
            take(event)
        code = self._process.wait()
        self.close()
        if last is None and code != 0:
            last = self._end_without_a_word(code)
            take(last)
        return last

    def _until_the_end(self, look: Callable[[], None]) -> Iterator[str]:
        while True:
            look()
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                continue
            if line is None:
                return
            yield line

    def _end_without_a_word(self, code: int) -> Failed:
        if self._asked_to_end:
            return Failed(
                sentence="The training was ended at once; its last checkpoint stays, and it can "
                "be resumed from there."
            )
        how = f"with exit code {code}"
        advice = "look at the details"
        if code < 0:
            with contextlib.suppress(ValueError):
                how = f"by {signal.Signals(-code).name}"
            if -code == getattr(signal, "SIGKILL", 9):
                advice = "perhaps the memory was not enough: choose a smaller batch"
        return Failed(
            sentence=f"The training process ended unexpectedly, {how}: {advice}; what was learnt "
            "up to its last checkpoint can be resumed.",
            details="\n".join(self._stderr) or "It said nothing.",
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
        """Let go of the process: it stops by itself if it has not ended yet."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if self._process.poll() is None:
            return  # its readers go on to listen
        for reader in self._readers:
            reader.join(1.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def _lines_of(stream: IO[str] | None) -> Iterator[str]:
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            yield line.rstrip("\n")


def _give_way(pid: int) -> None:
    """Training takes second place: the window must never wait for it."""
    if sys.platform.startswith(("linux", "darwin")):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
