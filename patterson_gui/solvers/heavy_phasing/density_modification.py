"""Density modification: solvent flattening with flipping, combined with the experimental phases.

The solvent is where the density varies least: the local mean square of the density about its mean,
in a ball (Wang, Methods Enzymol. 115, 90, 1985; Leslie, Acta Cryst. A43, 134, 1987, who does it
in reciprocal space). Density in the solvent is turned about its mean (flipping, Abrahams & Leslie,
Acta Cryst. D52, 30, 1996), with the factor that removes the bias towards the map before
(Abrahams, Acta Cryst. D53, 371, 1997). Phases of the new map are weighted by σ_A and multiplied
with the experimental probabilities.
"""

from collections.abc import Callable
from dataclasses import dataclass

import gemmi
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape, orthogonalization
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.solvers.heavy_phasing.phase_probability import best_phases

_POINTS = 3.0
_FIRST_RADIUS = 7.0  # Å of the ball that finds the solvent
_LAST_RADIUS = 0.95  # of the resolution: in the last cycles also gaps within the protein are flat
_LEAST_RADIUS = 2.0  # Å
_NEW_MASK = 3  # cycles with one mask
_DEEPEST = 0.6  # standard deviations below the solvent that density of the protein may be
_MOST_CORRELATION = 0.9
# Cycles whose agreement tells the hand: early ones, before the density fits the amplitudes whether
# it is right or wrong, and later ones, when weak phases have had the time to become better.
WINDOWS = ((0, 6), (12, 20))


class Maps:
    """Transforms between unique structure factors and the density of the whole cell."""

    def __init__(
        self, hkl: NDArray[np.int32], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup,
        d_min: float,
    ) -> None:  # fmt: skip
        self.cell, self.d_min = cell, d_min
        self.shape = grid_shape(cell, d_min / _POINTS, spacegroup, d_min=0.999 * d_min)
        p1, source, change = equivalents.expand(hkl, spacegroup)
        self._source, self._change = source, change
        self._where = tuple((p1 % np.array(self.shape)).T)
        self._mates = tuple((-p1 % np.array(self.shape)).T)
        self._unique = tuple((hkl % np.array(self.shape)).T)

    def density(self, f: NDArray[np.complex128]) -> NDArray[np.float64]:
        """(nu, nv, nw) (1/V) Σ F exp(−2πi h·x) over all equivalents."""
        terms = f[self._source] * self._change.shift
        terms = np.where(self._change.conjugate_mask, np.conj(terms), terms)
        full = np.zeros(self.shape, dtype=np.complex128)
        full[self._mates] = np.conj(terms)
        full[self._where] = terms
        return np.asarray(scipy.fft.fftn(full).real / self.cell.volume)

    def factors(self, density: NDArray[np.float64]) -> NDArray[np.complex128]:
        """(n,) F of the unique reflections."""
        full = scipy.fft.ifftn(density) * self.cell.volume
        return np.asarray(full[self._unique])

    def ball(self, radius: float) -> NDArray[np.complex128]:
        """The transform of a ball of weight 1 − r/R (Wang) about the origin, for `smoothed`."""
        axes = [np.fft.fftfreq(n) for n in self.shape]
        frac = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        length = np.linalg.norm(frac @ orthogonalization(self.cell).T, axis=-1)
        weight = np.maximum(1.0 - length / radius, 0.0)
        return np.asarray(scipy.fft.rfftn(weight / weight.sum()))


def smoothed(density: NDArray[np.float64], ball: NDArray[np.complex128]) -> NDArray[np.float64]:
    """The density convoluted with a ball."""
    return np.asarray(scipy.fft.irfftn(scipy.fft.rfftn(density) * ball, density.shape))


def solvent_mask(
    density: NDArray[np.float64], ball: NDArray[np.complex128], solvent: float
) -> tuple[NDArray[np.bool_], float]:
    """Where the local variance is lowest, a share `solvent` of the cell; and the contrast.

    The contrast is the standard deviation of the local variance over its mean: high in a map of a
    protein with flat solvent, low in noise.
    """
    variance = smoothed(density**2, ball) - smoothed(density, ball) ** 2
    return variance < np.quantile(variance, solvent), float(variance.std() / variance.mean())


@dataclass(frozen=True, eq=False)
class PhaseProblem:
    """Amplitudes with what is known of their phases, at unique reflections.

    Attributes
    ----------
    f : (n,) amplitudes.
    heavy : (n, 4) Hendrickson–Lattman coefficients from the heavy atoms.
    allowed : (n,) one of the two phases of centric reflections.
    shell, epsilon : (n,) resolution shell; multiplicity.
    """

    f: NDArray[np.float64]
    heavy: NDArray[np.float64]
    centric: NDArray[np.bool_]
    allowed: NDArray[np.float64]
    shell: NDArray[np.int64]
    epsilon: NDArray[np.float64]

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Means of (n,) values in each shell."""
        number = np.maximum(np.bincount(self.shell), 1)
        return np.asarray(np.bincount(self.shell, values) / number)

    def normalised(self, f: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) E: amplitudes whose mean square in each shell is one."""
        scale = np.sqrt(np.maximum(self.mean(f**2 / self.epsilon), 1e-30))
        return np.asarray(f / (scale[self.shell] * np.sqrt(self.epsilon)))

    def best(self, coefficients: NDArray[np.float64]) -> NDArray[np.complex128]:
        """(n,) m exp(iφ) of coefficients (n, 4)."""
        return best_phases(coefficients, self.centric, self.allowed)


@dataclass(frozen=True, eq=False)
class Modified:
    """The result of density modification.

    Attributes
    ----------
    phases : (n,) m exp(iφ).
    coefficients : (n, 4) of the final phases.
    contrast : of the last map; see `solvent_mask`.
    agreements : correlation of E² of the modified density with the measured E², the mean over each
        of `WINDOWS` of cycles.
    """

    phases: NDArray[np.complex128]
    coefficients: NDArray[np.float64]
    contrast: float
    agreements: tuple[float, float]


def modify(
    maps: Maps,
    problem: PhaseProblem,
    solvent: float,
    cycles: int = 25,
    tick: Callable[[float], None] = lambda _: None,
    *,
    only_agreements: bool = False,
) -> Modified:
    """Improve phases by what is known of the density of a protein crystal.

    Parameters
    ----------
    solvent : share of the cell that is solvent.
    tick : called before each cycle with the share of cycles that are done; it may raise.
    only_agreements : end after the cycles that give the agreements.
    """
    e_observed = problem.normalised(problem.f)
    coefficients = problem.heavy
    phases = problem.best(coefficients)
    contrast = 0.0
    correlations: list[float] = []
    last = min(max(_LAST_RADIUS * maps.d_min, _LEAST_RADIUS), _FIRST_RADIUS)
    for cycle in range(min(cycles, WINDOWS[-1][-1]) if only_agreements else cycles):
        tick(cycle / cycles)
        density = maps.density(problem.f * phases)
        if cycle % _NEW_MASK == 0 or cycle == cycles - 1:
            narrowed = min(1.0, cycle / max(cycles - 5, 1))
            ball = maps.ball(_FIRST_RADIUS + (last - _FIRST_RADIUS) * narrowed)
            mask, contrast = solvent_mask(density, ball, solvent)
        calculated = maps.factors(with_flipped_solvent(density, mask, solvent))
        e_calculated = problem.normalised(np.abs(calculated))
        correlation = _correlation(problem, e_observed**2, e_calculated**2)
        correlations.append(float(np.corrcoef(e_observed**2, e_calculated**2)[0, 1]))
        coefficients = problem.heavy + _sim_coefficients(
            problem, e_observed, e_calculated, np.angle(calculated), np.sqrt(correlation)
        )
        phases = problem.best(coefficients)
    early, later = (
        float(np.mean(correlations[begin:end] or correlations[-1:])) for begin, end in WINDOWS
    )
    return Modified(phases, coefficients, contrast, (early, later))


def with_flipped_solvent(
    density: NDArray[np.float64], mask: NDArray[np.bool_], solvent: float
) -> NDArray[np.float64]:
    """The density with the solvent turned about its mean, and no deep holes in the protein.

    The factor −(1 − s)/s of a solvent of share s takes from the modified map what only repeats the
    map before: the mean of the factors over the cell is zero (Abrahams, 1997).
    """
    level = density[mask].mean()
    inside = density[~mask]
    changed = density.copy()
    changed[mask] = level - (1.0 - solvent) / solvent * (density[mask] - level)
    changed[~mask] = np.maximum(inside, level - _DEEPEST * inside.std())
    return changed


def _correlation(
    problem: PhaseProblem, one: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlation of E² in each shell, an estimate of σ_A², smoothed and between 0 and 0.9."""
    mean_one, mean_other = problem.mean(one), problem.mean(other)
    covariance = problem.mean(one * other) - mean_one * mean_other
    spread = (problem.mean(one**2) - mean_one**2) * (problem.mean(other**2) - mean_other**2)
    found = np.clip(covariance / np.sqrt(np.maximum(spread, 1e-12)), 0.0, _MOST_CORRELATION)
    return np.convolve(np.pad(found, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")


def _sim_coefficients(
    problem: PhaseProblem,
    e_observed: NDArray[np.float64],
    e_calculated: NDArray[np.float64],
    angle: NDArray[np.float64],
    sigma_a: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(n, 4) A and B of P(φ) ∝ exp[2 σ_A E E_c cos(φ − φ_c)/(1 − σ_A²)], half of it if centric.

    Sim, Acta Cryst. 13, 511 (1960); Read, Acta Cryst. A42, 140 (1986).
    """
    each = sigma_a[problem.shell]
    weight = np.where(problem.centric, 1.0, 2.0) * each * e_observed * e_calculated
    weight = weight / (1.0 - each**2)
    zero = np.zeros_like(weight)
    return np.stack([weight * np.cos(angle), weight * np.sin(angle), zero, zero], axis=1)
