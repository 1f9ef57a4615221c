"""Finish a typed isotropic model: anisotropic U, elements checked, hydrogen atoms, last figures."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit, numbered_labels
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.solution import (
    ElementChoice,
    RefinedStructure,
    SolveProgress,
    SolveSettings,
)
from patterson_gui.crystal.symmetry.site_symmetry import site_symmetries
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.refinement.site_electrons import site_electrons
from patterson_gui.solvers.refinement.weights import Weights
from patterson_gui.solvers.structure.bonds import contacts
from patterson_gui.solvers.structure.build import BuiltModel, choices_and_counts
from patterson_gui.solvers.structure.elements import Assignment, assign_elements, strengths

_ROUNDS = 4
_REACH = 3.4  # Å
_SPREADS = (0.03, 0.08)  # least and most relative standard deviation of electrons
_WEAKEST = 0.4  # of a carbon atom: a site that scatters less is no atom other than hydrogen
_LARGEST_U = 0.5  # Å²
_SHARE_OF_U = 10.0  # times the median U: an atom that moves more is none
_QUICK = RefinementOptions(
    extinction=False, invert=False, weights=Weights(a=0.1), cycles=8, twin_laws=None
)


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
    """Refine a built model to the end.

    Elements are assigned anew from electrons that are refined together with anisotropic U, first
    without and then with hydrogen atoms.
    """
    merged = merge(measured, spacegroup, friedel=bool(spacegroup.is_centrosymmetric()))
    return _Finish(merged, contents, settings, report, cancelled).run(built)


class _Finish:
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
        self.choices, self.counts = choices_and_counts(contents, merged.cell.volume)
        self.hydrogens = settings.hydrogens and (
            contents is None or bool({"H", "D", "C"} & set(contents.elements))
        )
        self.quick = replace(_QUICK, anisotropic=settings.anisotropic)

    def run(self, built: BuiltModel) -> Finished:
        """All stages."""
        model = _labelled(built.trial.model)
        structure = refine(self.merged, model, self.quick, self.cancelled)
        structure, assignment, electrons = self.typed(structure)
        self.report(SolveProgress("Refinement", 0.75, structure=structure))
        if self.hydrogens:
            with_h = replace(self.quick, hydrogens=True)
            structure = refine(self.merged, structure.model, with_h, self.cancelled)
            self.report(SolveProgress("Hydrogen atoms", 0.85, structure=structure))
            before = _heavy(structure.model).elements
            structure, assignment, electrons = self.typed(structure)
            if _heavy(structure.model).elements != before:
                structure = refine(self.merged, structure.model, with_h, self.cancelled)
        final = replace(
            RefinementOptions(anisotropic=self.settings.anisotropic),
            hydrogens=False,
            twin_law=structure.figures.twin_law,
            twin_fraction=structure.figures.twin_fraction or 0.2,
        )
        structure = refine(self.merged, _sorted(structure.model), final, self.cancelled)
        return Finished(replace(structure, elements=_choices(structure, assignment, electrons)), ())

    def typed(
        self, structure: RefinedStructure
    ) -> tuple[RefinedStructure, Assignment, NDArray[np.float64]]:
        """Drop what is no atom and assign elements until they no longer change."""
        assignment, electrons = self.assigned(structure)
        for _ in range(_ROUNDS):
            model = structure.model
            heavy = np.flatnonzero(~model.is_hydrogen)
            u = model.u_iso[heavy]
            weakest = _WEAKEST * float(strengths(("C",), self.merged.radiation)[0])
            real = (electrons > weakest) & (u < min(_LARGEST_U, _SHARE_OF_U * float(np.median(u))))
            same = assignment.elements == tuple(model.elements[i] for i in heavy)
            if (real.all() and same) or not real.any():
                break
            elements = list(model.elements)
            for row, element in zip(heavy, assignment.elements, strict=True):
                elements[row] = element
            keep = np.ones(len(model), dtype=bool)
            keep[heavy[~real]] = False
            keep &= (model.parent < 0) | keep[model.parent]
            model = _labelled(replace(model, elements=tuple(elements)).select(keep))
            options = replace(
                self.quick,
                twin_law=structure.figures.twin_law,
                twin_fraction=structure.figures.twin_fraction or 0.2,
            )
            structure = refine(self.merged, model, options, self.cancelled)
            assignment, electrons = self.assigned(structure)
        return structure, assignment, electrons

    def assigned(self, structure: RefinedStructure) -> tuple[Assignment, NDArray[np.float64]]:
        """Elements by the electrons of each site, and these electrons (n,) without hydrogen."""
        heavy = _heavy(structure.model)
        z = np.array([gemmi.Element(e).atomic_number for e in heavy.elements])
        present = site_electrons(structure).electrons / z
        electrons = present * strengths(heavy.elements, self.merged.radiation)
        ratio = np.log(np.maximum(present, 0.02))
        spread = 1.4826 * float(np.median(np.abs(ratio - np.median(ratio))))
        cell, group = self.merged.cell, structure.spacegroup
        sites = site_symmetries(heavy.frac, cell, group, 0.3)
        copies = np.array([len(group.operations()) // s.order for s in sites], dtype=np.int64)
        assignment = assign_elements(
            electrons,
            copies,
            contacts(heavy.frac, cell, group, _REACH),
            self.choices,
            self.counts,
            np.linspace(0.94, 1.06, 7),
            float(np.clip(spread, *_SPREADS)),
            radiation=self.merged.radiation,
        )
        return assignment, electrons * assignment.scale


def _heavy(model: AsymmetricUnit) -> AsymmetricUnit:
    return model.select(~model.is_hydrogen)


def _labelled(model: AsymmetricUnit) -> AsymmetricUnit:
    """Labels C1, C2, O1 ...; hydrogen atoms are named after the atom they ride on."""
    labels = list(numbered_labels(model.elements))
    riding: dict[int, int] = {}
    for row in np.flatnonzero(model.parent >= 0):
        parent = int(model.parent[row])
        riding[parent] = riding.get(parent, 0) + 1
    seen: dict[int, int] = {}
    for row in np.flatnonzero(model.parent >= 0):
        parent = int(model.parent[row])
        seen[parent] = seen.get(parent, 0) + 1
        letter = "ABCDEF"[seen[parent] - 1] if riding[parent] > 1 else ""
        name = labels[parent]
        digits = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        element = name[: len(name) - len(digits)]
        labels[row] = f"H{'' if element == 'C' else element}{digits}{letter}"
    return replace(model, labels=tuple(labels))


def _sorted(model: AsymmetricUnit) -> AsymmetricUnit:
    """Heavy elements first, each hydrogen atom behind the atom it rides on; new labels."""
    z = np.array([gemmi.Element(e).atomic_number for e in model.elements])
    key = [
        (-int(z[p if p >= 0 else i]), int(p) if p >= 0 else i, int(p >= 0), i)
        for i, p in enumerate(model.parent)
    ]
    order = np.array(sorted(range(len(model)), key=lambda i: key[i]), dtype=np.int64)
    return _labelled(model.select(order))


def _choices(
    structure: RefinedStructure, assignment: Assignment, electrons: NDArray[np.float64]
) -> tuple[ElementChoice, ...]:
    """Why each atom other than hydrogen has its element."""
    heavy = _heavy(structure.model)
    if len(heavy) != len(assignment.elements):
        return ()
    # The model was sorted after the assignment; within an element the order is the same.
    z = np.array([gemmi.Element(e).atomic_number for e in assignment.elements])
    order = np.argsort(-z, kind="stable")
    return tuple(
        ElementChoice(
            label,
            element,
            float(electrons[row]),
            assignment.second[row],
            float(assignment.margin[row]),
            "electron count",
        )
        for label, element, row in zip(heavy.labels, heavy.elements, order, strict=True)
    )
