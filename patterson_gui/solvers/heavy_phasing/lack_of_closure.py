"""Phase probabilities from one derivative: its heavy atoms, their scale and the lack of closure.

Isomorphous: the amplitude of the derivative is |F_P exp(iφ) + F_H| (Blow & Crick, Acta Cryst. 12,
794, 1959). Anomalous: F(±) = |F exp(iφ) ± i F″_H| with F the structure factor without f″ (North,
Acta Cryst. 18, 212, 1965; Matthews, Acta Cryst. 20, 82, 1966). The lack of closure has a variance
for each shell of resolution, estimated with the probabilities themselves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.solvers.heavy_phasing.phase_probability import ANGLES

_CYCLES = 3
_UNIT = np.exp(1j * ANGLES)


@dataclass(frozen=True, eq=False)
class Observations:
    """What one derivative tells of the phases.

    Attributes
    ----------
    reference : (n,) F of the native; of anomalous data alone the mean of F(+) and F(−).
    derivative, derivative_sigma : (n,) F of the derivative; NaN where not measured.
    anomalous, anomalous_sigma : (n,) F(+) − F(−); NaN where not measured.
    normal, imaginary : (n,) complex F_H without f″, and F″_H = Σ f″ exp(2πi h·x).
    shell : (n,) resolution shell.
    """

    reference: NDArray[np.float64]
    derivative: NDArray[np.float64]
    derivative_sigma: NDArray[np.float64]
    anomalous: NDArray[np.float64]
    anomalous_sigma: NDArray[np.float64]
    normal: NDArray[np.complex128]
    imaginary: NDArray[np.complex128]
    shell: NDArray[np.int64]
    centric: NDArray[np.bool_]


def log_probability(
    data: Observations, prior: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """(n, 72) ln P(φ) of the phase of the reference, up to a constant for each reflection.

    Parameters
    ----------
    prior : (n, 72) ln P of other observations, which sharpens the estimate of the variances.
    """
    total = np.zeros((len(data.reference), len(ANGLES)))
    base = np.zeros_like(total) if prior is None else prior
    whole = data.reference[:, None] * _UNIT
    used = np.isfinite(data.derivative)
    with_heavy = whole + data.normal[:, None]
    if used.any():
        closure = data.derivative[:, None] - np.abs(with_heavy)
        total += _normal(closure, data.derivative_sigma, used, data.shell, base, data.centric)
    paired = np.isfinite(data.anomalous) & ~data.centric
    if paired.any():
        if not used.any():
            with_heavy = whole
        turned = 1j * data.imaginary[:, None]
        closure = data.anomalous[:, None] - (
            np.abs(with_heavy + turned) - np.abs(with_heavy - turned)
        )
        total += _normal(
            closure, data.anomalous_sigma, paired, data.shell, base + total, data.centric
        )
    return total


def _normal(
    closure: NDArray[np.float64],
    sigma: NDArray[np.float64],
    used: NDArray[np.bool_],
    shell: NDArray[np.int64],
    prior: NDArray[np.float64],
    centric: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """−closure²/(2 v) with v of each shell estimated over the probabilities."""
    squared = np.where(used[:, None], closure, 0.0) ** 2
    noise = np.where(used, sigma, 0.0) ** 2
    count = int(shell.max()) + 1
    number = np.maximum(np.bincount(shell[used], minlength=count), 1)
    mean_noise = np.bincount(shell[used], noise[used], minlength=count) / number
    spread = np.bincount(shell[used], squared.mean(axis=1)[used], minlength=count) / number
    for _ in range(_CYCLES):
        extra = np.maximum(spread - mean_noise, 0.0)
        variance = np.maximum(noise + extra[shell], 1e-9)
        log_p = -squared / (2.0 * variance[:, None])
        # The posterior mean of the squared lack of closure.
        both = log_p + prior
        p = np.exp(both - both.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        expected = (p * squared).sum(axis=1)
        new = np.bincount(shell[used], expected[used], minlength=count) / number
        spread = np.maximum(new, 0.25 * mean_noise)
    return np.where(used[:, None], log_p, 0.0)
