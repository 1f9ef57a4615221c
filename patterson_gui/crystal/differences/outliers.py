"""Differences that are too large to be true: a rule by their probability."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.differences import Differences, mean_squares

LEAST_PROBABILITY = 1e-6
LIMIT = 4.891638  # standard deviations that a normal deviate exceeds with this probability
_MOST_CYCLES = 20


def impossible_differences(
    value: NDArray[np.float64], d: NDArray[np.float64], epsilon: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(n,) differences of a probability below 10⁻⁶, as Read rejects intensities (Acta Cryst. D55,
    1759, 1999).

    A difference of amplitudes is nearly one component of F of the heavy atoms, whose distribution
    is normal (Wilson, 1949), with the mean square of its resolution shell times ε. The mean is
    taken without what is rejected, so the test is repeated until nothing changes.
    """
    rejected = np.zeros(len(value), dtype=bool)
    for _ in range(_MOST_CYCLES):
        kept = ~rejected
        if np.count_nonzero(kept) < 3:
            break
        s2, order = d**-2.0, np.argsort(d[kept] ** -2.0, kind="stable")
        spread = np.sqrt(mean_squares(value[kept], d[kept], epsilon[kept]) / epsilon[kept])
        expected = np.interp(s2, s2[kept][order], spread[order]) * np.sqrt(epsilon)
        again = np.abs(value) > LIMIT * expected
        if (again == rejected).all():
            break
        rejected = again
    return rejected


def without_outliers(found: Differences) -> Differences:
    """The differences without impossible ones, and a note that counts these."""
    rejected = impossible_differences(found.value, found.d, found.epsilon)
    if not (n := int(np.count_nonzero(rejected))):
        return found
    note = f"Outliers left out (probability below {LEAST_PROBABILITY:g}): {n:,} differences."
    return replace(found.select(~rejected), notes=(*found.notes, note))
