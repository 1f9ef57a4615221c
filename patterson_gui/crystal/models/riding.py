"""Which constraint of SHELXL describes a riding hydrogen: the m and n of AFIX."""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.models.bonds import Bonds

# The number mn of AFIX by (hydrogen atoms, other neighbours) of a carbon, nitrogen or silicon:
# n = 3 rides, n = 7 rides with a refined torsion angle (SHELX-97 manual, AFIX).
_BY_NEIGHBOURS = {
    (1, 3): 13,  # tertiary C-H
    (1, 2): 43,  # aromatic C-H or amide N-H, in the plane of its neighbours
    (2, 2): 23,  # secondary CH2
    (2, 1): 93,  # =CH2 or -NH2, planar
    (3, 1): 137,  # CH3 with a refined torsion angle
    (1, 1): 163,  # acetylenic C-H
}
_HYDROXYL = 147  # O-H with a refined torsion angle
_KEEP = 3  # rides where it is, without an ideal geometry
_PLANAR = 0.15  # distance of a parent from the plane through its neighbours, of unit bonds
_LINEAR = 160.0  # degrees


def afix_codes(
    model: AsymmetricUnit, bonds: Bonds, positions: NDArray[np.float64], axes: NDArray[np.float64]
) -> dict[int, int]:
    """AFIX number of each atom that carries riding hydrogens.

    An ideal geometry is named only where the neighbours show which one it is; elsewhere AFIX 3
    keeps the hydrogen atoms where they are.

    Parameters
    ----------
    positions : (n, 3) fractional coordinates.
    axes : (3, 3) Å, the rows a, b, c.
    """
    codes: dict[int, int] = {}
    places = bonds.places(positions)
    for parent in sorted({int(p) for p in model.parent if p >= 0}):
        hydrogens = np.flatnonzero(model.parent == parent)
        mine = bonds.atom == parent
        others = places[mine & ~model.is_hydrogen[bonds.neighbour]]
        vectors = (others - positions[parent]) @ axes
        h_vectors = (positions[hydrogens] - positions[parent]) @ axes
        codes[parent] = _code(model.elements[parent], vectors, h_vectors)
    return codes


def _code(element: str, others: NDArray[np.float64], hydrogens: NDArray[np.float64]) -> int:
    count = len(hydrogens), len(others)
    if element == "O" and count == (1, 1):
        return _HYDROXYL
    if element not in ("C", "N", "Si"):
        return _KEEP
    code = _BY_NEIGHBOURS.get(count, _KEEP)
    around = np.vstack([others, hydrogens])
    planar = code not in (43, 93) or _height(around) < _PLANAR
    linear = code != 163 or _angle(others[0], hydrogens[0]) > _LINEAR
    return code if planar and linear else _KEEP


def _height(vectors: NDArray[np.float64]) -> float:
    """Distance of the parent from the plane through its three neighbours, of unit bonds."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    normal = np.cross(unit[1] - unit[0], unit[2] - unit[0])
    length = float(np.linalg.norm(normal))
    return abs(float(unit[0] @ normal)) / length if length > 1e-6 else 1.0


def _angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    cosine = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
