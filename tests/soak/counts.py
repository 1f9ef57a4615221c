"""Count what a window may leak: threads, widgets, objects of OpenGL, open files, memory."""

import ctypes
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtWidgets import QApplication

OPENGL = ("Buffer", "Texture", "Program", "Shader", "Framebuffer", "Renderbuffer")
LASTING_THREADS = ("patterson-pool", "asyncio_", "tqdm_", "soak", "MainThread")
WARM_UP = 500  # actions after which memory may not grow
MANY = 50  # objects of a type, to be counted
MOST_MB = 1.0  # for each 100 actions from then on


class OpenGLCounter:
    """Counts the objects of OpenGL that exist. Make it before the render thread starts."""

    def __init__(self) -> None:
        from vispy.gloo import gl

        self.living: Counter[str] = Counter()
        for kind in OPENGL:
            self._wrap(gl, f"glCreate{kind}", kind, 1)
            self._wrap(gl, f"glDelete{kind}", kind, -1)

    def _wrap(self, gl: Any, name: str, kind: str, by: int) -> None:
        call = getattr(gl, name)

        def counted(*arguments: Any) -> Any:
            self.living[kind] += by
            return call(*arguments)

        setattr(gl, name, counted)


@dataclass(frozen=True)
class Counts:
    """Everything counted after a number of actions, with the window in the same state each time.

    Attributes
    ----------
    living : number by name: "widgets QLabel", "threads", "OpenGL Buffer", "open files".
    memory : resident, MB.
    allocated : by malloc and not freed, MB. What is resident beyond it is room between blocks.
    objects : objects of Python by type, of those that its garbage collector knows.
    """

    actions: int
    living: Mapping[str, int]
    memory: float
    allocated: float = 0.0
    objects: Mapping[str, int] = field(default_factory=dict)


def count(actions: int, opengl: OpenGLCounter) -> Counts:
    """Count after what waits to be deleted is deleted, and unused memory is given back."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()
        gc.collect()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).malloc_trim(0)
    widgets = Counter(type(widget).__name__ for widget in QApplication.allWidgets())
    living = {f"widgets {kind}": n for kind, n in widgets.items()}
    living |= {f"OpenGL {kind}": n for kind, n in opengl.living.items()}
    threads = [t for t in threading.enumerate() if not t.name.startswith(LASTING_THREADS)]
    foreign = [t for t in threads if isinstance(t, threading._DummyThread)]
    living["threads"] = len(threads) - len(foreign)
    living["open files"] = len(open_files())
    return Counts(actions, living, memory_mb(), allocated_mb(), _objects_by_type())


def _objects_by_type() -> dict[str, int]:
    """Number of objects of each type of which there are many.

    The counts are kept to the end: with rare types and names of their own they were themselves
    most of what grew.
    """
    types = Counter(type(thing) for thing in gc.get_objects())
    return {sys.intern(_name(kind)): n for kind, n in types.items() if n >= MANY}


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def open_files() -> list[str]:
    """What each open file descriptor is, without Python's own."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return []
    found = []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(folder / name))
        except OSError:  # that of this listing
            continue
    return found


def memory_mb() -> float:
    """Resident memory of this process, MB; 0 where it is not known."""
    path = Path("/proc/self/statm")
    if not path.exists():
        return 0.0
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class _MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost",
    )]  # fmt: skip


def allocated_mb() -> float:
    """Memory that malloc has given out, MB; 0 where glibc does not tell."""
    if not sys.platform.startswith("linux"):
        return 0.0
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return 0.0
    ask.restype = _MallInfo
    answer = ask()
    return float(answer.uordblks + answer.hblkhd) / 1e6


def growing(counts: Sequence[Counts]) -> list[str]:
    """What is left over: more at the end than ever before the last third of the counts, after at
    least two increases.

    The first count and one increase are left out: parts of the window are made at their first use.
    """
    rest = counts[1:]
    if len(rest) < 3:
        return []
    later = max(1, len(rest) // 3)
    found = []
    for name in sorted(set().union(*(c.living for c in rest))):
        values = [c.living.get(name, 0) for c in rest]
        early, end = max(values[:-later]), values[-later:]
        increases = sum(n > max(values[:i]) for i, n in enumerate(values) if i)
        if min(end) > early and values[-1] >= max(values) and increases > 1:
            found.append(f"{name}: {', '.join(map(str, values))}")
    return found


def growing_objects(counts: Sequence[Counts]) -> list[tuple[str, int, int]]:
    """Types of which there are more at every count of the last third than ever before it: name,
    number at the first count after the warm-up, number at the end; most increased first.

    Tells where to look when memory grows. It is no fault: a cache may fill.
    """
    late = [c.objects for c in counts if c.actions >= WARM_UP]
    if len(late) < 4:
        return []
    cut = len(late) - max(1, len(late) // 3)
    found = []
    for name in set().union(*late):
        values = [objects.get(name, 0) for objects in late]
        if min(values[cut:]) > max(values[:cut]):
            found.append((name, values[0], values[-1]))
    return sorted(found, key=lambda row: row[1] - row[2])


def memory_slope(counts: Sequence[Counts]) -> float | None:
    """MB for each 100 actions after the warm-up; None with fewer than four counts there."""
    late = [c for c in counts if c.actions >= WARM_UP]
    if len(late) < 4:
        return None
    slope = np.polyfit([c.actions for c in late], [c.memory for c in late], 1)[0]
    return float(slope * 100)
