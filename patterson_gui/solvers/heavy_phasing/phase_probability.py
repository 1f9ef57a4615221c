"""Probabilities of phases on a circle of angles, and Hendrickson–Lattman coefficients.

ln P(φ) = A cos φ + B sin φ + C cos 2φ + D sin 2φ + const (Hendrickson & Lattman, Acta Cryst. B26,
136, 1970). Probabilities of independent observations multiply, so their coefficients add.
"""

import numpy as np
from numpy.typing import NDArray

N_ANGLES = 72
ANGLES = 2.0 * np.pi * np.arange(N_ANGLES) / N_ANGLES
_BASIS = np.stack([np.cos(ANGLES), np.sin(ANGLES), np.cos(2 * ANGLES), np.sin(2 * ANGLES)])


def coefficients_of(log_probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 4) A, B, C, D that fit ln P (n, 72) best over all angles: its Fourier coefficients."""
    return np.asarray(log_probability @ _BASIS.T * (2.0 / N_ANGLES))


def best_phases(
    coefficients: NDArray[np.float64],
    centric: NDArray[np.bool_],
    allowed: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """(n,) m exp(iφ): the mean of exp(iφ) over the probability of (n, 4) A, B, C, D.

    Its modulus is the figure of merit (Blow & Crick, Acta Cryst. 12, 794, 1959). Centric
    reflections have the phase `allowed` (n,), radians, or that plus π.
    """
    log_p = coefficients @ _BASIS
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    mean = (p @ np.exp(1j * ANGLES)) / p.sum(axis=1)
    along = coefficients[:, 0] * np.cos(allowed) + coefficients[:, 1] * np.sin(allowed)
    return np.asarray(np.where(centric, np.tanh(along) * np.exp(1j * allowed), mean))


def allowed_phases(
    hkl: NDArray[np.int32], rotations: NDArray[np.float64], translations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) one of the two phases, radians, that symmetry allows a centric reflection; else 0.

    If hR = −h, F(−h) = F(h) exp(−2πi h·t) = F*(h), so φ = π h·t modulo π.
    """
    phase = np.zeros(len(hkl))
    for rotation, shift in zip(rotations, translations, strict=True):
        opposite = (np.abs(hkl @ rotation + hkl) < 1e-6).all(axis=1)
        phase = np.where(opposite, np.pi * (hkl @ shift), phase)
    return np.mod(phase, np.pi)
