"""Amplitudes from intensities by Bayes' theorem: French & Wilson, Acta Cryst. A34 (1978) 517.

A measured I ± σ of a reflection whose expected intensity is Σ (times ε) has, by Wilson's
distribution, the posterior for the true intensity J ≥ 0
    acentric  p(J) ∝ exp(−(J − I)²/2σ² − J/Σ)
    centric   p(J) ∝ exp(−(J − I)²/2σ² − J/2Σ) / √J.
With J = σt², both become integrals over t of exp(−(t² − h)²/2) times a power of t, where
h = I/σ − σ/Σ (acentric) or I/σ − σ/2Σ (centric). They are integrated numerically here, without
the tables of the paper, so that the accuracy is the same for any h.
"""

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray

from patterson_gui.crystal.reciprocal.reflections import Amplitudes, merge
from patterson_gui.crystal.reciprocal.wilson import expected_intensity
from patterson_gui.errors import UserError

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_REACH = 80.0  # twice the largest exponent kept: e⁻⁴⁰ of the maximum is nothing


def amplitudes_from_intensities(
    hkl: ArrayLike,
    intensity: ArrayLike,
    sigma: ArrayLike | None,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    *,
    label: str = "",
) -> Amplitudes:
    """Merge intensities and turn them into amplitudes.

    Parameters
    ----------
    hkl, intensity, sigma : (n, 3), (n,), (n,) as measured, merged or not.

    With σ: French & Wilson, so that weak and negative intensities give small positive
    amplitudes with realistic uncertainties. Without: F = √max(I, 0), as the label says.
    """
    index, mean, spread = merge(hkl, intensity, sigma, cell, spacegroup)
    if len(index) == 0:
        raise UserError("The file holds no measured intensity: choose another column or file.")
    if spread is None:
        root = np.sqrt(np.maximum(mean, 0.0)).astype(np.float32)
        note = "√I, negative intensities as zero"
        return Amplitudes(index, root, cell, spacegroup, label=_join(label, note))
    d = np.asarray(cell.calculate_d_array(index), dtype=np.float64)
    operations = spacegroup.operations()
    epsilon = np.asarray(operations.epsilon_factor_array(index), dtype=np.float64)
    centric = np.asarray(operations.centric_flag_array(index), dtype=bool)
    expected = epsilon * expected_intensity(mean, d, epsilon)
    f, sigma_f = french_wilson(mean, spread, expected, centric)
    return Amplitudes(
        index,
        f.astype(np.float32),
        cell,
        spacegroup,
        sigma=sigma_f.astype(np.float32),
        label=_join(label, "French–Wilson"),
    )


def _join(label: str, note: str) -> str:
    return f"{label} ({note})" if label else note


def french_wilson(
    intensity: NDArray[np.float64],
    sigma: NDArray[np.float64],
    expected: NDArray[np.float64],
    centric: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posterior mean and standard deviation of |F|, (n,) each.

    `sigma` > 0; `expected` > 0 is ε<I>, (n,).
    """
    share = np.where(centric, 2.0, 1.0)
    h = intensity / sigma - sigma / (share * expected)
    # ∫ t^m exp(−(t² − h)²/2) dt: t dt = dJ/2σ, and the centric prior brings 1/t.
    power = np.where(centric, 0, 1)
    mean, mean_square = _moments(h, power)
    root = np.sqrt(sigma)
    spread = np.sqrt(np.maximum(mean_square - mean**2, 0.0))
    return root * mean, root * spread


def _moments(
    h: NDArray[np.float64], power: NDArray[np.int_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) <t> and <t²> under t^power exp(−(t² − h)²/2), t ≥ 0."""
    first, second = np.empty_like(h), np.empty_like(h)
    for start in range(0, len(h), 20_000):
        part = slice(start, start + 20_000)
        x = h[part]
        # Where the exponent is within _REACH/2 of its maximum over t ≥ 0. For h < 0 the
        # root is written so that it loses no digits.
        wide = np.sqrt(np.minimum(x, 0.0) ** 2 + _REACH)
        high = np.where(x < 0, _REACH / (wide - np.minimum(x, 0.0)), x + wide)
        low = np.maximum(x - wide, 0.0)
        low, high = np.sqrt(low), np.sqrt(high)
        t = low[:, None] + (high - low)[:, None] * (_NODES + 1.0) / 2.0
        # −(t² − h)²/2 less its largest value, again without loss of digits for h ≪ 0.
        peak = np.maximum(x, 0.0)[:, None]
        exponent = -(t**2 - peak) * (t**2 - 2.0 * x[:, None] + peak) / 2.0
        density = _WEIGHTS * t ** power[part][:, None] * np.exp(exponent)
        total = density.sum(axis=1)
        first[part] = (density * t).sum(axis=1) / total
        second[part] = (density * t**2).sum(axis=1) / total
    return first, second
