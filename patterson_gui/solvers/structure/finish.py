"""Finish a typed isotropic model: anisotropic U, elements checked, hydrogen atoms, last figures."""

from collections.abc import Callable
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.solution import RefinedStructure, SolveProgress, SolveSettings
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.refinement.least_squares.reflection_data import TwinLaw
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.structure.atom_labels import heaviest_first, with_labels, without_atoms
from patterson_gui.solvers.structure.elements.assign import Assignment, strengths
from patterson_gui.solvers.structure.elements.of_sites import SiteElements, reasons_for_elements
from patterson_gui.solvers.structure.model_changes import LARGE, ModelChanges, with_twin
from patterson_gui.solvers.structure.superfluous import vanishing

_ROUNDS = 4
_WEAKEST = 0.4  # of a carbon atom: a site that scatters less is no atom other than hydrogen
QUICK = RefinementOptions(
    extinction=False, invert=False, rough=True, weights=Weights(a=0.1), cycles=8, twin_laws=None
)


def finish(
    measured: Intensities,
    spacegroup: gemmi.SpaceGroup,
    model: AsymmetricUnit,
    contents: Contents | None,
    settings: SolveSettings,
    report: Callable[[SolveProgress], None],
    cancelled: Callable[[], bool],
    twin: tuple[TwinLaw, float] | None = None,
) -> RefinedStructure:
    """Refine a typed isotropic model to the end.

    Elements are assigned anew from electrons that are refined together with anisotropic U, first
    without and then with hydrogen atoms. `twin` is the law and the share of the second domain
    that the model was refined with; None: twin laws are tried.
    """
    merged = merge(measured, spacegroup, friedel=bool(spacegroup.is_centrosymmetric()))
    return _Finish(merged, contents, settings, report, cancelled).run(model, twin)


class _Finish:
    """The stages, with what all of them need."""

    def __init__(
        self,
        merged: MergedIntensities,
        contents: Contents | None,
        settings: SolveSettings,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.merged = merged
        self.settings = settings
        self.report = report
        self.cancelled = cancelled
        self.device = str(choose_device(settings.device))
        self.elements = SiteElements(merged, contents, self.device, cancelled)
        self.hydrogens = settings.hydrogens and (
            contents is None or bool({"H", "D", "C"} & set(contents.elements))
        )
        self.quick = replace(QUICK, anisotropic=settings.anisotropic, device=self.device)
        with_hydrogens = replace(self.quick, hydrogens=self.hydrogens)
        self.changes = ModelChanges(self.elements, with_hydrogens, cancelled)

    def run(self, model: AsymmetricUnit, twin: tuple[TwinLaw, float] | None) -> RefinedStructure:
        """All stages."""
        first = self.quick
        if twin is not None:
            first = replace(first, twin_law=twin[0], twin_fraction=twin[1])
        structure = refine(self.merged, with_labels(model), first, self.cancelled)
        structure, assignment, electrons = self.typed(structure)
        self.report(SolveProgress("Refinement", 0.75, structure=structure))
        if self.hydrogens:
            with_h = replace(self.quick, hydrogens=True)
            again = with_twin(with_h, structure)
            structure = refine(self.merged, structure.model, again, self.cancelled)
            self.report(SolveProgress("Hydrogen atoms", 0.85, structure=structure))
            before = structure.model.without_hydrogen().elements
            structure, assignment, electrons = self.typed(structure)
            changed = structure.model.without_hydrogen().elements != before
            if changed and len(before) <= LARGE:
                again = with_twin(with_h, structure)
                structure = refine(self.merged, structure.model, again, self.cancelled)
                assignment, electrons = self.elements.assigned(structure)
        structure = self.changes.challenged(structure)
        structure, assignment, electrons = self.changes.settled(structure)
        tried = self.changes.exchanged(structure, electrons)
        if tried is not structure:
            structure = tried
            assignment, electrons = self.elements.assigned(structure)
        tried = self.changes.split(structure, electrons)
        if tried is not structure:  # what was taken for two atoms left the contents wrong
            structure, assignment, electrons = self.changes.settled(tried)
            tried = self.changes.exchanged(structure, electrons)
            if tried is not structure:
                structure = tried
                assignment, electrons = self.elements.assigned(structure)
        tried = self.changes.pruned(self.changes.with_usual_valences(structure))
        if tried is not structure:
            structure, assignment, electrons = self.changes.settled(tried)
        final = RefinementOptions(
            anisotropic=self.settings.anisotropic, hydrogens=False, device=self.device
        )
        final = with_twin(final, structure)
        chosen = structure.model.without_hydrogen().elements
        structure = refine(self.merged, heaviest_first(structure.model), final, self.cancelled)
        none = vanishing(structure.model)
        if len(none):  # the U of what is no atom grows with every cycle
            model = without_atoms(structure.model, none)
            chosen = model.without_hydrogen().elements
            structure = refine(self.merged, model, final, self.cancelled)
            assignment, electrons = self.elements.assigned(structure)
        sigma = self.elements.sigma
        choices = reasons_for_elements(structure, chosen, assignment, electrons, sigma)
        return replace(structure, elements=choices)

    def typed(
        self, structure: RefinedStructure
    ) -> tuple[RefinedStructure, Assignment, NDArray[np.float64]]:
        """Drop what is no atom and assign elements until they no longer change."""
        assignment, electrons = self.elements.assigned(structure)
        tried: set[tuple[str, ...]] = set()
        large = len(assignment.elements) > LARGE
        for _ in range(1 if large else _ROUNDS):
            model = structure.model
            heavy = np.flatnonzero(~model.is_hydrogen)
            weakest = _WEAKEST * float(strengths(("C",), self.merged.radiation)[0])
            real = (electrons > weakest) & ~np.isin(heavy, vanishing(model))
            same = assignment.elements == tuple(model.elements[i] for i in heavy)
            if (real.all() and (same or assignment.elements in tried)) or not real.any():
                break
            tried.add(assignment.elements)
            elements = list(model.elements)
            for row, element in zip(heavy, assignment.elements, strict=True):
                elements[row] = element
            model = without_atoms(replace(model, elements=tuple(elements)), heavy[~real])
            options = with_twin(self.quick, structure)
            structure = refine(self.merged, model, options, self.cancelled)
            assignment, electrons = self.elements.assigned(structure)
        return structure, assignment, electrons
