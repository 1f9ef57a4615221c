"""Changes of a refined model that are kept by wR2: other elements, split atoms, fewer atoms."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.models.bonds import covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.structure import split_atoms
from patterson_gui.solvers.structure.atom_labels import with_labels, without_atoms
from patterson_gui.solvers.structure.elements.assign import (
    Assignment,
    likely_exchanges,
    strengths,
)
from patterson_gui.solvers.structure.elements.of_sites import REACH, SiteElements
from patterson_gui.solvers.structure.elements.valence import overloaded, with_enough_bonds
from patterson_gui.solvers.structure.superfluous import unsupported

LARGE = 60  # atoms other than hydrogen: above it each refinement takes seconds
_SMALL_U, _LARGE_U = 0.7, 1.5  # times the U of neighbours: the element is in doubt
_ROUNDS = 3
_GAIN = 0.02  # share of wR2 that a change must remove
_PRUNING_LOSS = 0.1  # share by which wR2 may rise without sites that may be noise
_EXCHANGES = 3  # pairs that are tried at once
_MOST_SPLIT = 6  # atoms on two sites
_DISORDERED_R1 = 0.15  # above which the model is too poor to tell what is disordered
_LIKELY = 6.0  # rise of the cost by an exchange: the likelihood falls to a twentieth


class ModelChanges:
    """Refines a structure with changes, quickly, and keeps those with which wR2 falls."""

    def __init__(
        self,
        elements: SiteElements,
        quick: RefinementOptions,
        cancelled: Callable[[], bool],
    ) -> None:
        """Take the assignment of elements, and the options of quick refinements.

        quick : `hydrogens` says whether hydrogen atoms are placed in each.
        """
        self.elements = elements
        self.quick = quick
        self.cancelled = cancelled

    def settled(
        self, structure: RefinedStructure
    ) -> tuple[RefinedStructure, Assignment, NDArray[np.float64]]:
        """The elements by the last electrons, as long as they differ and wR2 falls with them.

        Assignments can alternate: an atom with one hydrogen atom more has an electron less.
        """
        assignment, electrons = self.elements.assigned(structure)
        large = len(assignment.elements) > LARGE
        for _ in range(1 if large else _ROUNDS):
            heavy = structure.model.without_hydrogen()
            if assignment.elements == heavy.elements:
                break
            tried = self._tried(structure, replace(heavy, elements=assignment.elements))
            if tried.figures.wr2 >= structure.figures.wr2:
                break
            structure = tried
            assignment, electrons = self.elements.assigned(structure)
        return structure, assignment, electrons

    def challenged(self, structure: RefinedStructure) -> RefinedStructure:
        """Change elements of atoms whose U differs from that of their neighbours, if wR2 falls.

        An atom that is heavier than its element gets a small U. With hydrogen atoms placed, this
        shows more than the electrons: a nitrogen atom taken for carbon gets one hydrogen too many.
        """
        if len(self.elements.choices) < 2 or int((~structure.model.is_hydrogen).sum()) > LARGE:
            return structure
        for _ in range(_ROUNDS):
            model = structure.model
            heavy = model.without_hydrogen()
            proposed = _suspected(structure, self.elements.choices, self.elements.merged)
            if proposed == heavy.elements or self._leaves_contents(
                heavy, proposed, structure.spacegroup
            ):
                break
            tried = self._tried(structure, replace(heavy, elements=proposed))
            if tried.figures.wr2 > structure.figures.wr2 * (1.0 - _GAIN):
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
        if self.elements.counts is None or len(electrons) > LARGE:
            return structure
        for _ in range(_ROUNDS):
            heavy = structure.model.without_hydrogen()
            own = strengths(heavy.elements, self.elements.merged.radiation)
            spread, error = self.elements.uncertainty(structure, electrons / own)
            pairs = likely_exchanges(
                heavy.elements,
                electrons,
                self.elements.copies(heavy, structure.spacegroup),
                neighbours(heavy.frac, self.elements.merged.cell, structure.spacegroup, REACH),
                self.elements.choices,
                spread,
                self.elements.merged.radiation,
                error,
            )
            pairs = [p for p in pairs if p[2] < _LIKELY and not heavy.part[[p[0], p[1]]].any()]
            for i, j, _ in pairs[:_EXCHANGES]:
                elements = list(heavy.elements)
                elements[i], elements[j] = elements[j], elements[i]
                tried = self._tried(structure, replace(heavy, elements=tuple(elements)))
                if tried.figures.wr2 < structure.figures.wr2 * (1.0 - _GAIN):
                    structure, electrons = tried, self.elements.assigned(tried)[1]
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
            heavy = structure.model.without_hydrogen()
            pairs = split_atoms.find_split_atoms(
                heavy,
                electrons,
                self.elements.copies(heavy, group),
                neighbours(heavy.frac, self.elements.merged.cell, group, split_atoms.REACH),
                self.elements.choices,
                self.elements.counts,
                len(group.operations()),
                self.elements.merged.radiation,
            )
            for pair in pairs:
                tried = self._tried(structure, split_atoms.with_split_atom(heavy, pair))
                if tried.figures.wr2 < structure.figures.wr2 * (1.0 - _GAIN):
                    structure, electrons = tried, self.elements.assigned(tried)[1]
                    break
            else:
                break
        return structure

    def with_usual_valences(self, structure: RefinedStructure) -> RefinedStructure:
        """Change atoms that have more bonds than their element ever has, where the data allow it:
        where wR2 hardly rises with another element."""
        model, cell = structure.model.without_hydrogen(), self.elements.merged.cell
        for row, bonds in overloaded(model, cell, structure.spacegroup).items():
            heavy = structure.model.without_hydrogen()
            own = heavy.elements[row]
            tried = []
            for element in with_enough_bonds(bonds, own, self.elements.choices):
                elements = (*heavy.elements[:row], element, *heavy.elements[row + 1 :])
                tried.append(self._tried(structure, replace(heavy, elements=elements)))
            best = min(tried, key=lambda each: each.figures.wr2, default=structure)
            if best.figures.wr2 < structure.figures.wr2 * (1.0 + _GAIN):
                structure = best
        return structure

    def pruned(self, structure: RefinedStructure) -> RefinedStructure:
        """The structure without sites that may be noise, where wR2 rises little without them."""
        while True:
            model, group = structure.model, structure.spacegroup
            rows = unsupported(model, self.elements.merged.cell, group)
            if not 0 < len(rows) < int((~model.is_hydrogen).sum()):
                return structure
            tried = self._tried(structure, without_atoms(model, rows))
            if tried.figures.wr2 > structure.figures.wr2 * (1.0 + _PRUNING_LOSS):
                return structure
            structure = tried

    def _tried(self, structure: RefinedStructure, changed: AsymmetricUnit) -> RefinedStructure:
        """A quick refinement of a changed model, with new hydrogen atoms and the twin law."""
        options = with_twin(self.quick, structure)
        return refine(self.elements.merged, with_labels(changed), options, self.cancelled)

    def _leaves_contents(
        self, heavy: AsymmetricUnit, proposed: tuple[str, ...], group: gemmi.SpaceGroup
    ) -> bool:
        """Whether the numbers of atoms differ more from the stated ones with new elements."""
        if self.elements.counts is None:
            return False
        copies, stated = self.elements.copies(heavy, group), self.elements.counts

        def excess(elements: Sequence[str]) -> float:
            found = np.array(elements)
            return sum(
                abs(float(copies[found == e].sum()) - stated.get(e, 0.0))
                for e in self.elements.choices
            )

        return excess(proposed) > excess(heavy.elements)


def with_twin(options: RefinementOptions, structure: RefinedStructure) -> RefinementOptions:
    """The options with the twin law and fraction of a structure that was refined before."""
    return replace(
        options,
        twin_law=structure.figures.twin_law,
        twin_fraction=structure.figures.twin_fraction or 0.2,
    )


def _suspected(
    structure: RefinedStructure, choices: Sequence[str], merged: MergedIntensities
) -> tuple[str, ...]:
    """Elements of the atoms other than hydrogen: the next heavier possible one where U is much
    smaller than that of the bonded neighbours, the next lighter one where it is much larger."""
    heavy = structure.model.without_hydrogen()
    near = neighbours(heavy.frac, merged.cell, structure.spacegroup, REACH)
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
