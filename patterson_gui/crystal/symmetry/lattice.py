"""What the lattice allows: rotations that keep the metric, centring shown by absent reflections."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.symmetry.operations import DEN, GroupOperations

# A rotation is allowed when it changes no edge by more than this share and no angle by more than
# this many degrees. Wider than errors of measured cells, because phases decide afterwards:
# β = 90.02° and a = 7.533, b = 7.534 Å are tried as right angles and equal edges.
EDGE_TOLERANCE = 0.006
ANGLE_TOLERANCE = 0.6

# Reflections are absent by centring when their mean intensity is below this share of the mean of
# the others, and their median I/σ below the second figure (or the share below a fifth of it).
ABSENT_SHARE = 0.03
ABSENT_I_OVER_SIGMA = 1.5
# With fewer than this share of the expected number in the file, they count as left out of it.
LEFT_OUT = 0.05

_HALF, _THIRD = DEN // 2, DEN // 3
_VECTORS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "P": (),
    "A": ((0, _HALF, _HALF),),
    "B": ((_HALF, 0, _HALF),),
    "C": ((_HALF, _HALF, 0),),
    "I": ((_HALF, _HALF, _HALF),),
    "F": ((0, _HALF, _HALF), (_HALF, 0, _HALF), (_HALF, _HALF, 0)),
    "R": ((2 * _THIRD, _THIRD, _THIRD), (_THIRD, 2 * _THIRD, 2 * _THIRD)),
    "R reverse": ((_THIRD, 2 * _THIRD, _THIRD), (2 * _THIRD, _THIRD, 2 * _THIRD)),
}


OBVERSE = _VECTORS["R"]
"""Centring vectors of hexagonal axes in the obverse setting, in units of 1/24."""


@dataclass(frozen=True)
class Centring:
    """A centring with the evidence for it.

    Attributes
    ----------
    symbol : "P", "A", "B", "C", "I", "F", "R" (obverse) or "R reverse".
    vectors : centring vectors without (0, 0, 0), in units of 1/24.
    n : reflections in the data that it forbids.
    share : their mean intensity over that of the others; NaN where n is 0.
    i_over_sigma : their median I/σ; NaN where n is 0.
    left_out : whether the file lacks nearly all reflections that it forbids.
    """

    symbol: str
    vectors: tuple[tuple[int, int, int], ...]
    n: int = 0
    share: float = float("nan")
    i_over_sigma: float = float("nan")
    left_out: bool = False

    @property
    def set(self) -> frozenset[tuple[int, ...]]:
        """All centring vectors with (0, 0, 0), in units of 1/24."""
        return frozenset({(0, 0, 0), *self.vectors})

    def allows(self, hkl: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(n,) whether the centring allows a reflection."""
        if not self.vectors:
            return np.ones(len(hkl), dtype=bool)
        phase = np.asarray(hkl, dtype=np.int64) @ np.array(self.vectors, dtype=np.int64).T
        return np.asarray((phase % DEN == 0).all(axis=1))


def keeps_metric(rotations: NDArray[np.int64], cell: gemmi.UnitCell) -> NDArray[np.bool_]:
    """(n,) whether rotations (n, 3, 3) of fractional coordinates map the lattice onto itself.

    The rotated axes a'ᵢ = Σ aⱼ Rⱼᵢ must have the edges and angles of the cell, within
    `EDGE_TOLERANCE` (relative) and `ANGLE_TOLERANCE` (degrees).
    """
    metric = np.array(cell.metric_tensor().as_mat33().tolist())
    turned = np.einsum("nji,jk,nkl->nil", rotations, metric, rotations)

    def edges_and_cosines(tensor: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        edges = np.sqrt(np.diagonal(tensor, axis1=-2, axis2=-1))
        cosines = tensor / (edges[..., :, None] * edges[..., None, :])
        return edges, cosines[..., [1, 0, 0], [2, 2, 1]]

    edges, cosines = edges_and_cosines(metric)
    turned_edges, turned_cosines = edges_and_cosines(turned)
    same_edges = np.abs(turned_edges / edges - 1.0) <= EDGE_TOLERANCE
    angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    turned_angles = np.degrees(np.arccos(np.clip(turned_cosines, -1, 1)))
    same_angles = np.abs(turned_angles - angles) <= ANGLE_TOLERANCE
    return np.asarray((same_edges & same_angles).all(axis=1))


def groups_of_lattice(
    groups: tuple[GroupOperations, ...],
    cell: gemmi.UnitCell,
    centring: frozenset[tuple[int, ...]],
) -> list[GroupOperations]:
    """The groups whose rotations the cell allows in its axes, with exactly this centring."""
    suitable = [group for group in groups if group.centring_set == centring]
    if not suitable:
        return []
    codes = np.concatenate([group.codes for group in suitable])
    rotations = np.concatenate([group.rotations for group in suitable])
    distinct, first = np.unique(codes, return_index=True)
    allowed = {int(code) for code in distinct[keeps_metric(rotations[first], cell)]}
    return [group for group in suitable if group.rotation_set <= allowed]


def find_centring(intensities: Intensities) -> tuple[Centring, ...]:
    """Every centring with its evidence, the one to use first.

    That is the one with most centring vectors among those whose forbidden reflections are absent:
    measured and weak, or left out of a file that holds the others. P is always there; R needs
    hexagonal axes.
    """
    hkl = intensities.hkl
    weight = np.maximum(intensities.sigma, 1e-12)
    n = len(hkl)
    rows, chosen = [], []
    for symbol, vectors in _VECTORS.items():
        allowed = Centring(symbol, vectors).allows(hkl)
        n_forbidden = int((~allowed).sum())
        expected = n * len(vectors) / (len(vectors) + 1)
        share = i_over_sigma = float("nan")
        if n_forbidden and n_forbidden < n:
            value = intensities.value[~allowed]
            # A few strong ones can be mistakes: none counts for more than the mean of the others.
            mean = float(intensities.value[allowed].mean())
            share = float(np.clip(value, -mean, mean).mean() / mean) if mean > 0 else float("nan")
            i_over_sigma = float(np.median(value / weight[~allowed]))
        # All allowed reflections are there: of the forbidden ones there would be `expected`.
        possible = len(vectors) * (n - n_forbidden)
        left_out = bool(vectors) and n >= 20 and n_forbidden <= LEFT_OUT * possible
        row = Centring(symbol, vectors, n_forbidden, share, i_over_sigma, left_out)
        rows.append(row)
        weak = n_forbidden >= max(5, 0.05 * expected) and (
            share < ABSENT_SHARE / 5
            or (share < ABSENT_SHARE and i_over_sigma < ABSENT_I_OVER_SIGMA)
        )
        if not vectors or ((left_out or weak) and _suits(symbol, intensities.cell)):
            chosen.append(row)
    best = max(chosen, key=lambda row: len(row.vectors))
    return (best, *(row for row in rows if row is not best))


def _suits(symbol: str, cell: gemmi.UnitCell) -> bool:
    """Whether a cell can have this centring: R only with a threefold axis along c."""
    threefold = np.array([[[0, -1, 0], [1, -1, 0], [0, 0, 1]]], dtype=np.int64)
    return not symbol.startswith("R") or bool(keeps_metric(threefold, cell).all())
