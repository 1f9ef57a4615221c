"""The structure of a solution in another space group, from the same phases."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from patterson_gui.crystal.solution import RefinedStructure, Solution, SolveProgress
from patterson_gui.crystal.symmetry.find import find_space_group
from patterson_gui.errors import UserError
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.structure.candidate_models import build_in_group
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.solve import measured_in_new_axes


def solve_in_group(
    solution: Solution,
    name: str,
    report: Callable[[SolveProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RefinedStructure:
    """Build and refine a model in one of the space groups that the lattice allows.

    Parameters
    ----------
    name : Hermann-Mauguin symbol.

    Raises
    ------
    UserError : the solution has no phases, or the group does not suit the lattice.
    Cancelled : `cancelled()` became true.
    """
    if len(solution.phases_f) == 0:
        raise UserError("There are no phases to begin from: solve the structure again.")
    settings = replace(solution.settings, space_group=name, laue="")
    measured, axes = measured_in_new_axes(solution.intensities)
    with torch.inference_mode():
        report(SolveProgress("Space group", 0.05, name))
        groups = find_space_group(
            solution.phases_hkl, solution.phases_f, measured, settings, cancelled
        )
        if not groups:
            raise UserError(f"The lattice does not allow the space group {name}: choose another.")
        group = groups[0]
        report(SolveProgress("Atoms", 0.2, name))
        device = str(choose_device(settings.device))
        built = build_in_group(group, measured, solution.contents, device, cancelled)
        model = built.trial.model
        structure = finish(
            measured, group.spacegroup, model, solution.contents, settings, report, cancelled
        )
    return replace(structure, change_of_axes=np.asarray(axes))
