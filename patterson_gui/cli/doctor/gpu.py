"""The GPU that torch finds, and whether it computes right."""

from collections.abc import Iterator
from pathlib import Path

import torch

from patterson_gui.cli.doctor.finding import Finding

GIB = 1024**3
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")  # exists on Linux where one is loaded


def gpu() -> Iterator[Finding]:
    """Whether torch has a GPU; and if so, whether it computes right on it."""
    if not torch.cuda.is_available():
        driver = NVIDIA_DRIVER.exists()
        if driver and torch.version.cuda is None:
            yield Finding(
                "GPU",
                f"this computer has an NVIDIA driver, but torch {torch.__version__} is a build "
                "without CUDA.",
                "Install a build of torch with CUDA; without it, the processor computes.",
            )
        elif driver:
            yield Finding(
                "GPU",
                "this computer has an NVIDIA driver, but torch finds no GPU.",
                "Run 'nvidia-smi': if it fails too, install the driver again or restart.",
            )
        else:
            yield Finding("GPU", "none that torch can use; the processor computes.")
        return
    name = torch.cuda.get_device_name()
    here = torch.arange(64.0)
    try:
        free, total = torch.cuda.mem_get_info()
        there = torch.fft.ifft(torch.fft.fft(here.cuda())).real.cpu()
    except RuntimeError as error:  # out of memory, lost, or too old for this build of torch
        why = str(error).strip().splitlines() or ["no reason given"]
        yield Finding(
            "GPU",
            f"{name} does not compute ({why[0]}).",
            "Close other programs that use it, or restart; the device cpu works.",
        )
        return
    if not torch.allclose(here, there, atol=1e-3):
        yield Finding("GPU", f"{name} computes wrong Fourier transforms.",
                      "Update its driver, or predict with the device cpu.")  # fmt: skip
        return
    yield Finding("GPU", f"{name}, {free / GIB:.1f} of {total / GIB:.1f} GiB free.")
