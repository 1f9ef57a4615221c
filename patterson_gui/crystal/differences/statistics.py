"""How large differences are, and to what resolution they say more than their uncertainties."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.derivative import ScaledDerivative
from patterson_gui.crystal.differences.differences import Differences, Kind
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs
from patterson_gui.crystal.reciprocal import equivalents

NOISE = 0.798  # ⟨|Δ|/σ⟩ of errors alone, √(2/π)
_SPREAD = 0.603  # standard deviation of |Δ|/σ of errors alone, √(1 − 2/π)
_SIGMA_TOO_SMALL = 1.2  # σ of merged data are often wrong by up to a fifth
_SIGNIFICANT = 3.0  # standard errors
_LEAST_CORRELATION = 0.15  # of half sets, the limit of AIMLESS for anomalous differences
_WORTH_SAYING = 0.005
_PER_SHELL = 100
_MOST_SHELLS = 10


@dataclass(frozen=True)
class DifferenceShell:
    """Differences in a shell of resolution.

    Attributes
    ----------
    d_max, d_min : Å.
    n : number of differences.
    ratio : Σ|Δ| / ΣF; of isomorphous differences, R_iso.
    over_sigma : ⟨|Δ|/σ⟩; 0.80 where errors alone are there.
    over_error : ⟨|Δ|/σ'⟩, σ'² = σ² + p²F², with the proportional error p of all differences.
    correlation : of differences from random halves of the measurements; NaN where less than half
        of the differences have both.
    """

    d_max: float
    d_min: float
    n: int
    ratio: float
    over_sigma: float
    over_error: float
    correlation: float

    @property
    def has_signal(self) -> bool:
        """Whether the differences say more than their uncertainties.

        The correlation of half sets decides, which must reach 0.15 and three standard errors,
        3/√n: true differences then correlate with their mean by 0.5. Where it is not known,
        ⟨|Δ|/σ'⟩ must exceed what errors give, 0.80, by three standard errors and by a fifth, since
        σ may be too small by as much.
        """
        if np.isfinite(self.correlation):
            limit = max(_LEAST_CORRELATION, _SIGNIFICANT / math.sqrt(self.n))
            return self.correlation >= limit
        limit = NOISE * _SIGMA_TOO_SMALL + _SIGNIFICANT * _SPREAD / np.sqrt(self.n)
        return bool(self.over_error > limit)


@dataclass(frozen=True)
class DifferenceStatistics:
    """The size of differences, as a whole and in shells of resolution, the coarsest first.

    Attributes
    ----------
    ratio, over_sigma, correlation, n : as in `DifferenceShell`, of all differences.
    proportional_error : p of `proportional_error`.
    """

    kind: Kind
    n: int
    ratio: float
    over_sigma: float
    correlation: float
    proportional_error: float
    shells: tuple[DifferenceShell, ...]

    @property
    def signal_to(self) -> float | None:
        """Resolution in Å down to which every shell has a signal, but for one; None: there is no
        signal in the coarsest shells."""
        reached, missed = None, 0
        for shell in self.shells:
            if shell.has_signal:
                reached = shell.d_min
            else:
                missed += 1
                if missed > 1:
                    break
        return reached

    def summary(self) -> str:
        """The size and the resolution of the signal, in a few words."""
        name = "⟨|ΔF|⟩/⟨F⟩" if self.kind == "anomalous" else "R_iso"
        reached = self.signal_to
        signal = "no signal beyond the errors" if reached is None else f"signal to {reached:.2f} Å"
        return f"{name} {100 * self.ratio:.1f} %, {signal}"

    def sentences(self) -> list[str]:
        """What a user should know, in sentences."""
        if self.kind == "anomalous":
            first = f"{self.n:,} Bijvoet pairs: ⟨|ΔF|⟩/⟨F⟩ is {100 * self.ratio:.1f} %"
        else:
            first = f"{self.n:,} differences: R_iso is {100 * self.ratio:.1f} %"
        first += f", ⟨|ΔF|/σ⟩ is {self.over_sigma:.2f} ({NOISE:.2f} is expected of errors alone)"
        if np.isfinite(self.correlation):
            first += f", the correlation of half sets is {self.correlation:.2f}"
        reached = self.signal_to
        if reached is None:
            second = f"No {self.kind} signal exceeds the uncertainties."
        elif reached == self.shells[-1].d_min:
            second = f"There is a signal to the limit of the data, {reached:.2f} Å."
        else:
            second = f"The {self.kind} signal ends at about {reached:.2f} Å."
        if self.kind == "isomorphous" and reached is not None:
            second = second[:-1] + "; heavy atoms and a lack of isomorphism both give one."
        by_sigma = self.kind == "anomalous" and not np.isfinite(self.correlation)
        if by_sigma and self.proportional_error >= _WORTH_SAYING:
            second = (
                f"{second[:-1]} (errors of {100 * self.proportional_error:.1f} % of F that σ does "
                "not contain are allowed for)."
            )
        return [f"{first}.", second]


def anomalous_statistics(pairs: FriedelPairs, differences: Differences) -> DifferenceStatistics:
    """Statistics of the anomalous differences of `pairs`."""
    place, _ = equivalents.match(pairs.hkl, differences.hkl)
    halves = None if pairs.halves is None else pairs.halves[place]
    return _statistics(differences, pairs.mean[place], halves)


def isomorphous_statistics(
    scaled: ScaledDerivative, differences: Differences
) -> DifferenceStatistics:
    """Statistics of the isomorphous differences of `scaled`."""
    place, _ = equivalents.match(scaled.hkl, differences.hkl)
    return _statistics(differences, scaled.native[place], None)


def _statistics(
    differences: Differences, f: NDArray[np.float64], halves: NDArray[np.float64] | None
) -> DifferenceStatistics:
    order = np.argsort(-differences.d, kind="stable")
    n_shells = int(np.clip(len(order) // _PER_SHELL, 1, _MOST_SHELLS))
    rows_of_shells = np.array_split(order, n_shells)
    p = proportional_error(differences, f, rows_of_shells)
    error = np.hypot(differences.sigma, p * f)
    shells = tuple(_shell(differences, f, error, halves, rows) for rows in rows_of_shells)
    whole = _shell(differences, f, error, halves, order)
    return DifferenceStatistics(
        differences.kind, whole.n, whole.ratio, whole.over_sigma, whole.correlation, p, shells
    )


def proportional_error(
    differences: Differences, f: NDArray[np.float64], shells: Sequence[NDArray[np.intp]]
) -> float:
    """An error p of the differences, as a share of F, that their σ do not contain.

    Absorption, decay and integration leave errors in proportion to F, which look like a signal
    where σ follows counting statistics alone. The difference that heavy atoms make does not
    depend on F, so ⟨Δ² − σ²⟩ = S² + p²F² with S² constant in a shell of resolution: p² is the
    slope of Δ² − σ² against F² in all shells, each weighted by 1/⟨Δ²⟩², and at least 0.

    Parameters
    ----------
    f : (n,) amplitudes.
    shells : indices of the differences in each shell of resolution.
    """
    covariance = variance = 0.0
    for rows in shells:
        squares = differences.value[rows] ** 2
        if not squares.any():
            continue
        excess = squares - differences.sigma[rows] ** 2
        intensity = f[rows] ** 2 - float((f[rows] ** 2).mean())
        weight = float(squares.mean()) ** -2.0
        covariance += weight * float((intensity * excess).sum())
        variance += weight * float((intensity**2).sum())
    return math.sqrt(max(covariance, 0.0) / variance) if variance > 0 else 0.0


def _shell(
    differences: Differences,
    f: NDArray[np.float64],
    error: NDArray[np.float64],
    halves: NDArray[np.float64] | None,
    rows: NDArray[np.intp],
) -> DifferenceShell:
    value, d = np.abs(differences.value[rows]), differences.d[rows]
    correlation = float("nan")
    if halves is not None:
        one, other = halves[rows].T
        both = np.isfinite(one) & np.isfinite(other)
        enough = 2 * np.count_nonzero(both) >= max(len(rows), _PER_SHELL)
        if enough and np.ptp(one[both]) and np.ptp(other[both]):
            correlation = float(np.corrcoef(one[both], other[both])[0, 1])
    return DifferenceShell(
        float(d.max()),
        float(d.min()),
        len(rows),
        float(value.sum() / f[rows].sum()),
        float((value / differences.sigma[rows]).mean()),
        float((value / error[rows]).mean()),
        correlation,
    )
