"""Phases of a protein from heavy atoms: settings, progress and result."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

USUAL_SOLVENT = 0.5
READABLE = 0.6  # agreement above which maps of known structures were correlated by 0.65 and more


@dataclass(frozen=True)
class PhasingSettings:
    """What a user can choose.

    Attributes
    ----------
    solvent : share of the cell that is solvent.
    cycles : of density modification.
    seed : of the random signs of anomalous differences that tell how certain the hand is.
    """

    solvent: float = USUAL_SOLVENT
    cycles: int = 25
    seed: int = 0


@dataclass(frozen=True)
class DerivativeSites:
    """Heavy atoms of one derivative after refinement.

    Attributes
    ----------
    label : the data set.
    element : symbol.
    frac : coordinates of each site.
    occupancy : of each site, relative to the strongest.
    """

    label: str
    element: str
    frac: tuple[tuple[float, float, float], ...]
    occupancy: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class PhasedHand:
    """Phases in one hand, after density modification.

    Attributes
    ----------
    hkl, f, sigma : (n, 3), (n,), (n,) measured amplitudes.
    phases : (n,) m exp(iφ), m the figure of merit.
    coefficients : (n, 4) Hendrickson–Lattman A, B, C, D of the final phases.
    fom_heavy, fom : mean figure of merit of the heavy atoms alone, and at the end.
    contrast : standard deviation of the local variance of the density over its mean.
    agreements : correlation of E² of the modified map with the measured ones, means over the first
        six cycles of density modification and over later ones.
    inverted : whether the sites are in the other hand than those that phasing began with.
    """

    spacegroup: gemmi.SpaceGroup
    cell: gemmi.UnitCell
    hkl: NDArray[np.int32]
    f: NDArray[np.float64]
    sigma: NDArray[np.float64]
    phases: NDArray[np.complex128]
    coefficients: NDArray[np.float64]
    derivatives: tuple[DerivativeSites, ...]
    fom_heavy: float
    fom: float
    contrast: float
    agreements: tuple[float, float]
    inverted: bool = False

    @property
    def agreement(self) -> float:
        """That over later cycles."""
        return self.agreements[1]

    @property
    def readable(self) -> bool:
        """Whether the map is likely good enough to build a model into."""
        return self.agreement > READABLE

    @property
    def d_min(self) -> float:
        """Å."""
        return float(self.cell.calculate_d_array(self.hkl).min())


@dataclass(frozen=True, eq=False)
class Phased:
    """The result of phasing: both hands, and which is better.

    Attributes
    ----------
    best, other : the hands; `other` is None where the data do not tell them apart, because it is
        the mirror image of `best`.
    hand_known : whether the anomalous differences tell the hand.
    reason : a sentence on the hand.
    """

    best: PhasedHand
    other: PhasedHand | None
    hand_known: bool
    reason: str
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PhasingProgress:
    """How far phasing has come: step, fraction 0..1 and a few words."""

    step: str
    fraction: float
    text: str = ""
