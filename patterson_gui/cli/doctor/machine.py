"""OpenGL and memory of this computer."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.cli.doctor.opengl import ask_opengl

GIB = 1024**3
LEAST_MEMORY = 2 * GIB  # bytes; torch, Qt and a small prediction take about 1.5 GiB
_OLDEST_OPENGL = (2, 1)
_NO_DISPLAY = "Start it in a desktop session, or use the commands, which need no display."
_DRIVER = "Install the graphics driver of your system; software rendering of Mesa works as well."


def opengl() -> Iterator[Finding]:
    """Which OpenGL a window gets."""
    done = ask_opengl(60)
    if done is None:
        yield Finding("OpenGL", "the display did not answer.", _NO_DISPLAY)
        return
    answer = done.stdout.strip()
    if "no display" in answer:
        # A server has none and needs none: the commands do everything without.
        yield Finding(
            "OpenGL", "there is no display, so the window cannot open.", _NO_DISPLAY, optional=True
        )
    elif done.returncode != 0 or not answer:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        yield Finding("OpenGL", f"Qt could not use the display ({last[0]}).", _NO_DISPLAY)
    elif answer.startswith("not available"):
        yield Finding("OpenGL", "the display offers no OpenGL.", _DRIVER)
    elif (number := _version(answer)) is not None and number < _OLDEST_OPENGL:
        yield Finding("OpenGL", f"{answer} is older than 2.1, which is needed.", _DRIVER)
    else:
        yield Finding("OpenGL", f"{answer}.")


def _version(answer: str) -> tuple[int, int] | None:
    """The version in "renderer, version"."""
    found = re.search(r"\b(\d+)\.(\d+)", answer.rpartition(", ")[2])
    return None if found is None else (int(found[1]), int(found[2]))


def memory() -> Iterator[Finding]:
    """The memory that is available."""
    available = _available_memory()
    if available is None:
        yield Finding("Memory", "this system does not say how much is available.")
    elif available < LEAST_MEMORY:
        yield Finding(
            "Memory",
            f"{available / GIB:.1f} GiB are available; a prediction needs "
            f"{LEAST_MEMORY / GIB:.0f} GiB or more.",
            "Close other programs, or use a computer with more memory.",
        )
    else:
        yield Finding("Memory", f"{available / GIB:.1f} GiB are available.")


def _available_memory() -> int | None:
    """Bytes that a program may still take; None where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        found = re.search(r"MemAvailable:\s+(\d+) kB", text)
        if found is not None:
            return int(found[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
