"""Merge measured intensities in a space group, and say how well equivalents agree."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.reciprocal.averages import weighted_means
from patterson_gui.crystal.reciprocal.orbits import orbit_keys, rotations_of

_OUTLIER = 6.0  # a measurement is rejected beyond so many standard deviations from the median
_PRECISION = 0.03  # of a strong intensity, where its σ states counting statistics alone


@dataclass(frozen=True)
class MergingStatistics:
    """How well equivalent measurements agree, before any is rejected.

    Attributes
    ----------
    r_int : Σ|I − Ī| / ΣI over measurements of reflections that were measured at least twice,
        as SHELXL has it; Ī is the mean weighted by 1/σ². NaN where nothing was measured twice.
    r_pim : Σ √(1/(n−1)) |I − Ī| / ΣI over the same, n measurements of each reflection
        (Weiss, J. Appl. Cryst. 34, 130, 2001).
    r_sigma : Σσ(Ī) / ΣĪ over all unique reflections.
    i_over_sigma : mean of Ī/σ(Ī) over all unique reflections.
    n_measured, n_unique : measurements that were merged, and unique reflections.
    n_repeated : unique reflections that were measured at least twice.
    n_absent : measurements that the space group forbids; they are left out.
    n_rejected : measurements that `merge` leaves out as outliers.
    """

    r_int: float
    r_pim: float
    r_sigma: float
    i_over_sigma: float
    n_measured: int
    n_unique: int
    n_repeated: int
    n_absent: int = 0
    n_rejected: int = 0

    @property
    def redundancy(self) -> float:
        """Measurements of a unique reflection, on average."""
        return self.n_measured / self.n_unique if self.n_unique else 0.0


def merge(
    intensities: Intensities, spacegroup: gemmi.SpaceGroup, friedel: bool
) -> MergedIntensities:
    """One weighted mean for each unique reflection of a space group, without absences.

    Parameters
    ----------
    friedel : whether h and −h are merged. In a centrosymmetric group they always are.

    Weights are 1/σ²; the σ of a mean is the larger of 1/√Σw and the standard error found from
    the scatter, as SHELXL has it. Outliers are left out as `outliers` says.
    """
    return merge_with_statistics(intensities, spacegroup, friedel)[0]


def merge_with_statistics(
    intensities: Intensities, spacegroup: gemmi.SpaceGroup, friedel: bool
) -> tuple[MergedIntensities, MergingStatistics]:
    """The same as `merge`, and how well equivalents agree."""
    operations = spacegroup.operations()
    together = friedel or operations.is_centrosymmetric()
    absent = np.asarray(operations.systematic_absences(intensities.hkl), dtype=bool)
    allowed = intensities.select(~absent) if absent.any() else intensities
    rotations = rotations_of(spacegroup)
    keys = orbit_keys(allowed.hkl, rotations, friedel=together)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    n = len(first)
    rejected = outliers(allowed.value, allowed.sigma, group, n)
    statistics = statistics_of_groups(
        allowed.value,
        allowed.sigma,
        group,
        n,
        n_absent=int(np.count_nonzero(absent)),
        n_rejected=int(np.count_nonzero(rejected)),
    )
    kept = ~rejected
    value, sigma, number = weighted_means(allowed.value[kept], allowed.sigma[kept], group[kept], n)
    hkl = equivalents.to_asu(allowed.hkl[first], allowed.cell, spacegroup)
    if not together:
        inverted = orbit_keys(hkl, rotations, friedel=False) != keys[first]
        hkl = np.where(inverted[:, None], -hkl, hkl).astype(np.int32)
    merged = MergedIntensities(
        hkl,
        value,
        sigma,
        number,
        allowed.cell,
        spacegroup,
        together,
        allowed.wavelength,
        allowed.radiation,
    )
    return merged, statistics


def outliers(
    value: NDArray[np.float64], sigma: NDArray[np.float64], group: NDArray[np.intp], n: int
) -> NDArray[np.bool_]:
    """(m,) which measurements lie so far from their equivalents that they must be faulty.

    In a group of at least three, a measurement is an outlier if it differs from the median m by
    more than 6 k √(σ² + (0.03 m)²). k ≥ 1 is the scatter of this crystal in such units: 1.48
    times the median of |I − m|/√(…) over all measurements in such groups. So data whose σ are
    too small, or equivalents of a wrong group, do not lose their ordinary measurements. At most
    one third of a group is rejected, the farthest first.
    """
    rejected = np.zeros(len(value), dtype=bool)
    number = np.bincount(group, minlength=n)
    rows = np.flatnonzero(number[group] >= 3)
    if len(rows) == 0:
        return rejected
    order = rows[np.lexsort((value[rows], group[rows]))]
    of, values = group[order], value[order]
    start = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    size = np.diff(np.r_[start, len(of)])
    median = (values[start + (size - 1) // 2] + values[start + size // 2]) / 2.0
    median, size = np.repeat(median, size), np.repeat(size, size)
    distance = np.abs(values - median) / np.hypot(sigma[order], _PRECISION * median)
    # The median value itself is at distance 0, and would lower the scatter of small groups.
    k = max(1.0, 1.4826 * float(np.median(distance[distance > 0]))) if distance.any() else 1.0
    far = distance > _OUTLIER * k
    if not far.any():
        return rejected
    rank = np.empty(len(of), dtype=np.intp)  # 0 for the farthest in its group
    rank[np.lexsort((-distance, of))] = np.arange(len(of)) - np.repeat(start, size[start])
    rejected[order[far & (rank < size // 3)]] = True
    return rejected


def statistics_of_groups(
    value: NDArray[np.float64],
    sigma: NDArray[np.float64],
    group: NDArray[np.intp],
    n: int,
    *,
    n_absent: int = 0,
    n_rejected: int = 0,
) -> MergingStatistics:
    """How well the measurements in each of `n` groups agree; `value`, `sigma`, `group` : (m,)."""
    mean, spread, number = weighted_means(value, sigma, group, n)
    size = number[group]
    repeated = size > 1
    r_int = r_pim = float("nan")
    total = float(value[repeated].sum())
    if repeated.any() and total > 0:
        difference = np.abs(value - mean[group])[repeated]
        r_int = float(difference.sum()) / total
        r_pim = float((difference / np.sqrt(size[repeated] - 1.0)).sum()) / total
    whole = float(mean.sum())
    return MergingStatistics(
        r_int=r_int,
        r_pim=r_pim,
        r_sigma=float(spread.sum()) / whole if whole > 0 else float("nan"),
        i_over_sigma=float((mean / spread).mean()) if n else float("nan"),
        n_measured=len(value),
        n_unique=n,
        n_repeated=int(np.count_nonzero(number > 1)),
        n_absent=n_absent,
        n_rejected=n_rejected,
    )
