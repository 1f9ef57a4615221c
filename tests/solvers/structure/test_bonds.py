"""Neighbours through symmetry, against a brute-force search."""

import gemmi
import numpy as np

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.solvers.structure.bonds import contacts

CELL = gemmi.UnitCell(5.0, 6.0, 7.0, 90, 110, 90)
GROUP = gemmi.SpaceGroup("C 1 2/c 1")


def brute_force(frac: np.ndarray, reach: float) -> list[tuple[int, int, float]]:
    axes = orthogonalization(CELL).T
    found = set()
    for image in symmetry_images(frac, GROUP.operations()):
        for shift in np.ndindex(9, 9, 9):
            step = image[None] + np.array(shift) - 4 - frac[:, None]
            vectors = step @ axes
            for i, j in np.argwhere(np.linalg.norm(vectors, axis=2) < reach):
                length = float(np.linalg.norm(vectors[i, j]))
                if length > 0.3:
                    key = tuple(np.round(vectors[i, j] / 0.02).astype(int))
                    found.add((int(i), int(j), round(length, 3), key))
    return sorted((i, j, length) for i, j, length, _ in found)


def test_finds_all_images_within_reach():
    frac = np.array([[0.1, 0.2, 0.3], [0.0, 0.25, 0.25], [0.4, 0.9, 0.7]])
    near = contacts(frac, CELL, GROUP, 3.0)
    ours = sorted(zip(near.i.tolist(), near.j.tolist(), near.length.round(3).tolist(), strict=True))
    assert ours == brute_force(frac, 3.0)
    assert np.allclose(np.linalg.norm(near.step, axis=1), near.length)
