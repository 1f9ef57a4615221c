"""Amplitudes of one data set with Friedel mates apart: F(+), F(−), their mean and difference."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.merging import outliers
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.reciprocal.averages import weighted_means
from patterson_gui.crystal.reciprocal.french_wilson import french_wilson
from patterson_gui.crystal.reciprocal.orbits import orbit_keys, rotations_of
from patterson_gui.crystal.reciprocal.wilson import expected_intensity
from patterson_gui.errors import UserError


@dataclass(frozen=True, eq=False)
class FriedelPairs:
    """One row for each unique reflection of a space group.

    Attributes
    ----------
    hkl : (n, 3) int32, indices of the asymmetric unit, each once; no absences. F(+) has these
        indices, or equivalent ones by a rotation; F(−) has the inverse of such.
    plus, plus_sigma, minus, minus_sigma : (n,) F(+), F(−); NaN where not measured. They equal the
        mean where no Friedel mates are kept apart, and for centric reflections.
    mean, mean_sigma : (n,) (F(+) + F(−))/2, or the one that is measured.
    difference, difference_sigma : (n,) F(+) − F(−); NaN unless both are measured, and for centric
        reflections.
    halves : (n, 2) the difference from each of two random halves of the measurements; None where
        no reflection was measured twice.
    wavelength : Å; None where unknown.
    label : origin, for the user.
    """

    hkl: NDArray[np.int32]
    plus: NDArray[np.float64]
    plus_sigma: NDArray[np.float64]
    minus: NDArray[np.float64]
    minus_sigma: NDArray[np.float64]
    mean: NDArray[np.float64]
    mean_sigma: NDArray[np.float64]
    difference: NDArray[np.float64]
    difference_sigma: NDArray[np.float64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    halves: NDArray[np.float64] | None = None
    wavelength: float | None = None
    label: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.mean)

    @cached_property
    def n_pairs(self) -> int:
        """Number of acentric reflections of which both mates are measured."""
        return int(np.count_nonzero(np.isfinite(self.difference)))

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return np.asarray(self.cell.calculate_d_array(self.hkl), dtype=np.float64)

    @cached_property
    def centric(self) -> NDArray[np.bool_]:
        """(n,) whether symmetry allows only two phases."""
        flags = self.spacegroup.operations().centric_flag_array(self.hkl)
        return np.asarray(flags, dtype=bool)


def friedel_pairs(
    hkl: NDArray[np.int32],
    value: NDArray[np.float64],
    sigma: NDArray[np.float64],
    kind: Literal["amplitude", "intensity"],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> FriedelPairs:
    """Merge measurements to F(+) and F(−) of each unique reflection.

    Intensities become amplitudes by the method of French & Wilson (Acta Cryst. A34, 517, 1978),
    each mate for itself, with the expected intensity of their mean. Repeated measurements are
    merged as in `measured.merging.merge`, outliers left out.

    Parameters
    ----------
    hkl, value, sigma : (m, 3), (m,), (m,) in any order, merged or not. Rows whose value is NaN or
        whose σ is not positive were not measured.

    Raises
    ------
    UserError : no reflection is left.
    """
    used = np.isfinite(value) & (sigma > 0) & hkl.any(axis=1)
    used &= ~np.asarray(spacegroup.operations().systematic_absences(hkl), dtype=bool)
    if kind == "amplitude":
        used &= value >= 0
    hkl, value, sigma = hkl[used], value[used], sigma[used]
    if not len(hkl):
        raise UserError("No measured reflection is left: choose another column or file.")
    asu = equivalents.to_asu(hkl, cell, spacegroup)
    inverse = is_friedel_mate(hkl, asu, spacegroup)
    _, first, row = np.unique(equivalents.packed(asu), return_index=True, return_inverse=True)
    n = len(first)
    group = 2 * row.ravel() + inverse
    kept = ~outliers(value, sigma, group, 2 * n)
    # Columns of F(+) and F(−) have each centric reflection twice.
    centric = np.flatnonzero(spacegroup.operations().centric_flag_array(hkl))
    rows = np.stack([group[centric], value[centric], sigma[centric]], axis=1)
    first_of = np.unique(rows, axis=0, return_index=True)[1]
    kept[np.delete(centric, first_of)] = False
    value, sigma, group = value[kept], sigma[kept], group[kept]
    values, sigmas, number = _merged(value, sigma, group, n)
    index = asu[first]
    if kind == "intensity":
        values, sigmas = _as_amplitudes(values, sigmas, index, cell, spacegroup)
    pairs = _of_mates(index, values, sigmas, cell, spacegroup)
    if not (number[np.isfinite(pairs.difference)] > 1).any():
        return pairs
    halves = _halves(value, sigma, group, n, kind)
    return replace(pairs, halves=np.where(np.isfinite(pairs.difference)[:, None], halves, np.nan))


def with_given_differences(
    pairs: FriedelPairs,
    hkl: NDArray[np.int32],
    difference: NDArray[np.float64],
    sigma: NDArray[np.float64],
) -> FriedelPairs:
    """The same data set with F(+) − F(−) as its file gives it (the column DANO of an MTZ).

    F(±) = F ± D/2 with F the mean, and σ²(F(±)) = σ²(F) + σ²(D)/4. Where σ(D) is not positive, one
    mate is measured, and the file does not say which: F(+) and F(−) become NaN.

    Parameters
    ----------
    pairs : merged from the means.
    hkl, difference, sigma : (m, 3), (m,), (m,) each reflection once.
    """
    asu = equivalents.to_asu(hkl, pairs.cell, pairs.spacegroup)
    place, found = equivalents.match(asu, pairs.hkl)
    value = np.where(found, difference[place], np.nan)
    spread = np.where(found, sigma[place], np.nan)
    inverse = is_friedel_mate(hkl, asu, pairs.spacegroup)
    value = np.where(inverse[place], -value, value)
    known = ~pairs.centric & np.isfinite(value) & (spread > 0)
    value, spread = np.where(known, value, np.nan), np.where(known, spread, np.nan)
    half_sigma = np.sqrt(pairs.mean_sigma**2 + spread**2 / 4.0)
    centric = pairs.centric
    return replace(
        pairs,
        plus=np.where(centric, pairs.mean, pairs.mean + value / 2.0),
        minus=np.where(centric, pairs.mean, pairs.mean - value / 2.0),
        plus_sigma=np.where(centric, pairs.mean_sigma, half_sigma),
        minus_sigma=np.where(centric, pairs.mean_sigma, half_sigma),
        difference=value,
        difference_sigma=spread,
        halves=None,
    )


def is_friedel_mate(
    hkl: NDArray[np.int32], asu: NDArray[np.int32], spacegroup: gemmi.SpaceGroup
) -> NDArray[np.bool_]:
    """(m,) where only an inversion leads from `hkl` to the equivalent `asu`, (m, 3) each.

    False for centric reflections, which have both signs.
    """
    rotations = rotations_of(spacegroup)
    keys = [orbit_keys(index, rotations, friedel=False) for index in (hkl, asu)]
    return np.asarray(keys[0] != keys[1])


def _merged(
    value: NDArray[np.float64], sigma: NDArray[np.float64], group: NDArray[np.intp], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """(n, 2) means, their σ and numbers of the groups 2i (+) and 2i + 1 (−); NaN where empty."""
    present, compact = np.unique(group, return_inverse=True)
    mean, spread, number = weighted_means(value, sigma, compact.ravel(), len(present))
    values, sigmas = np.full(2 * n, np.nan), np.full(2 * n, np.nan)
    numbers = np.zeros(2 * n, dtype=np.int64)
    values[present], sigmas[present], numbers[present] = mean, spread, number
    return values.reshape(n, 2), sigmas.reshape(n, 2), numbers.reshape(n, 2)


def _as_amplitudes(
    intensity: NDArray[np.float64],
    sigma: NDArray[np.float64],
    hkl: NDArray[np.int32],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 2) amplitudes of both mates by French & Wilson."""
    operations = spacegroup.operations()
    epsilon = np.asarray(operations.epsilon_factor_array(hkl), dtype=np.float64)
    centric = np.asarray(operations.centric_flag_array(hkl), dtype=bool)
    d = np.asarray(cell.calculate_d_array(hkl), dtype=np.float64)
    expected = epsilon * expected_intensity(np.nanmean(intensity, axis=1), d, epsilon)
    f, spread = np.full_like(intensity, np.nan), np.full_like(intensity, np.nan)
    for mate in (0, 1):
        known = np.isfinite(intensity[:, mate])
        f[known, mate], spread[known, mate] = french_wilson(
            intensity[known, mate], sigma[known, mate], expected[known], centric[known]
        )
    return f, spread


def _of_mates(
    hkl: NDArray[np.int32],
    value: NDArray[np.float64],
    sigma: NDArray[np.float64],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> FriedelPairs:
    """The pairs of amplitudes `value` ± `sigma`, (n, 2); NaN where a mate is not measured."""
    both = np.isfinite(value).all(axis=1)
    mean = np.nanmean(value, axis=1)
    mean_sigma = np.where(both, np.hypot(*sigma.T) / 2.0, np.nanmean(sigma, axis=1))
    centric = np.asarray(spacegroup.operations().centric_flag_array(hkl), dtype=bool)
    # Where no reflection has both mates, the file holds means under any of their indices.
    merged = centric | (not both.any())
    plus, minus = (np.where(merged, mean, value[:, mate]) for mate in (0, 1))
    plus_sigma, minus_sigma = (np.where(merged, mean_sigma, sigma[:, mate]) for mate in (0, 1))
    pair = both & ~centric
    return FriedelPairs(
        hkl,
        plus,
        plus_sigma,
        minus,
        minus_sigma,
        mean,
        mean_sigma,
        np.where(pair, value[:, 0] - value[:, 1], np.nan),
        np.where(pair, np.hypot(*sigma.T), np.nan),
        cell,
        spacegroup,
    )


def _halves(
    value: NDArray[np.float64],
    sigma: NDArray[np.float64],
    group: NDArray[np.intp],
    n: int,
    kind: Literal["amplitude", "intensity"],
) -> NDArray[np.float64]:
    """(n, 2) F(+) − F(−) of two random halves of the measurements; NaN where a mate is missing.

    Of intensities, F is √I of the mean, zero where that is negative.
    """
    order = np.random.default_rng(0).permutation(len(value))
    order = order[np.argsort(group[order], kind="stable")]
    start = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    size = np.diff(np.r_[start, len(order)])
    half = np.empty(len(value), dtype=np.intp)
    half[order] = (np.arange(len(order)) - np.repeat(start, size)) % 2
    found = np.full((n, 2), np.nan)
    for which in (0, 1):
        mine = half == which
        means = _merged(value[mine], sigma[mine], group[mine], n)[0]
        f = np.sqrt(np.maximum(means, 0.0)) if kind == "intensity" else means
        found[:, which] = f[:, 0] - f[:, 1]
    return found
