"""The device that networks run on: its name, its memory, and out-of-memory errors."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

import torch


def describe(device: torch.device) -> str:
    """The name of a device for users, as 'cuda (NVIDIA A100)' or 'cpu (4 threads)'."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' if threads > 1 else ''})"


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out; the allocator of torch for the CPU has no error class of its own."""
    known = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return known or "DefaultCPUAllocator" in str(error)


def peak_memory(device: torch.device) -> int:
    """The most bytes this process has used so far; 0 where this is unknown."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def free_memory(device: torch.device) -> int:
    """Bytes available to this process, including those it holds; 0 where this is unknown."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device)
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0


def keep_freed_memory() -> None:
    """Make the C library keep freed memory for the next step instead of returning it.

    A training allocates the same large blocks in every step. If each comes from the operating
    system again, a third of a step on a CPU is spent clearing pages. This does nothing on systems
    other than Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(mmap_max, 0)
