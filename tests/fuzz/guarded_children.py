"""Run one case in a child process with limits of time and memory, and tell how it ended."""

import contextlib
import os
import pickle
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from patterson_gui.errors import Cancelled, UserError

SECONDS = 10.0  # of CPU
SPARE = 500_000_000  # bytes of memory beyond four times the file
_CEILING = 3_000_000_000  # bytes of address space more than before, so that the machine survives


@dataclass(frozen=True)
class Outcome:
    """How a case ended.

    Attributes
    ----------
    verdict : 'read', 'refused' (a `UserError`), or a fault: 'traceback', 'warning', 'crash',
        'hang', 'memory'.
    signature : where and how; cases with equal signatures have one cause.
    details : the sentence, or the traceback.
    seconds : CPU time.
    peak : bytes of memory more than before.
    """

    verdict: str
    signature: str
    details: str
    seconds: float
    peak: int

    @property
    def is_fault(self) -> bool:
        return self.verdict not in ("read", "refused")


def run_guarded(case: Callable[[], None], file_bytes: int) -> Outcome:
    """Fork, run `case` in the child, and judge it. For programs of one thread."""
    sys.stdout.flush()
    sys.stderr.flush()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _run_and_exit(case, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        told = pipe.read()
    _, status, usage = os.wait4(child, 0)
    seconds = usage.ru_utime + usage.ru_stime
    if os.WIFSIGNALED(status) or not told:
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        ended = {signal.SIGXCPU: "hang", signal.SIGALRM: "hang", signal.SIGKILL: "hang"}
        name = (
            signal.Signals(number).name if number else f"exit {os.waitstatus_to_exitcode(status)}"
        )
        return Outcome(ended.get(number, "crash"), name, name, seconds, 0)
    verdict, signature, details, peak = pickle.loads(told)
    if peak > 4 * file_bytes + SPARE and verdict in ("read", "refused"):
        return Outcome("memory", f"memory, {verdict}", f"{peak:,} bytes; {details}", seconds, peak)
    return Outcome(verdict, signature, details, seconds, peak)


def _run_and_exit(case: Callable[[], None], send: int) -> None:
    """The child: never returns."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    before = os.times()
    used = before.user + before.system
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + SECONDS) + 1, int(used + SECONDS) + 2))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(300)  # waits for something that never comes, on however busy a machine
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size, start = _memory("VmSize"), _memory("VmRSS")
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (size + _CEILING, size + _CEILING))
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak counts from here
    warned: list[str] = []

    def note(message, category, filename, lineno, file=None, line=None):  # type: ignore[no-untyped-def]
        warned.append(f"{category.__name__} {os.path.basename(filename)}:{lineno}: {message}")

    warnings.resetwarnings()
    warnings.simplefilter("always")
    warnings.simplefilter("ignore", ResourceWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.showwarning = note
    verdict, signature, details = "read", "", ""
    try:
        case()
    except (UserError, Cancelled) as error:
        verdict, details = "refused", str(error)
        if _from_memory_error(error):
            verdict, signature = "memory", "MemoryError, refused"
        elif not details.strip() or "\n" in details or "Traceback" in details:
            verdict, signature = "traceback", f"no sentence: {details[:60]!r}"
    except BaseException as error:
        verdict = "memory" if isinstance(error, MemoryError) else "traceback"
        last = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in last if "patterson_gui" in frame.filename] or list(last)
        where = f"{ours[-1].filename.rpartition('patterson_gui/')[2]}:{ours[-1].lineno}"
        signature = f"{type(error).__name__} {where} {ours[-1].name}"
        details = "".join(traceback.format_exception(error))
    if warned and verdict in ("read", "refused"):
        verdict, signature, details = "warning", warned[0].partition(": ")[0], warned[0]
    peak = max(_memory("VmHWM") - start, 0)
    with os.fdopen(send, "wb") as pipe:
        pipe.write(pickle.dumps((verdict, signature, details, peak)))
    os._exit(0)


def _from_memory_error(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _memory(name: str) -> int:
    """Bytes that Linux tells under this name; 0 on other systems."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0


def timed(seconds: float) -> Callable[[], bool]:
    """A function that says whether `seconds` of wall time are over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
