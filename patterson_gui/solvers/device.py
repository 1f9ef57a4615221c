"""Choose the device that torch computes on, and describe it."""

import ctypes
import os
import platform
from functools import lru_cache

import torch

from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import is_lost_gpu


def choose_device(name: str) -> torch.device:
    """The device called `name`; 'auto' is a GPU if torch finds one.

    Raises
    ------
    UserError : unknown name, or a GPU is requested and torch finds none.
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
    """Names that `choose_device` accepts on this machine besides 'auto', the processor first."""
    return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def describe(device: torch.device) -> str:
    """Name of the device, for the record of a prediction."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' if threads > 1 else ''})"


def reason_for_cpu(error: RuntimeError) -> str | None:
    """Why work that failed on a GPU can be repeated on the CPU; None for other errors."""
    if isinstance(error, torch.OutOfMemoryError):
        return "has too little memory"
    return "stopped working" if is_lost_gpu(error) else None


def leave_one_core() -> None:
    """Let torch use all cores but one, which is kept for the window."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Ask the C library not to hand small freed blocks back to the system.

    The loop frees and takes megabytes at every FFT. glibc returns such blocks at once and
    the system clears each page anew, which doubles the time of an FFT that fits the caches.
    Blocks above 64 MiB are still returned.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(mmap_threshold, 64 * 2**20)
    mallopt(trim_threshold, 256 * 2**20)
