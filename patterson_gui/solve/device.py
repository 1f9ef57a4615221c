"""Choose the device that torch computes on, and describe it."""

import ctypes
import os
import platform
from functools import lru_cache

import torch

from patterson_gui.errors import UserError


def choose_device(name: str) -> torch.device:
    """The device called `name`: 'auto' takes a GPU when torch sees one.

    Raises
    ------
    UserError : unknown name, or a GPU asked for where torch sees none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "No CUDA device can be used because torch sees none: choose --device cpu or auto, "
            "or install a CUDA build of torch."
        )
    if name not in ("cpu", "cuda"):
        raise UserError(f"There is no device called '{name}': choose auto, cpu or cuda.")
    return torch.device(name)


def device_names() -> list[str]:
    """What `choose_device` accepts here besides 'auto', the processor first."""
    return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def describe(device: torch.device) -> str:
    """The device in words, for the record of a prediction."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' if threads > 1 else ''})"


def leave_one_core() -> None:
    """Keep one core for the window: a job in a thread takes all but one."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Ask the C library not to hand small freed blocks back to the system.

    The loop frees and takes megabytes at every FFT. glibc returns such blocks at once and
    the system clears each page anew, which doubles the time of an FFT that fits the caches.
    Blocks above 64 MiB still come and go.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(mmap_threshold, 64 * 2**20)
    mallopt(trim_threshold, 256 * 2**20)
