"""Measured intensities expanded to P1 of the primitive cell, where phases are searched.

Files differ: some hold every measurement, others one asymmetric unit. Equivalents are merged and
filled in by the lowest Laue class that makes the data complete, because a higher one may be that
of a twin or of a pseudo-symmetric lattice.
"""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.laue_classes import (
    LaueClass,
    laue_agreement,
    laue_classes,
)
from patterson_gui.crystal.measured.merging import outliers
from patterson_gui.crystal.reciprocal.averages import weighted_means
from patterson_gui.crystal.reciprocal.orbits import image_keys, orbit_keys, rotations_of
from patterson_gui.crystal.symmetry.lattice import Centring

_ENOUGH = 0.9  # share of the completeness of the highest Laue class
_FEWEST_REPEATED = 20  # reflections measured twice that make an R_int meaningful
# A group that the file states is not that of the measurement where a higher Laue class, whose
# equivalents agree, fills P1 this many times as well: SHELX files without SYMM state P1.
_TIMES_AS_WELL, _R_INT_MARGIN = 2.0, 0.02
# Equivalents agree up to the larger of these limits; those of electron data are dynamical.
_WORST_R_INT = {"xray": 0.2, "neutron": 0.2, "electron": 0.5}
_RELATIVE_R_INT = 1.5
_UNRELATED_R_INT = 0.4  # reflections that have nothing to do with one another give 0.5
_SHELL = 80  # reflections in a shell of the mean intensity
_SHELLS = (4, 40)  # fewest and most shells

# Columns: the primitive axes in terms of a, b, c (International Tables A, 1.5.4).
_PRIMITIVE = {
    "P": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "A": ((1, 0, 0), (0, 0.5, 0.5), (0, -0.5, 0.5)),
    "B": ((0.5, 0, 0.5), (0, 1, 0), (-0.5, 0, 0.5)),
    "C": ((0.5, 0.5, 0), (-0.5, 0.5, 0), (0, 0, 1)),
    "I": ((-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)),
    "F": ((0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)),
    "R": ((2 / 3, -1 / 3, -1 / 3), (1 / 3, 1 / 3, -2 / 3), (1 / 3, 1 / 3, 1 / 3)),
}


@dataclass(frozen=True, eq=False)
class P1Intensities:
    """One hemisphere of intensities in P1.

    Attributes
    ----------
    hkl : (n, 3) in the measured axes; primitive : (n, 3) in those of the primitive `cell`.
    value, sigma : (n,) intensity and standard uncertainty.
    e : (n,) |E|, normalised in shells of resolution.
    laue : the Laue class by which equivalents were merged and filled in.
    axes : (3, 3) the primitive axes as columns, in terms of the measured ones: a position x of the
        measured cell is axes⁻¹ x in the primitive one.
    """

    hkl: NDArray[np.int32]
    primitive: NDArray[np.int32]
    value: NDArray[np.float64]
    sigma: NDArray[np.float64]
    e: NDArray[np.float64]
    cell: gemmi.UnitCell
    laue: LaueClass
    axes: NDArray[np.float64]


def expand_to_p1(intensities: Intensities, centring: Centring) -> P1Intensities:
    """Merge in the lowest Laue class that makes the data complete, and expand to P1.

    Parameters
    ----------
    centring : of the lattice, "R reverse" excepted: the axes must be changed before.
    """
    allowed = intensities.select(centring.allows(intensities.hkl))
    laue = _lowest_complete(allowed, centring.symbol)
    keys = orbit_keys(allowed.hkl, laue.rotations, friedel=True)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    n = len(first)
    kept = ~outliers(allowed.value, allowed.sigma, group, n)
    value, sigma, _ = weighted_means(allowed.value[kept], allowed.sigma[kept], group[kept], n)
    images = np.concatenate([allowed.hkl[first] @ r for r in laue.rotations]).astype(np.int32)
    source = np.tile(np.arange(n), len(laue.rotations))
    upper = image_keys(images, np.eye(3, dtype=np.int64)[None])[:, 0]
    images = np.where((upper < 0)[:, None], -images, images)
    _, once = np.unique(np.abs(upper), return_index=True)
    hkl, source = images[once], source[once]
    axes = np.array(_PRIMITIVE[centring.symbol])
    cell = _primitive_cell(intensities.cell, axes)
    primitive = np.rint(hkl @ axes).astype(np.int32)
    return P1Intensities(
        hkl, primitive, value[source], sigma[source],
        _normalised(np.asarray(cell.calculate_d_array(primitive)), value[source]),
        cell, laue, axes,
    )  # fmt: skip


def _lowest_complete(intensities: Intensities, centring: str) -> LaueClass:
    """The Laue class of lowest order by which the data fill P1 as well as by any.

    Only subgroups of the stated class count where one is stated, unless the data fill P1 much
    better by a class whose equivalents were measured and agree; and only classes whose equivalents
    agree as far as they were measured.
    """
    classes = laue_classes(intensities.cell, centring)
    agreements = [row.statistics for row in laue_agreement(intensities, classes)]
    r_int = np.array([a.r_int if a.n_repeated >= _FEWEST_REPEATED else np.nan for a in agreements])
    filled = np.array(
        [len(np.unique(np.abs(image_keys(intensities.hkl, c.rotations)))) for c in classes]
    )
    worst = _WORST_R_INT[intensities.radiation]
    possible = np.ones(len(classes), dtype=bool)
    if intensities.stated:
        stated = _proper(rotations_of(intensities.spacegroup))
        within = np.array([_proper(c.rotations) <= stated for c in classes])
        # NaN, where nothing was measured twice, is no reason to doubt what is stated.
        limit = min(worst, _RELATIVE_R_INT * _lowest(r_int) + _R_INT_MARGIN)
        agreeing = filled[r_int <= limit].max(initial=0)
        if within.any() and agreeing < _TIMES_AS_WELL * filled[within].max():
            possible = within
    relative = min(_RELATIVE_R_INT * _lowest(r_int[possible]), _UNRELATED_R_INT)
    agrees = possible & ~(r_int > max(worst, relative))
    agrees[0] |= possible[0]  # -1
    rows = np.flatnonzero(agrees & (filled >= _ENOUGH * filled[agrees].max()))
    order = np.array([classes[i].order for i in rows])
    smallest = rows[order == order.min()]
    return classes[int(smallest[np.nan_to_num(r_int[smallest], nan=0.0).argmin()])]


def _lowest(r_int: NDArray[np.float64]) -> float:
    measured = r_int[np.isfinite(r_int)]
    return float(measured.min()) if len(measured) else 0.0


def _proper(rotations: NDArray[np.int64]) -> set[bytes]:
    """Rotations without reflections: what a Laue class is beside its inversion."""
    signs = np.sign(np.rint(np.linalg.det(rotations))).astype(np.int64)
    return {np.ascontiguousarray(r * s).tobytes() for r, s in zip(rotations, signs, strict=True)}


def _primitive_cell(cell: gemmi.UnitCell, axes: NDArray[np.float64]) -> gemmi.UnitCell:
    a, b, c = (orthogonalization(cell) @ axes).T

    def angle(u: NDArray[np.float64], v: NDArray[np.float64]) -> float:
        return float(np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))))

    edges = np.linalg.norm((a, b, c), axis=1)
    return gemmi.UnitCell(
        float(edges[0]), float(edges[1]), float(edges[2]), angle(b, c), angle(a, c), angle(a, b)
    )


def _normalised(d: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) |E| with ⟨E²⟩ = 1 everywhere: shells of equal numbers, ln⟨I⟩ linear between them."""
    s3 = d**-3.0
    shells = int(np.clip(len(d) // _SHELL, *_SHELLS))
    at, means = [], []
    for rows in np.array_split(np.argsort(s3), shells):
        at.append(s3[rows].mean())
        means.append(max(float(np.maximum(value[rows], 0.0).mean()), 1e-12))
    expected = np.exp(np.interp(s3, at, np.log(means)))
    return np.asarray(np.sqrt(np.maximum(value, 0.0) / expected))
