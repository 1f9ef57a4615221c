"""The data that phasing starts from: the reference, and each derivative at its reflections."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.reciprocal.equivalents import match
from patterson_gui.io.opening.differences import ReadDifferences


@dataclass(frozen=True, eq=False)
class Reference:
    """The amplitudes that get phases: native, or the mean of F(+) and F(−)."""

    hkl: NDArray[np.int32]
    f: NDArray[np.float64]
    sigma: NDArray[np.float64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup


@dataclass(frozen=True, eq=False)
class HeavySites:
    """Sites of one derivative before phasing.

    Attributes
    ----------
    frac : (m, 3) fractional coordinates; there may be none.
    score : of their search; the derivative with the highest one begins.
    given : whether the user gave them.
    own_origin : whether their origin and hand may differ from those of other sites that are given;
        sites of a search have an origin and a hand of their own in any case.
    """

    frac: NDArray[np.float64]
    score: float = 0.0
    given: bool = False
    own_origin: bool = False

    def __len__(self) -> int:
        return len(self.frac)


@dataclass(frozen=True, eq=False)
class Derivative:
    """Data of one derivative at the reflections of the reference, and its sites.

    Attributes
    ----------
    differences : those in which sites are refined.
    sites : those of the search or of the user; may be none if another derivative has some.
    value, sigma : (n,) amplitude of the derivative; NaN where not measured, and for anomalous data
        alone.
    anomalous, anomalous_sigma : (n,) F(+) − F(−); NaN where not measured.
    """

    label: str
    element: str
    differences: Differences
    sites: HeavySites
    value: NDArray[np.float64]
    sigma: NDArray[np.float64]
    anomalous: NDArray[np.float64]
    anomalous_sigma: NDArray[np.float64]


def reference_of(read: ReadDifferences) -> Reference:
    """The native of isomorphous differences, or the means of Friedel mates of anomalous ones."""
    cell, spacegroup = read.differences.cell, read.differences.spacegroup
    scaled = read.scaled
    if scaled is None:
        pairs = read.pairs
        used = np.isfinite(pairs.mean) & (pairs.mean_sigma > 0)
        return Reference(
            pairs.hkl[used], pairs.mean[used], pairs.mean_sigma[used], cell, spacegroup
        )
    used = np.isfinite(scaled.native)
    return Reference(
        scaled.hkl[used], scaled.native[used], scaled.native_sigma[used], cell, spacegroup
    )


def derivative_of(
    read: ReadDifferences, element: str, reference: Reference, sites: HeavySites
) -> Derivative:
    """A derivative and its sites, at the reflections of the reference."""
    scaled, pairs = read.scaled, read.pairs
    hkl = pairs.hkl if scaled is None else scaled.hkl

    def at(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return at_reflections(hkl, reference.hkl, values)

    if scaled is None:
        missing = np.full(len(reference.f), np.nan)
        value, sigma = missing, missing
        anomalous, spread = at(pairs.difference), at(pairs.difference_sigma)
    else:
        value, sigma = at(scaled.mean), np.hypot(at(scaled.mean_sigma), reference.sigma)
        known = scaled.plus != scaled.minus  # equal where Friedel mates are merged
        anomalous = at(np.where(known, scaled.plus - scaled.minus, np.nan))
        spread = at(np.hypot(scaled.plus_sigma, scaled.minus_sigma))
    label = pairs.label or read.differences.label
    return Derivative(label, element, read.differences, sites, value, sigma, anomalous, spread)


def at_reflections(
    hkl: NDArray[np.int32], wanted: NDArray[np.int32], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) values at `wanted` (n, 3); NaN where `hkl` (m, 3) lacks it."""
    place, found = match(hkl, wanted)
    return np.where(found, values[place], np.nan)
