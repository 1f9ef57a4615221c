"""Least-squares fit of atom positions and weights to the density they were found in.

The fit minimises Σ |F − Fc|² / σ² over the Fourier coefficients of the map, with restraints to the
positions where the atoms were found. σ is estimated from the residuals in resolution shells. Where
phases are wrong, mostly at high resolution, coefficients get little weight and the atoms stay near
their start; in a good map they move to the best fit.
"""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.structure_factors import form_factor

_MOST_WORK = 2e8  # multiplications per normal matrix; in larger crystals positions are not fitted
# B is fitted to at most so many atoms × reflections, but to at least so many reflections.
_MOST_WAVES, _FEWEST = 2_000_000, 500
_CYCLES = 6
_RESTRAINT = 0.12  # Å, standard deviation of the restraints on positions
_WEIGHT_RESTRAINT = 0.35  # the same for weights, which are about one
_SHELLS = 8
_FLOOR = 0.01  # least σ, relative to the root mean square of F
_LONGEST_STEP = 0.25  # Å
# Å², values of B to try, the same for all atoms
_B = (3.0, 6.0, 10.0, 15.0, 20.0, 27.0, 35.0, 50.0, 70.0)


@dataclass(frozen=True, eq=False)
class Terms:
    """Fourier coefficients of a map: hkl (m, 3) of one hemisphere, and complex values (m,)."""

    hkl: NDArray[np.int32]
    f: NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class FittedAtoms:
    """Atoms after the fit.

    Attributes
    ----------
    frac : (n, 3) fractional coordinates.
    weights : (n,) factor on each form factor, about one.
    b : Å², of all atoms.
    """

    frac: NDArray[np.float64]
    weights: NDArray[np.float64]
    b: float


def fit_to_terms(
    frac: NDArray[np.float64], symbols: list[str], cell: gemmi.UnitCell, terms: Terms
) -> FittedAtoms:
    """Fit atoms (n, 3) of these elements to the Fourier coefficients of a map on any scale."""
    start = np.array(frac, dtype=np.float64)
    n, m = len(start), len(terms.hkl)
    if n == 0 or m == 0:
        return FittedAtoms(start, np.ones(n), 20.0)
    whole = (4.0 * n) ** 2 * 2 * m <= _MOST_WORK
    if not whole:  # only B is fitted, for which some coefficients suffice
        some = np.unique(np.linspace(0, m - 1, max(_FEWEST, _MOST_WAVES // n)).astype(int))
        terms = Terms(terms.hkl[some], terms.f[some])
    q = terms.hkl @ np.array(cell.frac.mat.tolist())
    s2 = (q**2).sum(axis=1) / 4
    table = {symbol: form_factor(symbol, s2) for symbol in set(symbols)}
    f = np.stack([table[symbol] for symbol in symbols])
    b, scale = _b_and_scale(start, f, s2, terms)
    f = f * (scale * np.exp(-b * s2))
    if not whole:
        return FittedAtoms(start, np.ones(n), b)
    orth = np.array(cell.orth.mat.tolist())
    xyz, weights = _refined(start @ orth.T, f, q, terms.f.astype(np.complex128), s2)
    return FittedAtoms(xyz @ np.linalg.inv(orth).T, weights, b)


def _waves(frac: NDArray[np.float64], hkl: NDArray[np.int32]) -> NDArray[np.complex128]:
    return np.asarray(np.exp(2j * np.pi * (frac @ hkl.T)))


def _b_and_scale(
    frac: NDArray[np.float64], f: NDArray[np.float64], s2: NDArray[np.float64], terms: Terms
) -> tuple[float, float]:
    """The B and the scale that fit the map best with fixed positions."""
    calculated = (f * _waves(frac, terms.hkl)).sum(axis=0)
    best = (np.inf, _B[0], 1.0)
    for b in _B:
        fc = calculated * np.exp(-b * s2)
        scale = float((fc.conj() * terms.f).real.sum() / max(float((abs(fc) ** 2).sum()), 1e-30))
        residual = float((abs(terms.f - scale * fc) ** 2).sum())
        if scale > 0 and residual < best[0]:
            best = (residual, b, scale)
    return best[1], best[2]


def _refined(
    start: NDArray[np.float64],
    f: NDArray[np.float64],
    q: NDArray[np.float64],
    target: NDArray[np.complex128],
    s2: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss–Newton steps restrained to the start; f (n, m) includes B factor and scale."""
    n = len(start)
    xyz, weights = start.copy(), np.ones(n)
    restraints = np.concatenate([np.full(3 * n, _RESTRAINT**-2), np.full(n, _WEIGHT_RESTRAINT**-2)])
    shell = (np.argsort(np.argsort(s2)) * _SHELLS) // len(s2)
    for _ in range(_CYCLES):
        waves = f * np.exp(2j * np.pi * (xyz @ q.T))
        rest = target - weights @ waves
        sigma2 = _variance(rest, target, shell)
        rows = np.concatenate(
            [*(waves * (2j * np.pi * weights[:, None] * q[:, i]) for i in range(3)), waves]
        )
        rows = rows / np.sqrt(sigma2)
        residual = rest / np.sqrt(sigma2)
        real = np.concatenate([rows.real, rows.imag], axis=1)
        off = np.concatenate([(start - xyz).T.ravel(), 1 - weights])
        normal = real @ real.T + np.diag(restraints)
        side = real @ np.concatenate([residual.real, residual.imag]) + restraints * off
        step = np.linalg.solve(normal, side)
        move = step[: 3 * n].reshape(3, n).T
        length = np.linalg.norm(move, axis=1, keepdims=True)
        xyz = xyz + move * (_LONGEST_STEP / np.maximum(length, _LONGEST_STEP))
        weights = np.clip(weights + step[3 * n :], 0.1, 4.0)
    return xyz, weights


def _variance(
    rest: NDArray[np.complex128], target: NDArray[np.complex128], shell: NDArray[np.intp]
) -> NDArray[np.float64]:
    """(m,) variance of the real part of each residual: half of its mean square in the shell."""
    sums = np.bincount(shell, (abs(rest) ** 2), _SHELLS) / np.maximum(np.bincount(shell), 1)
    floor = _FLOOR**2 * float((abs(target) ** 2).mean())
    return np.asarray((sums[shell] + floor) / 2)
