"""The functions that the window is given, put together where every floor is known.

They are lazy functions: torch is loaded when the first that needs it is called, or by
`prepare`, after the window has shown its first picture.
"""

import ctypes
import gc
import importlib.util
import os
import sys
from pathlib import Path

from patterson_gui.app.services import CrystalServices, Services, SiteServices, SolveServices
from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.cli.lazy import lazy_function

_SOLVERS = "patterson_gui.cli.solvers"
_warm_up = lazy_function(_SOLVERS, "warm_up")


def window_services() -> Services:
    """The functions handed to the window."""
    return Services(
        predict=lazy_function(_SOLVERS, "predict"),
        device_names=lazy_function("patterson_gui.solvers.device", "device_names"),
        bridge_to=bridge_to,
        why_unsuitable=lazy_function(
            "patterson_gui.nets.inference.applicability", "why_unsuitable"
        ),
        parts_of=lazy_function("patterson_gui.nets.architectures.describe", "parts_of"),
        # -P: modules in the current folder do not replace libraries of the same name.
        trainer=(sys.executable, "-P", "-m", "patterson_gui.nets.training.process"),
        architectures=lazy_function("patterson_gui.nets.architectures.registry", "names"),
        prepare=_prepare,
        switched_off=lazy_function("patterson_gui.cli.doctor.extensions", "switched_off"),
        examine=lazy_function("patterson_gui.cli.doctor.examine", "examination_text"),
        crystals=CrystalServices(
            coder=lazy_function(_SOLVERS, "load_coder"),
            known=lazy_function(_SOLVERS, "known_crystals"),
        ),
        solving=SolveServices(
            solve=lazy_function(_SOLVERS, "solve"),
            refine=lazy_function(_SOLVERS, "refine_edited"),
            in_group=lazy_function(_SOLVERS, "solve_in_group"),
            judge=lazy_function("patterson_gui.solvers.structure.verdict", "judge_edited"),
            screen=lazy_function(_SOLVERS, "screen_folder"),
        ),
        sites=SiteServices(
            find=lazy_function("patterson_gui.solvers.heavy_atoms.search", "find_sites"),
            refine=lazy_function(
                "patterson_gui.solvers.heavy_atoms.refine_given", "refine_given_sites"
            ),
            phase=lazy_function(
                "patterson_gui.solvers.heavy_phasing.given_sites", "phase_given_sites"
            ),
        ),
    )


def _prepare() -> None:
    """Import what a prediction needs, while the window stays responsive."""
    _load_libraries_of_torch()
    _warm_up()
    # The modules stay. To look through them in every full collection takes 0.1 s.
    gc.freeze()


def _load_libraries_of_torch() -> None:
    """Load torch's large libraries without Python's lock.

    An import holds the lock while a library is loaded, half a second for torch, and the window
    stalls; a foreign call does not hold it. Where this fails the import loads them.
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
