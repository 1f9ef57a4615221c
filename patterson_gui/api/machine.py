"""Versions of the program and its packages, and the devices of this computer: `info`."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch

import patterson_gui
from patterson_gui.solvers.device import device_names

PACKAGES = (
    "torch", "gemmi", "numpy", "scipy", "h5py", "PyQt6", "PyQt6-Qt6", "vispy", "pyqtgraph",
)  # fmt: skip


@dataclass(frozen=True)
class Info:
    """Versions and devices, for a bug report.

    Attributes
    ----------
    program : version of this program.
    python, system : versions of Python and of the operating system.
    packages : versions by name; None for one that is not installed.
    devices : devices that a prediction can use, besides "auto".
    gpu : name of the GPU; None if there is none.
    threads : number of processor threads used.
    """

    program: str
    python: str
    system: str
    packages: dict[str, str | None]
    devices: tuple[str, ...]
    gpu: str | None
    threads: int

    def __str__(self) -> str:
        lines = [f"patterson-gui {self.program}", f"Python {self.python} on {self.system}"]
        lines += [f"{name} {found or 'not installed'}" for name, found in self.packages.items()]
        lines += [f"devices: {', '.join(self.devices)}; {self.threads} processor threads"]
        if self.gpu is not None:
            lines += [f"GPU: {self.gpu}"]
        return "\n".join(lines)

    __repr__ = __str__


def info() -> Info:
    """Versions and devices of this computer. Add `print(pg.info())` to a bug report.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.info().devices[0]
    'cpu'
    """
    return Info(
        program=patterson_gui.__version__,
        python=platform.python_version(),
        system=platform.platform(),
        packages={name: _version(name) for name in PACKAGES},
        devices=tuple(device_names()),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        threads=torch.get_num_threads(),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
