"""What the window may run, put together here because only this floor knows everything.

torch is imported inside the functions: the window must show its first picture before the
half second that takes.
"""

import ctypes
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from patterson_gui.app.services import CrystalServices, Services
from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import Kind
from patterson_gui.crystal.materials.latent import CrystalCoder
from patterson_gui.crystal.prediction import Networks, Prediction, PredictionSettings, Progress
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import ModelCard


def window_services() -> Services:
    """The functions handed to the window."""
    return Services(
        predict=_predict,
        device_names=_device_names,
        bridge_to=bridge_to,
        misfit=_misfit,
        # -P: modules of the folder the program was started in are not taken for libraries.
        trainer=(sys.executable, "-P", "-m", "patterson_gui.nets.training.process"),
        architectures=_architectures,
        prepare=_prepare,
        crystals=CrystalServices(coder=_coder, known=_known),
    )


def _predict(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Prediction:
    from patterson_gui.api.prediction import predict_density
    from patterson_gui.solve.device import leave_one_core

    leave_one_core()
    return predict_density(amplitudes, composition, settings, report, cancelled)


def trained_networks() -> Networks:
    """The weights that came with the program and those of the user."""
    from patterson_gui.nets.inference.trained_networks import TrainedNetworks

    return TrainedNetworks()


def _device_names() -> list[str]:
    from patterson_gui.solve.device import device_names

    return device_names()


def _misfit(
    card: ModelCard,
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
) -> str | None:
    from patterson_gui.nets.inference.applicability import misfit

    return misfit(card, amplitudes, composition, settings)


def _architectures() -> list[str]:
    from patterson_gui.nets.architectures.registry import names

    return names()


def _coder(kind: Kind) -> CrystalCoder:
    from patterson_gui.nets.inference.crystal_coder import load_coder
    from patterson_gui.solve.device import leave_one_core

    leave_one_core()
    return load_coder(kind)


def _known() -> Sequence[Material]:
    from patterson_gui.io.datasets.crystals import read_material_dataset
    from patterson_gui.io.resources import known_crystals_path

    data = read_material_dataset(known_crystals_path())
    return [data.material(i) for i in range(len(data))]


def _load_libraries_of_torch() -> None:
    """Have the system load torch's large libraries while the window lives on.

    An import holds Python's lock while a library is loaded, half a second for torch; a
    foreign call does not. Where this fails the import does it all.
    """
    if not sys.platform.startswith("linux"):
        return
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for name in ("libc10.so", "libtorch_cpu.so", "libtorch_python.so"):
        load(os.fsencode(Path(found.origin).with_name("lib") / name), os.RTLD_LAZY)


def _prepare() -> None:
    """Import what a prediction needs and run its first FFT, which sets up its library."""
    _load_libraries_of_torch()
    import torch

    import patterson_gui.nets.inference.trained_networks
    import patterson_gui.solve.pipeline  # noqa: F401
    from patterson_gui.solve.device import leave_one_core

    leave_one_core()
    torch.fft.irfftn(torch.fft.rfftn(torch.zeros(8, 8, 8)))
