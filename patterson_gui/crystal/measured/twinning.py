"""Tests for twins: statistics of intensities, and twin laws that the lattice allows."""

from collections.abc import Iterator
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal.orbits import orbit_keys, rotations_of

OBLIQUITY = 1.0  # degrees; twins of a larger one split into spots apart
_WEAK = 2.0  # I/σ; resolution shells weaker than this on average are left out
_PER_SHELL = 200
_FEWEST = 50  # pairs of reflections
# R of twin laws and ⟨|L|⟩ of acentric reflections, below which a twin is suspected. Without
# twinning R is about 0.5 and seldom below 0.4, with 20 % of a second domain about 0.3. A low ⟨|L|⟩
# alone is no proof: lists without their weak reflections have it too.
_TWINNED, _TWINNED_WITH_LOW_L = 0.3, 0.4
_LOW_L = 0.46


@dataclass(frozen=True)
class LTest:
    """The test of Padilla & Yeates (Acta Cryst. D59, 1124, 2003) on neighbouring reflections.

    L = (I₁ − I₂)/(I₁ + I₂) of pairs whose indices differ by two in all; pseudo-translation does
    not change it, since both have the same parity.

    Attributes
    ----------
    mean_abs_l, mean_l2 : ⟨|L|⟩ and ⟨L²⟩; NaN where there are too few pairs. Expected are 1/2 and
        1/3 (acentric), 2/π and 1/2 (centric), 3/8 and 1/5 (perfect twin).
    n : number of pairs.
    centric : whether the reflections used are centric (those of a centrosymmetric group).
    """

    mean_abs_l: float
    mean_l2: float
    n: int
    centric: bool


@dataclass(frozen=True)
class TwinLaw:
    """A rotation that the lattice has and the Laue class lacks.

    Attributes
    ----------
    law : the rotation of the indices, rows of a 3 × 3 matrix: h' = law · h, as TWIN of SHELXL.
    triplet : the same as "-h,-k,l".
    r : Σ|I(h) − I(h')| / Σ(I(h) + I(h')) of twin-related reflections. It is near 0 for a
        perfect twin or too low a Laue class, and about 0.5 (acentric) without twinning.
    n : number of pairs; `r` and `fraction` are NaN where there are too few.
    fraction : of the second domain, by the H test of Yeates (Acta Cryst. A44, 142, 1988) on
        strong pairs, between 0 and 0.5.
    """

    law: tuple[tuple[int, int, int], ...]
    triplet: str
    r: float
    n: int
    fraction: float


def l_test(merged: MergedIntensities) -> LTest:
    """The L test over the shells that are not too weak.

    In a centrosymmetric group all reflections are centric, and all are used; in others only the
    acentric ones.
    """
    centrosymmetric = merged.spacegroup.is_centrosymmetric()
    flags = np.asarray(merged.spacegroup.operations().centric_flag_array(merged.hkl), dtype=bool)
    used = merged.select(_strong_shells(merged) & (centrosymmetric | ~flags))
    rotations = rotations_of(merged.spacegroup)
    together = merged.friedel_merged
    keys = orbit_keys(used.hkl, rotations, friedel=together)
    order = np.argsort(keys)
    differences = []
    for step in ((2, 0, 0), (0, 2, 0), (0, 0, 2), (1, 1, 0), (1, 0, 1), (0, 1, 1)):
        other = used.hkl + np.array(step, dtype=np.int32)
        wanted = orbit_keys(other, rotations, friedel=together)
        place = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
        if not len(keys):
            continue
        found = order[place]
        valid = (keys[found] == wanted) & (keys != wanted)
        first, second = used.value[valid], used.value[found[valid]]
        total = first + second
        positive = total > 0
        differences.append(((first - second)[positive] / total[positive]).clip(-1.0, 1.0))
    values = np.concatenate(differences) if differences else np.zeros(0)
    if len(values) < _FEWEST:
        return LTest(float("nan"), float("nan"), len(values), centrosymmetric)
    return LTest(
        float(np.abs(values).mean()), float((values**2).mean()), len(values), centrosymmetric
    )


def _strong_shells(merged: MergedIntensities) -> NDArray[np.bool_]:
    """(n,) reflections in shells whose mean I/σ is not too small, and not of lowest resolution."""
    used = np.zeros(len(merged), dtype=bool)
    order = np.argsort(-merged.d, kind="stable")
    ratio = merged.value / merged.sigma
    for shell in np.array_split(order, max(1, len(order) // _PER_SHELL)):
        used[shell] = len(shell) > 0 and float(ratio[shell].mean()) > _WEAK
    return used


def twin_laws(merged: MergedIntensities, obliquity: float = OBLIQUITY) -> tuple[TwinLaw, ...]:
    """The twin laws by merohedry and pseudo-merohedry with agreement of twin-related intensities.

    The one whose reflections agree best comes first.

    Parameters
    ----------
    merged : in a group of the Laue class that is tested.
    obliquity : degrees by which the lattice may miss the higher symmetry.
    """
    operations = gemmi.find_twin_laws(merged.cell, merged.spacegroup, obliquity, False)
    centric = merged.spacegroup.is_centrosymmetric()
    rotations = rotations_of(merged.spacegroup)
    keys = orbit_keys(merged.hkl, rotations, friedel=merged.friedel_merged)
    order = np.argsort(keys)
    rows = []
    for op in operations if len(merged) else []:
        rotation, remainder = np.divmod(np.array(op.rot, dtype=np.int64), gemmi.Op.DEN)
        if remainder.any():
            continue  # fractions of indices, in centred cells that are nearly cubic
        image = (merged.hkl @ rotation).astype(np.int32)
        wanted = orbit_keys(image, rotations, friedel=merged.friedel_merged)
        found = order[np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)]
        valid = (keys[found] == wanted) & (keys != wanted)
        rows.append(_law(merged, op, valid, found, centric))
    return tuple(sorted(rows, key=lambda law: (np.isnan(law.r), law.r)))


def _law(
    merged: MergedIntensities,
    op: gemmi.Op,
    valid: NDArray[np.bool_],
    found: NDArray[np.intp],
    centric: bool,
) -> TwinLaw:
    one, two = merged.value[valid], merged.value[found[valid]]
    sigma = np.hypot(merged.sigma[valid], merged.sigma[found[valid]])
    # h' as a column is the transpose of the row vector h R.
    h, k, l = np.array(op.rot, dtype=np.int64).T // gemmi.Op.DEN  # noqa: E741
    law = tuple((int(row[0]), int(row[1]), int(row[2])) for row in (h, k, l))
    n = int(np.count_nonzero(valid))
    r = fraction = float("nan")
    total = one + two
    if n >= _FEWEST and float(total.sum()) > 0:
        r = float(np.abs(one - two).sum() / total.sum())
        strong = total > 5.0 * sigma
        if np.count_nonzero(strong) >= _FEWEST:
            mean_h = float(np.minimum(np.abs(one - two)[strong] / total[strong], 1.0).mean())
            # ⟨|H|⟩ is (1 − 2α)/2 for acentric and 2(1 − 2α)/π for centric reflections.
            fraction = 0.5 * (1.0 - (np.pi * mean_h / 2.0 if centric else 2.0 * mean_h))
            fraction = float(np.clip(fraction, 0.0, 0.5))
    return TwinLaw(law, op.as_hkl().triplet(), r, n, fraction)


def twin_notes(laws: tuple[TwinLaw, ...], pairs: LTest) -> Iterator[str]:
    """What points at a merohedral twin, in sentences for the user."""
    low = not pairs.centric and pairs.mean_abs_l < _LOW_L
    limit = _TWINNED_WITH_LOW_L if low else _TWINNED
    law = next((each for each in laws if each.r < limit), None)
    if law is not None:
        yield (
            f"Reflections that {law.triplet} relates agree within R = {law.r:.2f}: the crystal is "
            f"a twin (second domain about {law.fraction:.0%}), or its symmetry is higher."
        )
    if law is not None and low:
        yield (
            f"⟨|L|⟩ of neighbouring reflections is {pairs.mean_abs_l:.2f}, where 0.50 is expected "
            "without twinning and 0.375 of a perfect twin."
        )
