"""The functions of solvers and networks that are handed to the window; they load torch."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

# A prediction imports these itself, but only when it starts: `warm_up` shall load them before.
import patterson_gui.nets.inference.trained_networks
import patterson_gui.solvers.pipeline  # noqa: F401
from patterson_gui.api.prediction import predict_density
from patterson_gui.api.solving.screen import screen_options
from patterson_gui.api.solving.screen_sets import screen_sets
from patterson_gui.api.types.screening import ScreenProgress
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import SampleKind
from patterson_gui.crystal.materials.latent import CrystalCoder
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.prediction import Prediction, PredictionSettings, Progress
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.solution import (
    FolderSettings,
    RefinedStructure,
    Solution,
    SolveProgress,
    SolveSettings,
)
from patterson_gui.io.datasets.crystals import read_material_dataset
from patterson_gui.io.resources import known_crystals_path
from patterson_gui.io.screening.data_sets import find_sets
from patterson_gui.nets.inference import crystal_coder
from patterson_gui.solvers.device import leave_one_core
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.structure import other_group
from patterson_gui.solvers.structure.solve import solve_structure
from patterson_gui.solvers.structure.verdict import with_electrons


def predict(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Prediction:
    """Predict as `patterson_gui.predict` does, with one core left to the window."""
    leave_one_core()
    return predict_density(amplitudes, composition, settings, report, cancelled)


def load_coder(kind: SampleKind) -> CrystalCoder:
    """The network that encodes crystals, with one core left to the window."""
    leave_one_core()
    return crystal_coder.load_coder(kind)


def known_crystals() -> Sequence[Material]:
    """The known crystals that come with the program."""
    data = read_material_dataset(known_crystals_path())
    return [data.material(i) for i in range(len(data))]


def warm_up() -> None:
    """Run the first FFT, which sets up its library, so that a prediction starts at once."""
    leave_one_core()
    torch.fft.irfftn(torch.fft.rfftn(torch.zeros(8, 8, 8)))


def solve(
    intensities: Intensities,
    contents: Contents | None,
    settings: SolveSettings,
    report: Callable[[SolveProgress], None],
    cancelled: Callable[[], bool],
) -> Solution:
    """Solve as `patterson_gui.solve` does, with one core left to the window."""
    leave_one_core()
    return solve_structure(intensities, contents, settings, report, cancelled)


def refine_edited(
    structure: RefinedStructure,
    model: AsymmetricUnit,
    settings: SolveSettings,
    report: Callable[[SolveProgress], None],
    cancelled: Callable[[], bool],
) -> RefinedStructure:
    """Refine a corrected model against the data of a structure, in its space group."""
    leave_one_core()
    report(SolveProgress("Refinement", 0.2))
    options = RefinementOptions(anisotropic=settings.anisotropic, hydrogens=settings.hydrogens)
    refined = refine(structure.merged, model, options, cancelled)
    refined = replace(refined, elements=structure.elements, change_of_axes=structure.change_of_axes)
    return with_electrons(refined)


def solve_in_group(
    solution: Solution,
    name: str,
    report: Callable[[SolveProgress], None],
    cancelled: Callable[[], bool],
) -> RefinedStructure:
    """The structure in another space group, with one core left to the window."""
    leave_one_core()
    return other_group.solve_in_group(solution, name, report, cancelled)


def screen_folder(
    folder: Path,
    output: Path,
    choices: FolderSettings,
    report: Callable[[int, int, Mapping[str, Any] | None], None],
    cancelled: Callable[[], bool],
) -> Sequence[Mapping[str, Any]]:
    """Solve the data sets of a folder as `patterson_gui.screen` does, leaving the window a core."""
    sets = find_sets(folder, leave_out=output)
    jobs = choices.jobs or max(1, (os.cpu_count() or 2) - 1)

    def update(now: ScreenProgress) -> None:
        report(now.done, now.total, now.row)

    return screen_sets(
        sets,
        output,
        screen_options(elements=choices.elements or None, starts=choices.starts),
        jobs=jobs,
        limit=choices.limit,
        retry=choices.retry,
        report=update,
        cancelled=cancelled,
    ).rows
