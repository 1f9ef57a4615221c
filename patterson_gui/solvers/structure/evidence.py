"""Which atoms of a refined structure are doubtful, and what else speaks against it."""

import math
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.models.bonds import TOLERANCE, covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.crystal.solution import ElementChoice, RefinedStructure
from patterson_gui.crystal.symmetry.missed_symmetry import MissedSymmetry
from patterson_gui.solvers.refinement.cross_validation import CrossValidation
from patterson_gui.solvers.structure.elements.valence import overloaded

_ELECTRONS = 0.2  # relative difference of the electrons of a site from Z
_SIGNIFICANT = 5.0  # σ by which they must differ
_UNDETERMINED = 0.15  # σ of the electrons in units of Z: the data do not show the atom
_U_RANGE = (0.2, 4.5)  # times the median U
_USUAL_U = 0.12  # Å², a root mean square of a quarter of a bond: no more than that is unusual
# e/Å³ of a difference peak that may be a missing atom; near heavy atoms more is usual.
_PEAK, _PEAK_PER_ELECTRON = 2.5, 0.08
_REACH = 3.4  # Å
_LIGHT = 9  # atomic number of the heaviest element that shares no site with another
# Times the median U of bonded atoms, and share of the electrons of the cell: of atoms in cavities.
_LOOSE_U, _LOOSE_SHARE = 3.0, 0.1
_TOO_CLOSE = 0.65  # of the sum of covalent radii


@dataclass(frozen=True)
class Evidence:
    """What speaks against a solution.

    Attributes
    ----------
    doubtful : share of the atoms, hydrogen left out, of which the electrons differ from the
        element by more than a fifth, or as far as from another element that is possible, or are
        not determined, U is far from that of the others, or
        a neighbour is too close; atoms with more bonds than their element ever has; and carbon
        atoms without any bond.
    richer : labels of atoms with more electrons than any element that may be present.
    shared : labels of atoms with electrons between two elements that may share a site.
    loose : labels of light atoms in cavities, which stand for disordered molecules. They do not
        count among the atoms.
    atom_missing : whether the highest peak of the difference map can be an atom.
    validation : R of reflections that were left out; None where it was not calculated.
    missed : symmetry of the model that its space group leaves out.
    """

    doubtful: float
    richer: tuple[str, ...]
    atom_missing: bool
    validation: CrossValidation | None = None
    missed: MissedSymmetry | None = None
    shared: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()

    def unexplained(self) -> float:
        """Share of the scattering that the model does not explain, 0 to about 1."""
        if self.validation is None or not self.validation.r_unrelated > 0:
            return 0.0
        return (self.validation.r_free / self.validation.r_unrelated) ** 2


def weigh(structure: RefinedStructure, contents: Contents | None) -> Evidence:
    """Count what is doubtful in a refined structure."""
    model = structure.model
    heavy = model.without_hydrogen()
    if len(heavy) == 0:
        return Evidence(1.0, (), False)
    electrons = _weigh_electrons(structure, heavy.labels, contents)
    doubtful = electrons.differs | _u_differs(heavy.u_iso)
    cell, group = structure.merged.cell, structure.spacegroup
    near = neighbours(heavy.frac, cell, group, _REACH, heavy.part)
    radius = covalent_radii(heavy.elements)
    reach = radius[near.atom] + radius[near.other]
    doubtful[near.atom[near.distance < _TOO_CLOSE * reach]] = True
    bonded = np.zeros(len(heavy), dtype=bool)
    bonded[near.atom[near.distance < reach + TOLERANCE]] = True
    doubtful[list(overloaded(heavy, cell, group))] = True
    doubtful |= ~bonded & np.array([e == "C" for e in heavy.elements])
    loose = _in_cavities(structure, heavy, ~bonded)
    z = [gemmi.Element(e).atomic_number for e in heavy.elements]
    peak = structure.figures.highest_peak > max(_PEAK, _PEAK_PER_ELECTRON * max(z))
    missing = peak and structure.merged.radiation == "xray"
    return Evidence(
        float(doubtful[~loose].mean()),
        electrons.richer,
        missing,
        shared=electrons.shared,
        loose=tuple(heavy.labels[row] for row in np.flatnonzero(loose)),
    )


def _in_cavities(
    structure: RefinedStructure, heavy: AsymmetricUnit, unbonded: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(n,) light atoms without bonds that move much more than the others and scatter little of
    what the crystal does: molecules without order in the cavities of a framework."""
    z = np.array([gemmi.Element(e).atomic_number for e in heavy.elements])
    none = np.zeros(len(heavy), dtype=bool)
    if unbonded.all():
        return none
    mobile = heavy.u_iso > _LOOSE_U * float(np.median(heavy.u_iso[~unbonded]))
    loose = unbonded & mobile & (z <= _LIGHT)
    group = structure.spacegroup
    sites = site_symmetries(heavy.frac, structure.merged.cell, group, TOLERANCE)
    share = z * heavy.occ / np.array([site.order for site in sites])
    return loose if share[loose].sum() < _LOOSE_SHARE * share.sum() else none


@dataclass(frozen=True)
class _Electrons:
    """Atoms by the electrons that the data give them: (n,) whether these do not suit the element;
    labels of those that have more than any stated element, the best one therefore and the contents
    short of one; labels of those that two elements may share."""

    differs: NDArray[np.bool_]
    richer: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


def _weigh_electrons(
    structure: RefinedStructure, labels: tuple[str, ...], contents: Contents | None
) -> _Electrons:
    found = {choice.label: choice for choice in structure.elements}
    differs = np.zeros(len(labels), dtype=bool)
    richer: list[str] = []
    shared: list[str] = []
    if structure.merged.radiation != "xray":
        # They are electrons for X-rays only. What remains is whether bonds and contents are for
        # the element of the model, or for another one that fits the data less well.
        undecided = {label for label, choice in found.items() if choice.because == "wR2"}
        return _Electrons(np.array([label in undecided for label in labels], dtype=bool))
    stated = () if contents is None else contents.elements
    heaviest = max((gemmi.Element(e).atomic_number for e in stated), default=math.inf)
    possible = {choice.element for choice in structure.elements} | set(stated) - {"H", "D"}
    numbers = np.array([gemmi.Element(e).atomic_number for e in possible], dtype=np.float64)
    for row, label in enumerate(labels):
        if label not in found:
            continue
        choice = found[label]
        z = gemmi.Element(choice.element).atomic_number
        excess = choice.effective_z - z
        sigma = 0.0 if math.isnan(choice.sigma_z) else choice.sigma_z
        # Of a wrong element they overshoot: carbon taken for nitrogen has 5.3 to 6.
        other = np.abs(numbers[(numbers - z) * excess > 0] - z).min(initial=math.inf)
        if abs(excess) > max(min(_ELECTRONS * z, other), _SIGNIFICANT * sigma):
            if excess > 0 and z >= heaviest:
                richer.append(label)
            elif _may_share(choice, excess, numbers):
                shared.append(label)
            else:
                differs[row] = True
        elif sigma > _UNDETERMINED * z:
            differs[row] = True
    return _Electrons(differs, tuple(richer), tuple(shared))


def _may_share(choice: ElementChoice, excess: float, numbers: NDArray[np.float64]) -> bool:
    """Whether electrons of a site lie between its element and another one like it.

    Atoms as different as aluminium and gallium replace each other at random in many crystals;
    boron, carbon, nitrogen, oxygen and fluorine do not.
    """
    z = gemmi.Element(choice.element).atomic_number
    others = numbers[(numbers - z) * excess > 0]
    alike = others[others > _LIGHT]
    return bool(z > _LIGHT and len(alike) and abs(excess) < np.abs(alike - z).max())


def _u_differs(u: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = _U_RANGE
    median = float(np.median(u))
    return np.asarray((u < low * median) | (u > max(high * median, _USUAL_U)))
