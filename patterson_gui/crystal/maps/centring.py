"""Move a density to the fixed frame: its centre of mass at the middle of the cell."""

import numpy as np
from numpy.typing import NDArray


def centre_of_density(grid: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3,) fractional centre of mass of the positive density of one compact object.

    Along each axis the circular mean comes first; it is exact for a symmetric object. Then the
    ordinary mean about that point is repeated until it no longer moves.
    """
    positive = np.clip(grid, 0.0, None).astype(np.float64)
    centre = np.zeros(3)
    for axis in range(3):
        others = tuple(i for i in range(3) if i != axis)
        profile = positive.sum(axis=others)
        x = np.arange(len(profile)) / len(profile)
        total = profile.sum()
        if total <= 0:
            continue
        angle = np.angle((profile * np.exp(2j * np.pi * x)).sum())
        position = angle / (2 * np.pi)
        for _ in range(20):
            offset = (x - position + 0.5) % 1.0 - 0.5
            step = float((profile * offset).sum() / total)
            position += step
            if abs(step) < 1e-6:
                break
        centre[axis] = position % 1.0
    return centre


def shifted_phases(
    phases: NDArray[np.float64], hkl: NDArray[np.int32], shift: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Phases (n,) in radians of the density moved by `shift` (fractional)."""
    return np.asarray(phases + 2 * np.pi * (hkl @ shift))
