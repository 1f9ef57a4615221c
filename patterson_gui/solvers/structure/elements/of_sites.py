"""Elements of the sites of a refined structure, by the electrons that the data give each."""

from collections.abc import Callable
from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.crystal.solution import ElementChoice, RefinedStructure
from patterson_gui.solvers.refinement.site_electrons import SiteElectrons, site_electrons
from patterson_gui.solvers.structure.elements.assign import Assignment, assign_elements, strengths
from patterson_gui.solvers.structure.elements.bond_lengths import ERROR, ROUGH_ERROR
from patterson_gui.solvers.structure.elements.choices import choices_and_counts

REACH = 3.4  # Å, to the neighbours of an atom
# Least and most relative standard deviation of electrons. Strengths of electron scattering are
# those of neutral atoms in kinematical theory: charges and multiple scattering change them more.
_SPREADS = {"xray": (0.03, 0.05), "neutron": (0.03, 0.05), "electron": (0.1, 0.2)}
# R1 above which a crystal is disordered or its model wrong: electrons and lengths are uncertain.
_ROUGH_R1, _ROUGH_SPREAD = 0.1, 0.15


class SiteElements:
    """Assigns elements to the sites of refined structures of one crystal.

    Attributes
    ----------
    choices : elements that may occur, hydrogen left out.
    counts : atoms of each in the cell, where they are stated.
    """

    def __init__(
        self,
        merged: MergedIntensities,
        contents: Contents | None,
        device: str,
        cancelled: Callable[[], bool],
    ) -> None:
        self.merged = merged
        self.choices, self.counts = choices_and_counts(contents, merged.cell.volume)
        self._device = device
        self._cancelled = cancelled
        self._last: SiteElectrons | None = None
        self._scale: NDArray[np.float64] = np.ones(0)  # from the last electrons to those returned

    def assigned(self, structure: RefinedStructure) -> tuple[Assignment, NDArray[np.float64]]:
        """Elements by the electrons of each site, and these electrons (n,) without hydrogen."""
        heavy = structure.model.without_hydrogen()
        z = np.array([gemmi.Element(e).atomic_number for e in heavy.elements])
        found = site_electrons(structure, self._device, self._cancelled)
        present = found.electrons / z
        strength = strengths(heavy.elements, self.merged.radiation)
        electrons = present * strength
        spread, error = self.uncertainty(structure, present)
        assignment = assign_elements(
            electrons,
            self.copies(heavy, structure.spacegroup),
            neighbours(heavy.frac, self.merged.cell, structure.spacegroup, REACH, heavy.part),
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
        self._last, self._scale = found, strength / z * assignment.scale
        return assignment, electrons * assignment.scale

    @property
    def sigma(self) -> NDArray[np.float64]:
        """(n,) standard uncertainties of the electrons that `assigned` returned last."""
        assert self._last is not None
        return self._last.sigma * self._scale

    def uncertainty(
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

    def copies(self, heavy: AsymmetricUnit, group: gemmi.SpaceGroup) -> NDArray[np.int64]:
        """(n,) atoms of the cell that each site stands for; none for the second site of an atom."""
        sites = site_symmetries(heavy.frac, self.merged.cell, group, 0.3)
        copies = np.array([len(group.operations()) // s.order for s in sites], dtype=np.int64)
        return np.where(heavy.is_lesser, 0, copies)


def reasons_for_elements(
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
    heavy = structure.model.without_hydrogen()
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
