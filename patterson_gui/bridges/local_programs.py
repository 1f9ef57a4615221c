"""Find and start programs on this computer, find a free port, and limit the time of a request."""

import contextlib
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from patterson_gui.errors import Cancelled

T = TypeVar("T")
HOST = "127.0.0.1"

# With our values of these, another program's Python and Qt would load the wrong libraries.
_OUR_ENVIRONMENT = (
    "PYTHONHOME",
    "PYTHONPATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "LD_PRELOAD",
)


class StartFailedError(Exception):
    """A program was found but could not be started; says why."""


class NoAnswerError(OSError):
    """A request was accepted but not answered in time."""


class ConnectionLostError(OSError):
    """There is no server, it closed the connection, or its answer is unreadable."""


class OddReplyError(ConnectionLostError):
    """The program that was asked cannot have given this answer."""


class RefusedError(Exception):
    """The program says, in one line, why it did not carry out a request."""


class Listener(Enum):
    """What listens at a port."""

    NOTHING = "nothing"
    WANTED = "the program that is looked for"
    SILENT = "a program that does not answer"
    OTHER = "another program"


@dataclass(frozen=True)
class SearchPlaces:
    """Where a program may be installed.

    variable : the environment variable with its path.
    names : the program's names on the search path.
    places : patterns of paths by system (sys.platform).
    flatpak : its flatpak name, or "".
    """

    variable: str
    names: Sequence[str]
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flatpak: str = ""


def find(where: SearchPlaces) -> list[str] | None:
    """Return the command that starts a program, or None where it is not installed.

    Its variable comes first, then the search path, then the usual places (newest version
    first), then flatpak.
    """
    for candidate in _candidates(where):
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return [candidate]
    flatpak = shutil.which("flatpak") if where.flatpak else None
    if flatpak is not None:
        try:
            done = subprocess.run(
                [flatpak, "info", where.flatpak], capture_output=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode == 0:
            return [flatpak, "run", where.flatpak]
    return None


def _candidates(where: SearchPlaces) -> Iterator[str]:
    if named := os.environ.get(where.variable):
        yield named
    for name in where.names:
        if found := shutil.which(name):
            yield found
    for pattern in where.places.get(sys.platform, where.places.get("linux", ())):
        yield from sorted(glob.glob(os.path.expanduser(pattern)), key=_version, reverse=True)


def _version(path: str) -> list[int]:
    """The numbers in a path, so that 1.10 comes after 1.9."""
    return [int(number) for number in re.findall(r"\d+", path)]


def environment() -> dict[str, str]:
    """Our environment without the variables that only concern our Python and Qt."""
    return {k: v for k, v in os.environ.items() if k not in _OUR_ENVIRONMENT}


def start(
    command: Sequence[str], extra: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a program that goes on when we end, and do not wait until it is ready.

    `extra` : variables that are added to its environment.

    Raises
    ------
    StartFailedError
        when the system refuses.
    """
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environment(), **(extra or {})},
            start_new_session=True,  # Ctrl+C in our terminal must not stop it
        )
    except OSError as error:
        raise StartFailedError(f"{command[0]} could not be started ({error.strerror})") from error


def wait_until(
    process: "subprocess.Popen[bytes]",
    name: str,
    look: Callable[[], T | None],
    patience: float,
    silence: str,
    cancelled: Callable[[], bool],
) -> T:
    """Wait until `look` returns something about a program that was just started.

    Parameters
    ----------
    name : of the program.
    patience : seconds.
    silence : what the program did not do in that time, for the sentence.

    Raises
    ------
    StartFailedError
        when the program ends at once, or `look` finds nothing within `patience`.
    Cancelled
        when the user no longer wants to wait; the program goes on.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        # A launcher may end without error while the program it started goes on.
        if process.poll() not in (None, 0):
            raise StartFailedError(f"{name} ended at once (exit code {process.returncode})")
        found = look()
        if found is not None:
            return found
        if cancelled():
            raise Cancelled
        # These programs print that they are ready, but a pipe to us would break when we end before
        # them. So we ask them.
        time.sleep(0.2)
    raise StartFailedError(f"{name} was started, but {silence} within {patience:.0f} s")


@contextlib.contextmanager
def cut_after(seconds: float, stream: socket.socket, expired: threading.Event) -> Iterator[None]:
    """Shut a connection down after `seconds`, and set `expired` then.

    A socket's own time limit is not enough, because it starts again with every byte that arrives.
    """

    def cut() -> None:
        expired.set()
        with contextlib.suppress(OSError):  # it is closed already
            stream.shutdown(socket.SHUT_RDWR)

    limit = threading.Timer(seconds, cut)
    limit.start()
    try:
        yield
    finally:
        limit.cancel()


def free_port(preferred: Sequence[int]) -> int:
    """The first of the preferred ports that nobody uses, else any that is free."""
    for port in (*preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            try:
                candidate.bind((HOST, port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    raise OSError("no free port on this computer")
