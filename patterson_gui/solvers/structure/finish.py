"""Finish a typed isotropic model: anisotropic U, elements checked, hydrogen atoms, last figures."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.models.bonds import covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.crystal.solution import (
    ElementChoice,
    RefinedStructure,
    SolveProgress,
    SolveSettings,
)
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.refinement.site_electrons import SiteElectrons, site_electrons
from patterson_gui.solvers.structure.atom_labels import heaviest_first, with_labels, without_atoms
from patterson_gui.solvers.structure.elements.assign import (
    Assignment,
    assign_elements,
    likely_exchanges,
    strengths,
)
from patterson_gui.solvers.structure.elements.bond_lengths import ERROR, ROUGH_ERROR
from patterson_gui.solvers.structure.elements.choices import choices_and_counts
from patterson_gui.solvers.structure.elements.valence import overloaded, with_enough_bonds
from patterson_gui.solvers.structure.split_atoms import REACH, find_split_atoms, with_split_atom
from patterson_gui.solvers.structure.superfluous import unsupported, vanishing

_ROUNDS = 4
_LARGE = 60  # atoms other than hydrogen: above it each refinement takes seconds
_REACH = 3.4  # Å
# Least and most relative standard deviation of electrons. Strengths of electron scattering are
# those of neutral atoms in kinematical theory: charges and multiple scattering change them more.
_SPREADS = {"xray": (0.03, 0.05), "neutron": (0.03, 0.05), "electron": (0.1, 0.2)}
# R1 above which a crystal is disordered or its model wrong: electrons and lengths are uncertain.
_ROUGH_R1, _ROUGH_SPREAD = 0.1, 0.15
_WEAKEST = 0.4  # of a carbon atom: a site that scatters less is no atom other than hydrogen
_SMALL_U, _LARGE_U = 0.7, 1.5  # times the U of neighbours: the element is in doubt
_CHALLENGES = 3
_CHALLENGE_GAIN = 0.02  # share of wR2 that other elements must remove
_PRUNING_LOSS = 0.1  # share by which wR2 may rise without sites that may be noise
_EXCHANGES = 3  # pairs that are tried at once
_MOST_SPLIT = 6  # atoms on two sites
_DISORDERED_R1 = 0.15  # above which the model is too poor to tell what is disordered
_LIKELY = 6.0  # rise of the cost by an exchange: the likelihood falls to a twentieth
_QUICK = RefinementOptions(
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
) -> RefinedStructure:
    """Refine a typed isotropic model to the end.

    Elements are assigned anew from electrons that are refined together with anisotropic U, first
    without and then with hydrogen atoms.
    """
    merged = merge(measured, spacegroup, friedel=bool(spacegroup.is_centrosymmetric()))
    return _Finish(merged, contents, settings, report, cancelled).run(model)


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
        self.device = str(choose_device(settings.device))
        self.sites: SiteElectrons | None = None  # as they were found last, not scaled
        self.sites_scale: NDArray[np.float64] = np.ones(0)
        self.quick = replace(_QUICK, anisotropic=settings.anisotropic, device=self.device)

    def run(self, model: AsymmetricUnit) -> RefinedStructure:
        """All stages."""
        structure = refine(self.merged, with_labels(model), self.quick, self.cancelled)
        structure, assignment, electrons = self.typed(structure)
        self.report(SolveProgress("Refinement", 0.75, structure=structure))
        if self.hydrogens:
            with_h = replace(self.quick, hydrogens=True)
            structure = refine(self.merged, structure.model, with_h, self.cancelled)
            self.report(SolveProgress("Hydrogen atoms", 0.85, structure=structure))
            before = _heavy(structure.model).elements
            structure, assignment, electrons = self.typed(structure)
            changed = _heavy(structure.model).elements != before
            if changed and len(before) <= _LARGE:
                structure = refine(self.merged, structure.model, with_h, self.cancelled)
                assignment, electrons = self.assigned(structure)
        structure = self.challenged(structure)
        structure, assignment, electrons = self.settled(structure)
        tried = self.exchanged(structure, electrons)
        if tried is not structure:
            structure = tried
            assignment, electrons = self.assigned(structure)
        tried = self.split(structure, electrons)
        if tried is not structure:  # what was taken for two atoms left the contents wrong
            structure, assignment, electrons = self.settled(tried)
            tried = self.exchanged(structure, electrons)
            if tried is not structure:
                structure = tried
                assignment, electrons = self.assigned(structure)
        tried = self.pruned(self.with_usual_valences(structure))
        if tried is not structure:
            structure, assignment, electrons = self.settled(tried)
        final = replace(
            RefinementOptions(anisotropic=self.settings.anisotropic, device=self.device),
            hydrogens=False,
            twin_law=structure.figures.twin_law,
            twin_fraction=structure.figures.twin_fraction or 0.2,
        )
        chosen = _heavy(structure.model).elements
        structure = refine(self.merged, heaviest_first(structure.model), final, self.cancelled)
        none = vanishing(structure.model)
        if len(none):  # the U of what is no atom grows with every cycle
            model = without_atoms(structure.model, none)
            chosen = _heavy(model).elements
            structure = refine(self.merged, model, final, self.cancelled)
            assignment, electrons = self.assigned(structure)
        assert self.sites is not None
        sigma = self.sites.sigma * self.sites_scale
        choices = _choices(structure, chosen, assignment, electrons, sigma)
        return replace(structure, elements=choices)

    def typed(
        self, structure: RefinedStructure
    ) -> tuple[RefinedStructure, Assignment, NDArray[np.float64]]:
        """Drop what is no atom and assign elements until they no longer change."""
        assignment, electrons = self.assigned(structure)
        tried: set[tuple[str, ...]] = set()
        large = len(assignment.elements) > _LARGE
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
            options = replace(
                self.quick,
                twin_law=structure.figures.twin_law,
                twin_fraction=structure.figures.twin_fraction or 0.2,
            )
            structure = refine(self.merged, model, options, self.cancelled)
            assignment, electrons = self.assigned(structure)
        return structure, assignment, electrons

    def settled(
        self, structure: RefinedStructure
    ) -> tuple[RefinedStructure, Assignment, NDArray[np.float64]]:
        """The elements by the last electrons, as long as they differ and wR2 falls with them.

        Assignments can alternate: an atom with one hydrogen atom more has an electron less.
        """
        assignment, electrons = self.assigned(structure)
        large = len(assignment.elements) > _LARGE
        for _ in range(1 if large else _CHALLENGES):
            heavy = _heavy(structure.model)
            if assignment.elements == heavy.elements:
                break
            changed = with_labels(replace(heavy, elements=assignment.elements))
            tried = refine(self.merged, changed, self._again(structure), self.cancelled)
            if tried.figures.wr2 >= structure.figures.wr2:
                break
            structure = tried
            assignment, electrons = self.assigned(structure)
        return structure, assignment, electrons

    def _again(self, structure: RefinedStructure) -> RefinementOptions:
        """Options of a quick refinement with new hydrogen atoms and the twin law so far."""
        return replace(
            self.quick,
            hydrogens=self.hydrogens,
            twin_law=structure.figures.twin_law,
            twin_fraction=structure.figures.twin_fraction or 0.2,
        )

    def challenged(self, structure: RefinedStructure) -> RefinedStructure:
        """Change elements of atoms whose U differs from that of their neighbours, if wR2 falls.

        An atom that is heavier than its element gets a small U. With hydrogen atoms placed, this
        shows more than the electrons: a nitrogen atom taken for carbon gets one hydrogen too many.
        """
        if len(self.choices) < 2 or int((~structure.model.is_hydrogen).sum()) > _LARGE:
            return structure
        for _ in range(_CHALLENGES):
            model = structure.model
            heavy = _heavy(model)
            proposed = _suspected(structure, self.choices, self.merged)
            if proposed == heavy.elements or self._leaves_contents(
                heavy, proposed, structure.spacegroup
            ):
                break
            changed = with_labels(replace(heavy, elements=proposed))
            tried = refine(self.merged, changed, self._again(structure), self.cancelled)
            if tried.figures.wr2 > structure.figures.wr2 * (1.0 - _CHALLENGE_GAIN):
                break
            structure = tried
        return structure

    def exchanged(
        self, structure: RefinedStructure, electrons: NDArray[np.float64]
    ) -> RefinedStructure:
        """Exchange the elements of two atoms where the contents are stated and wR2 falls.

        Electrons of a site cannot tell NH from O where its hydrogen atom was not placed. With the
        exchanged elements, hydrogen atoms are placed anew.
        """
        if self.counts is None or len(electrons) > _LARGE:
            return structure
        for _ in range(_CHALLENGES):
            heavy = _heavy(structure.model)
            own = strengths(heavy.elements, self.merged.radiation)
            spread, error = self._uncertainty(structure, electrons / own)
            pairs = likely_exchanges(
                heavy.elements,
                electrons,
                self._copies(heavy, structure.spacegroup),
                neighbours(heavy.frac, self.merged.cell, structure.spacegroup, _REACH),
                self.choices,
                spread,
                self.merged.radiation,
                error,
            )
            pairs = [p for p in pairs if p[2] < _LIKELY and not heavy.part[[p[0], p[1]]].any()]
            for i, j, _ in pairs[:_EXCHANGES]:
                elements = list(heavy.elements)
                elements[i], elements[j] = elements[j], elements[i]
                changed = with_labels(replace(heavy, elements=tuple(elements)))
                tried = refine(self.merged, changed, self._again(structure), self.cancelled)
                if tried.figures.wr2 < structure.figures.wr2 * (1.0 - _CHALLENGE_GAIN):
                    structure, electrons = tried, self.assigned(tried)[1]
                    break
            else:
                return structure
        return structure

    def split(
        self, structure: RefinedStructure, electrons: NDArray[np.float64]
    ) -> RefinedStructure:
        """Make one atom on two sites of each pair that may be one, if wR2 falls."""
        if structure.figures.r1 > _DISORDERED_R1:
            return structure
        group = structure.spacegroup
        for _ in range(_MOST_SPLIT):
            heavy = _heavy(structure.model)
            pairs = find_split_atoms(
                heavy,
                electrons,
                self._copies(heavy, group),
                neighbours(heavy.frac, self.merged.cell, group, REACH),
                self.choices,
                self.counts,
                len(group.operations()),
                self.merged.radiation,
            )
            for pair in pairs:
                changed = with_labels(with_split_atom(heavy, pair))
                tried = refine(self.merged, changed, self._again(structure), self.cancelled)
                if tried.figures.wr2 < structure.figures.wr2 * (1.0 - _CHALLENGE_GAIN):
                    structure, electrons = tried, self.assigned(tried)[1]
                    break
            else:
                break
        return structure

    def with_usual_valences(self, structure: RefinedStructure) -> RefinedStructure:
        """Change atoms that have more bonds than their element ever has, where the data allow it:
        where wR2 hardly rises with another element."""
        cell, group = self.merged.cell, structure.spacegroup
        for row, bonds in overloaded(_heavy(structure.model), cell, group).items():
            heavy = _heavy(structure.model)
            own = heavy.elements[row]
            tried = []
            for element in with_enough_bonds(bonds, own, self.choices):
                elements = (*heavy.elements[:row], element, *heavy.elements[row + 1 :])
                changed = with_labels(replace(heavy, elements=elements))
                tried.append(refine(self.merged, changed, self._again(structure), self.cancelled))
            best = min(tried, key=lambda each: each.figures.wr2, default=structure)
            if best.figures.wr2 < structure.figures.wr2 * (1.0 + _CHALLENGE_GAIN):
                structure = best
        return structure

    def pruned(self, structure: RefinedStructure) -> RefinedStructure:
        """The structure without sites that may be noise, where wR2 rises little without them."""
        while True:
            rows = unsupported(structure.model, self.merged.cell, structure.spacegroup)
            if not 0 < len(rows) < int((~structure.model.is_hydrogen).sum()):
                return structure
            fewer = without_atoms(structure.model, rows)
            tried = refine(self.merged, fewer, self._again(structure), self.cancelled)
            if tried.figures.wr2 > structure.figures.wr2 * (1.0 + _PRUNING_LOSS):
                return structure
            structure = tried

    def _leaves_contents(
        self, heavy: AsymmetricUnit, proposed: tuple[str, ...], group: gemmi.SpaceGroup
    ) -> bool:
        """Whether the numbers of atoms differ more from the stated ones with new elements."""
        if self.counts is None:
            return False
        copies, stated = self._copies(heavy, group), self.counts

        def excess(elements: Sequence[str]) -> float:
            found = np.array(elements)
            return sum(
                abs(float(copies[found == e].sum()) - stated.get(e, 0.0)) for e in self.choices
            )

        return excess(proposed) > excess(heavy.elements)

    def assigned(self, structure: RefinedStructure) -> tuple[Assignment, NDArray[np.float64]]:
        """Elements by the electrons of each site, and these electrons (n,) without hydrogen."""
        heavy = _heavy(structure.model)
        z = np.array([gemmi.Element(e).atomic_number for e in heavy.elements])
        found = site_electrons(structure, self.device, self.cancelled)
        present = found.electrons / z
        strength = strengths(heavy.elements, self.merged.radiation)
        electrons = present * strength
        spread, error = self._uncertainty(structure, present)
        assignment = assign_elements(
            electrons,
            self._copies(heavy, structure.spacegroup),
            neighbours(heavy.frac, self.merged.cell, structure.spacegroup, _REACH, heavy.part),
            self.choices,
            self.counts,
            np.linspace(0.94, 1.06, 7),
            spread,
            radiation=self.merged.radiation,
            length_error=error,
        )
        elements = list(assignment.elements)
        for one, other in heavy.alternatives():
            for first, second in zip(one, other, strict=True):
                elements[second] = elements[first]
        assignment = replace(assignment, elements=tuple(elements))
        self.sites, self.sites_scale = found, strength / z * assignment.scale
        return assignment, electrons * assignment.scale

    def _uncertainty(
        self, structure: RefinedStructure, present: NDArray[np.float64]
    ) -> tuple[float, float]:
        """Relative standard deviation of the electrons, and that of bond lengths in Å.

        `present` (n,) are the electrons of each site, in units of those of its element.
        """
        ratio = np.log(np.maximum(present, 0.02))
        spread = 1.4826 * float(np.median(np.abs(ratio - np.median(ratio))))
        least, most = _SPREADS[self.merged.radiation]
        if structure.figures.r1 > _ROUGH_R1 and self.merged.radiation != "electron":
            return float(np.clip(spread, least, max(most, _ROUGH_SPREAD))), ROUGH_ERROR
        return float(np.clip(spread, least, most)), ERROR

    def _copies(self, heavy: AsymmetricUnit, group: gemmi.SpaceGroup) -> NDArray[np.int64]:
        """(n,) atoms of the cell that each site stands for; none for the second site of an atom."""
        sites = site_symmetries(heavy.frac, self.merged.cell, group, 0.3)
        copies = np.array([len(group.operations()) // s.order for s in sites], dtype=np.int64)
        return np.where(heavy.is_lesser, 0, copies)


def _suspected(
    structure: RefinedStructure, choices: Sequence[str], merged: MergedIntensities
) -> tuple[str, ...]:
    """Elements of the atoms other than hydrogen: the next heavier possible one where U is much
    smaller than that of the bonded neighbours, the next lighter one where it is much larger."""
    heavy = _heavy(structure.model)
    near = neighbours(heavy.frac, merged.cell, structure.spacegroup, _REACH)
    radius = covalent_radii(heavy.elements)
    bonded = near.distance < radius[near.atom] + radius[near.other] + 0.35
    ordered = sorted(choices, key=lambda e: float(strengths((e,), merged.radiation)[0]))
    elements = list(heavy.elements)
    for row, element in enumerate(heavy.elements):
        around = near.other[bonded & (near.atom == row)]
        if len(around) == 0 or element not in ordered:
            continue
        ratio = float(heavy.u_iso[row] / np.median(heavy.u_iso[around]))
        # An atom with one neighbour moves more than that.
        usual = 1.25 if len(around) == 1 else 1.0
        place = ordered.index(element)
        if ratio < _SMALL_U * usual and place + 1 < len(ordered):
            elements[row] = ordered[place + 1]
        elif ratio > _LARGE_U * usual and place > 0:
            elements[row] = ordered[place - 1]
    return tuple(elements)


def _heavy(model: AsymmetricUnit) -> AsymmetricUnit:
    return model.select(~model.is_hydrogen)


def _choices(
    structure: RefinedStructure,
    chosen: tuple[str, ...],
    assignment: Assignment,
    electrons: NDArray[np.float64],
    sigma: NDArray[np.float64],
) -> tuple[ElementChoice, ...]:
    """Why each atom other than hydrogen has its element.

    `chosen` are the elements before the model was sorted. Where the assignment is for another
    element, but the data are not, the atom is undecided between the two.
    """
    heavy = _heavy(structure.model)
    if len(heavy) != len(chosen):
        return ()
    z = np.array([gemmi.Element(e).atomic_number for e in chosen])
    order = np.argsort(-z, kind="stable")  # within an element the order is the same
    rows = []
    for label, element, row in zip(heavy.labels, heavy.elements, order, strict=True):
        agreed = assignment.elements[row] == element
        second = assignment.second[row] if agreed else assignment.elements[row]
        margin = float(assignment.margin[row]) if agreed else 0.0
        because = assignment.because[row] if agreed else "wR2"
        z_found, sigma_z = float(electrons[row]), float(sigma[row])
        rows.append(ElementChoice(label, element, z_found, second, margin, because, sigma_z))
    return tuple(rows)
