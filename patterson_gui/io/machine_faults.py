"""Faults of the machine as sentences: memory, GPU, disk and files that fail during the work.

They may come from any line, in any thread, so they are told where functions and commands end. torch
is not imported here: its errors are recognised by name and message.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from patterson_gui.errors import UserError

_ON_CPU = "choose the CPU (--device cpu, or CPU in the settings)"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_LONGEST = 120  # characters of a message that are told


@contextmanager
def machine_faults_as_sentences() -> Iterator[None]:
    """Raise `UserError` instead of an error that `machine_fault` knows. Also a decorator."""
    try:
        yield
    except Exception as error:
        sentence = None if isinstance(error, UserError) else machine_fault(error)
        if sentence is None:
            raise
        raise UserError(sentence) from error


def machine_fault(error: BaseException) -> str | None:
    """A sentence for an error of memory, a GPU, a disk or a file; None for other errors."""
    kind, message = type(error).__name__, str(error)
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in message:
        return (
            "This computer has too little free memory for this: close other programs, or choose a "
            "lower resolution, a coarser grid or smaller batches."
        )
    if kind == "OutOfMemoryError":
        return f"The GPU has too little free memory for this: {_ON_CPU}, or end what else uses it."
    if is_lost_gpu(error):
        why = message.strip().splitlines()[0][:_LONGEST]
        return (
            f"The GPU stopped working ({why}): {_ON_CPU}; to use the GPU again, restart the "
            "program or, if that does not help, the computer."
        )
    return _system_fault(error) if isinstance(error, OSError) else None


def _system_fault(error: OSError) -> str | None:
    if error.errno in _FULL:
        where = f" of {error.filename}" if error.filename else ""
        return f"The disk{where} is full: free some space or choose another disk."
    if error.errno == errno.ENOMEM:
        return machine_fault(MemoryError())
    if not error.filename or not error.strerror:
        return None
    if isinstance(error, PermissionError):
        return (
            f"{error.filename} may not be used (permission denied): change its permissions, or "
            "choose another file or folder."
        )
    return (
        f"{error.filename} could not be used ({error.strerror.lower()}): it may have been removed "
        "or changed meanwhile; check it and run again."
    )


def is_full_disk(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, came from a full disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False


def is_lost_gpu(error: BaseException) -> bool:
    """Whether a GPU failed in another way than by lack of memory."""
    if type(error).__name__ == "OutOfMemoryError" or not isinstance(error, RuntimeError):
        return False
    message = str(error)
    return (
        type(error).__name__ == "AcceleratorError"
        or "CUDA error" in message
        or "CUDA driver error" in message
        or message.startswith(("cuDNN error", "CUBLAS error", "cuFFT error"))
    )
