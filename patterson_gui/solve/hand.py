"""Which hand: what built atoms or a density say of it, proteins being of L amino acids."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.prediction import HandEvidence
from patterson_gui.solve.atoms.chirality import centres
from patterson_gui.solve.atoms.geometry import Bonds

_LEAST_SUM = 0.4  # of ideal centres, in one direction, for a hand to be told


def hand_of_atoms(numbers: NDArray[np.int64], bonds: Bonds) -> tuple[HandEvidence | None, bool]:
    """What the chiral centres of built atoms (n,) say, and whether they must be inverted.

    Every centre speaks with its triple product, cut off at that of an ideal one. Without a
    centre, or where centres cancel, there is no evidence.
    """
    found = centres(numbers, bonds)
    total = float(sum(np.clip(c.volume, -1.0, 1.0) for c in found))
    if abs(total) < _LEAST_SUM:
        return None, False
    names = ", ".join(f"{n} × {what}" for what, n in Counter(c.what for c in found).items())
    return HandEvidence(abs(total), -abs(total), f"chiral centres of the built atoms ({names})"), (
        total < 0
    )
