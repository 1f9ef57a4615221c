"""The distance between the true atoms of a sample and the found ones."""

import numpy as np

from patterson_gui.crystal.materials.cube import EDGE, Sample


def farthest(true: Sample, found: Sample) -> float:
    """The largest distance, Å, from a true atom to the nearest found atom of its element.

    Infinite if two true atoms share a found one, or if there are more found atoms than true ones.
    """
    inside = true.inside
    places, numbers = true.positions[inside], true.numbers[inside]
    apart = np.linalg.norm(places[:, None] - found.positions, axis=-1)
    apart[numbers[:, None] != found.numbers] = np.inf
    if true.kind == "crystal" and len(found.numbers) != len(numbers):
        return float("inf")
    partners = apart.argmin(1)
    if len(set(partners.tolist())) < len(partners):
        return float("inf")
    # A found atom well inside the cube must be one of these partners.
    deep = ((found.positions > 0.1) & (found.positions < EDGE - 0.1)).all(1)
    if not set(np.flatnonzero(deep).tolist()) <= set(partners.tolist()):
        return float("inf")
    return float(apart.min(1).max())
