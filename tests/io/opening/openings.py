"""Counts how often the operating system opens a file, whoever does it (Linux alone)."""

import ctypes
import os
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_IN_OPEN = 0x20
# Linux joins equal events that follow one another. Reading and closing lie between two openings.
_WATCHED = _IN_OPEN | 0x01 | 0x08 | 0x10
_NONBLOCK = 0o4000


@contextmanager
def counted_openings(folder: Path) -> Iterator[Counter[str]]:
    """By name, how often each file of the folder is opened until the block ends."""
    if not sys.platform.startswith("linux"):
        # Openings by C libraries (gemmi, HDF5) are seen only from outside the process.
        pytest.skip("openings are counted by inotify, a function of the Linux kernel")
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(_NONBLOCK)
    assert descriptor >= 0
    counts: Counter[str] = Counter()
    try:
        assert libc.inotify_add_watch(descriptor, os.fsencode(folder), _WATCHED) >= 0
        yield counts
        counts.update(_names(descriptor))
    finally:
        os.close(descriptor)


def _names(descriptor: int) -> Iterator[str]:
    header = struct.Struct("iIII")
    while True:
        try:
            events = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        while events:
            _, what, _, length = header.unpack_from(events)
            name = events[header.size : header.size + length].rstrip(b"\0")
            if what & _IN_OPEN and name:  # an event without a name is of the folder itself
                yield os.fsdecode(name)
            events = events[header.size + length :]
