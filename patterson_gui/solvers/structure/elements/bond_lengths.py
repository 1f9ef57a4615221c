"""How unusual a length is for a bond between two elements, from statistics of crystal structures.

Means and standard deviations of kinds of bonds: Allen, Kennard, Watson, Brammer, Orpen & Taylor,
J. Chem. Soc. Perkin Trans. 2 (1987) S1–S19. Bonds of C with C, N and O are of several kinds, and
between two kinds lie lengths that hardly occur: a bond of 1.44 Å is rarely one between carbon
atoms. For other pairs there is a range of usual lengths.
"""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.solvers.atoms.geometry import (
    BOND_RANGES,
    MOST_STRAIN,
    STRAIN_LENGTH,
    UNUSUAL_BONDS,
)

ERROR, ROUGH_ERROR = 0.025, 0.08  # Å: standard deviations in ordered and in disordered models
# Bonds of small molecules beside those of peptides, Å.
_MORE_RANGES = {
    (6, 9): (1.30, 1.42), (6, 14): (1.82, 1.92), (6, 15): (1.76, 1.88), (6, 17): (1.68, 1.82),
    (6, 35): (1.84, 2.02), (6, 53): (2.04, 2.20), (5, 6): (1.50, 1.66), (5, 9): (1.28, 1.42),
    (5, 8): (1.32, 1.50), (8, 14): (1.58, 1.68), (7, 14): (1.68, 1.80), (7, 15): (1.54, 1.72),
}  # fmt: skip
_RANGES = BOND_RANGES | _MORE_RANGES
# Mean and standard deviation (Å) of each kind of bond, and its share among the bonds of the pair.
_KINDS = {
    (6, 6): (
        (1.530, 0.015, 0.40),  # sp³–sp³
        (1.507, 0.015, 0.15),  # sp³–sp²
        (1.384, 0.013, 0.30),  # aromatic
        (1.465, 0.020, 0.08),  # sp²–sp², conjugated
        (1.331, 0.015, 0.05),  # double
        (1.181, 0.014, 0.02),  # triple
    ),
    (6, 7): (
        (1.463, 0.015, 0.40),  # sp³–N of amines and amides
        (1.495, 0.015, 0.12),  # sp³–N⁺
        (1.335, 0.020, 0.30),  # amides, pyridines
        (1.380, 0.025, 0.12),  # aromatic C–N, pyrroles
        (1.285, 0.015, 0.04),  # double
        (1.138, 0.010, 0.02),  # nitriles
    ),
    (6, 8): (
        (1.425, 0.015, 0.40),  # sp³–O of alcohols and ethers
        (1.215, 0.015, 0.27),  # ketones, amides, acids
        (1.253, 0.012, 0.08),  # carboxylates
        (1.345, 0.020, 0.17),  # esters, phenols
        (1.308, 0.015, 0.06),  # acids
        (1.145, 0.012, 0.02),  # carbonyls of metals
    ),
}  # fmt: skip


def length_penalty(
    length: NDArray[np.float64], z_a: int, z_b: int, error: float = ERROR
) -> NDArray[np.float64]:
    """(n,) cost of bonds of `length` (n,) Å between elements with these atomic numbers.

    −2 ln of the probability density relative to that of the commonest length, at most
    `MOST_STRAIN`; more for pairs of elements that are seldom bonded. `error` is the standard
    deviation (Å) that a length has in the model.
    """
    pair = (min(z_a, z_b), max(z_a, z_b))
    unusual = UNUSUAL_BONDS.get(pair, 0.0)
    if pair in _KINDS:
        means = np.array([mean for mean, _, _ in _KINDS[pair]])
        relative = _density(length, pair, error) / _density(means, pair, error).max()
        least = np.exp(-0.5 * MOST_STRAIN)
        return np.asarray(unusual - 2.0 * np.log(np.clip(relative, least, 1.0)))
    if pair not in _RANGES:
        return np.full(len(length), unusual)
    low, high = _RANGES[pair]
    outside = np.maximum(np.maximum(low - length, length - high), 0.0)
    strain = (outside / max(error, STRAIN_LENGTH)) ** 2
    return np.asarray(unusual + np.minimum(strain, MOST_STRAIN))


def _density(
    length: NDArray[np.float64], pair: tuple[int, int], error: float
) -> NDArray[np.float64]:
    """(n,) probability density (Å⁻¹) of lengths between a pair of elements with `_KINDS`."""
    total = np.zeros(len(length))
    for mean, sigma, share in _KINDS[pair]:
        width = float(np.hypot(sigma, error))
        peak = share / (width * np.sqrt(2 * np.pi))
        total += peak * np.exp(-0.5 * ((length - mean) / width) ** 2)
    return total
