"""Kill a child process, or remove its files, at a chosen moment.

Three kinds of moments for a kill. "before" and "after" are exact: the child counts its calls that
make, replace, rename, flush or delete a file or folder, and kills itself at the one with a number.
"within" ends the child by the system in the middle of a write, also one of a library in C++, as
soon as a file would grow beyond a number of bytes. "time" ends it after some CPU time.

"removed" deletes files at a call with a number, and lets the child go on. There, files that are
opened to be read count as well.
"""

import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

# Functions of `os` that change which files there are, or flush one to the disk.
WATCHED = ("replace", "rename", "link", "unlink", "remove", "rmdir", "mkdir", "fsync")
_WRITING = os.O_WRONLY | os.O_RDWR

Where = Literal["never", "before", "after", "within", "time", "full", "removed"]


@dataclass(frozen=True)
class KillPoint:
    """When to kill.

    amount : number of the call, counted from 1; bytes; or seconds of CPU.
    remove : what to delete.
    """

    where: Where = "never"
    amount: float = 0
    remove: tuple[str, ...] = ()

    def __str__(self) -> str:
        unit = {"within": " bytes", "full": " bytes free", "time": " s of CPU"}.get(self.where, "")
        return f"{self.where} {self.amount:.4g}{unit}"


NEVER = KillPoint()


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes
    ----------
    killed : by the kill point.
    value : what the function returned, if it was not killed.
    error : its error, '' for none.
    calls : the calls that were counted, as "replace report.json".
    seconds : CPU time.
    """

    killed: bool
    value: Any
    error: str
    calls: tuple[str, ...]
    seconds: float


def run_and_kill(function: Callable[[], Any], point: KillPoint = NEVER) -> Ended:
    """Call `function` in a forked child that is killed at `point`."""
    sys.stdout.flush()
    sys.stderr.flush()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _child(function, point, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        told = pipe.read()
    _, status, usage = os.wait4(child, 0)
    seconds = usage.ru_utime + usage.ru_stime
    if os.WIFSIGNALED(status):
        expected = {"within": signal.SIGXFSZ, "time": signal.SIGPROF}
        number = os.WTERMSIG(status)
        if number == expected.get(point.where, signal.SIGKILL) and point.where != "never":
            return Ended(True, None, "", (), seconds)
        return Ended(False, None, f"ended by signal {number}", (), seconds)
    value, error, calls = pickle.loads(told)
    return Ended(False, value, error, calls, seconds)


def _child(function: Callable[[], Any], point: KillPoint, send: int) -> None:
    """Never returns."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(600)
    calls: list[str] = []
    _count_calls(calls, point)
    if point.where == "within":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        limit = int(point.amount)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    elif point.where == "time":
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, max(point.amount, 1e-4))
    value, error = None, ""
    try:
        value = function()
    except BaseException as problem:
        error = f"{type(problem).__name__}: {problem}"
    signal.setitimer(signal.ITIMER_PROF, 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with os.fdopen(send, "wb") as pipe:
        pipe.write(pickle.dumps((value, error, tuple(calls))))
    os._exit(0)


def _count_calls(calls: list[str], point: KillPoint) -> None:
    lock = threading.Lock()

    def counted(name: str, path: object) -> int:
        with lock:
            calls.append(f"{name} {os.path.basename(str(path))}")
            number = len(calls)
        if point.where == "removed" and number == point.amount:
            subprocess.run(["rm", "-rf", "--", *point.remove], check=True)
        return number

    def die_at(number: int, where: Where) -> None:
        if point.where == where and number == point.amount:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            number = counted(name, arguments[0] if arguments else "")
            die_at(number, "before")
            result = real(*arguments, **keywords)
            die_at(number, "after")
            return result

        setattr(os, name, call)

    for name in WATCHED:
        watched(name)

    def opened(event: str, arguments: tuple[Any, ...]) -> None:
        # Opening for writing is reported before it is done; what follows is killed "within".
        if event != "open" or not isinstance(arguments[2], int):
            return
        path = str(arguments[0])
        if point.where == "removed":
            if path.startswith(point.remove):
                counted("open", path)
        elif arguments[2] & _WRITING and not path.startswith("/dev"):
            die_at(counted("open", path), "before")

    sys.addaudithook(opened)
