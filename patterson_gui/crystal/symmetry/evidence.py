"""Evidence on every candidate group: agreement of phases, absences, R_int, R when imposed."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.symmetry.candidates import OTHER_HAND
from patterson_gui.crystal.symmetry.error_reduction import ErrorReduction
from patterson_gui.crystal.symmetry.group_absences import AbsenceEvidence, Absences
from patterson_gui.crystal.symmetry.lattice import Centring
from patterson_gui.crystal.symmetry.laue import LaueMerging
from patterson_gui.crystal.symmetry.operations import GroupOperations, is_inversion, origin_shift
from patterson_gui.crystal.symmetry.phase_agreement import GroupAgreement, PhaseAgreement
from patterson_gui.crystal.symmetry.rules import (
    AGREEMENT_SHARE,
    FEWEST_AGREEMENT,
    FEWEST_OF_INVERSION,
    MOST_R_RISE,
    comparable,
    merging_verdict,
    ratio_verdict,
)
from patterson_gui.errors import Cancelled

MOST_CONTENDERS = 30  # groups that are imposed to compare R, the largest
MOST_OF_ONE_ORDER = 14  # of them
# Lowest agreement of a group from which smaller ones are not searched in full, and strong forbidden
# reflections leave it doubtful.
_WELL = 0.85
# The origin of a larger group is taken for a subgroup where no other can be better by more.
_AS_GOOD = 0.05
_LARGER = 3  # larger groups whose origins are tried


@dataclass(eq=False)
class Evidence:
    """What speaks for and against one group.

    Attributes
    ----------
    exact : whether the agreement is of the best origin; else it is an upper limit, or that of a
        grid point.
    refused : why the group is refused; "" where it is not.
    r_ratio : see `error_reduction.ErrorReduction.r_ratio`; NaN where not calculated.
    doubtful : whether equivalents differ too much, or R is much lower in a smaller group: it comes
        behind the others, but is not refused.
    inverted : whether it is the group of the inverted density.
    remark : what else to say.
    """

    group: GroupOperations
    agreement: GroupAgreement
    exact: bool
    absences: AbsenceEvidence
    r_int: float
    refused: str = ""
    r_ratio: float = float("nan")
    doubtful: bool = False
    inverted: bool = False
    remark: str = ""


def collect(
    groups: Iterable[GroupOperations],
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    intensities: Intensities,
    centring: Centring,
    cancelled: Callable[[], bool],
) -> list[Evidence]:
    """The evidence on each group, the best first.

    Parameters
    ----------
    hkl, f : (n, 3), (n,) structure factors of P1 with measured moduli, which the centring allows,
        in the hemisphere of `average.P1Reflections`.
    intensities : as measured, in the same axes.

    Raises
    ------
    Cancelled
    """
    phases = PhaseAgreement(hkl, f, intensities.cell)
    absences = Absences(intensities, centring.allows(intensities.hkl))
    merging = LaueMerging(intensities)
    rows: list[Evidence] = []
    for group in sorted(groups, key=len, reverse=True):
        if cancelled():
            raise Cancelled
        rows.append(
            Evidence(
                group,
                GroupAgreement(np.zeros(3), np.ones(1)),
                False,
                absences.of_group(group),
                merging.r_int(group.laue_set)[0],
            )
        )
    r_int = {row.group.laue_set: merging.r_int(row.group.laue_set) for row in rows}
    for row in rows:
        if cancelled():
            raise Cancelled
        _agree(row, rows, phases)
        if row.refused:
            continue
        merges = merging_verdict(row.group.laue_set, r_int, intensities.radiation)
        if not _enough(row):
            row.refused = "phases do not agree"
        elif row.absences.violated and row.agreement.lowest >= _WELL:
            row.doubtful, row.remark = True, "forbidden reflections are strong: a twin?"
        elif row.absences.violated:
            row.refused = "forbidden reflections are strong"
        elif merges == "bad":
            row.refused = "equivalents differ"
        elif merges == "doubtful":
            row.doubtful, row.remark = True, "equivalents differ"
    _compare(rows, phases, hkl, f, intensities, cancelled)
    rows.sort(key=_rank)
    _take_other_hands(rows)
    return rows


def _agree(row: Evidence, rows: list[Evidence], phases: PhaseAgreement) -> None:
    """Fill in the agreement, with as little search as the larger groups before it allow."""
    group = row.group
    limit, possible = phases.upper_limit(group, FEWEST_AGREEMENT, FEWEST_OF_INVERSION)
    if not possible:
        row.agreement = GroupAgreement(np.zeros(3), np.array([1.0, limit]))
        row.refused = "phases do not agree"
        return
    larger = [r for r in rows if r.exact and not r.refused and len(r.group) > len(group)]
    larger.sort(key=lambda r: -r.agreement.lowest)
    row.exact = True
    for other in [r for r in larger if group.rotation_set < r.group.rotation_set][:_LARGER]:
        found = _from_larger(group, other)
        if found is not None and found.lowest >= limit - _AS_GOOD:
            row.agreement = found
            return
    row.exact = not (larger and larger[0].agreement.lowest >= _WELL)
    row.agreement = phases.of_group(group, refine=row.exact)


def _enough(row: Evidence) -> bool:
    """Whether each operation agrees enough. The values may be of some operations only."""
    lowest = row.agreement.lowest
    if lowest >= FEWEST_AGREEMENT:
        return True
    others = row.agreement.operations[1:]
    inverted = np.array([is_inversion(rotation) for rotation in row.group.rotations[1:]])
    if len(others) != len(inverted):
        return False
    need = np.where(inverted, FEWEST_OF_INVERSION, FEWEST_AGREEMENT)
    return bool((others >= need).all())


def _from_larger(group: GroupOperations, larger: Evidence) -> GroupAgreement | None:
    """The agreement of a subgroup of a group at the origin of that; None if it is none."""
    shift = origin_shift(larger.group.restricted(group.rotation_set), group)
    if shift is None:
        return None
    values = dict(
        zip(larger.group.codes.tolist(), larger.agreement.operations.tolist(), strict=True)
    )
    return GroupAgreement(
        (larger.agreement.shift + shift) % 1.0,
        np.array([values[code] for code in group.codes.tolist()]),
    )


def _compare(
    rows: list[Evidence],
    phases: PhaseAgreement,
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    intensities: Intensities,
    cancelled: Callable[[], bool],
) -> None:
    """Impose the groups not yet refused, some of each order, and see what R says."""
    contenders: list[Evidence] = []
    for row in sorted(rows, key=lambda row: (-len(row.group), -row.agreement.lowest)):
        same_order = sum(len(other.group) == len(row.group) for other in contenders)
        if not row.refused and same_order < MOST_OF_ONE_ORDER:
            contenders.append(row)
    contenders = contenders[:MOST_CONTENDERS]
    reduction = ErrorReduction(hkl, f, intensities.cell)
    for row in contenders:
        if cancelled():
            raise Cancelled
        if not row.exact:
            row.agreement, row.exact = phases.of_group(row.group), True
        row.r_ratio = reduction.r_ratio(row.group, row.agreement.shift)
        verdict = ratio_verdict(comparable(row.group, row.agreement), row.r_ratio)
        if not _enough(row):
            row.refused = "phases do not agree"
        elif verdict == "bad":
            row.refused = "R rises when it is imposed"
        elif verdict == "doubtful":
            row.doubtful, row.remark = True, "R rises when it is imposed"
    likely = [row for row in contenders if not (row.refused or row.doubtful)]
    for row in likely:
        for smaller in likely:
            if (
                1 < len(smaller.group) < len(row.group)
                and row.r_ratio - smaller.r_ratio > MOST_R_RISE
            ):
                row.doubtful = True
                row.remark = f"R is lower in {smaller.group.name}"
                break


def _take_other_hands(rows: list[Evidence]) -> None:
    """Put the other group of an enantiomorphic pair behind the one that the phases fit.

    The hand of phases is arbitrary, so that both are equally likely until anomalous scattering
    decides. The other one belongs to the inverted density.
    """
    for row in [row for row in rows if not row.refused]:
        number = OTHER_HAND.get(int(row.group.spacegroup.number))
        for other in rows:
            if int(other.group.spacegroup.number) != number or not other.refused:
                continue
            shift = origin_shift(row.group.inverted(), other.group)
            if shift is None:
                continue
            rows.remove(other)
            mirrored = replace(
                row,
                group=other.group,
                agreement=replace(row.agreement, shift=(shift - row.agreement.shift) % 1.0),
                inverted=True,
                remark=f"the other hand of {row.group.name}: absolute structure decides",
            )
            rows.insert(rows.index(row) + 1, mirrored)
            break


def _rank(row: Evidence) -> tuple[bool, bool, int, float]:
    """Groups that are not refused first, not doubtful ones, then larger ones, then those that
    agree better, by R with the group imposed and by phases."""
    size = 0 if row.refused else len(row.group)
    ratio = row.r_ratio if math.isfinite(row.r_ratio) else 1.0
    agreement = comparable(row.group, row.agreement) if row.exact else row.agreement.lowest
    return bool(row.refused), row.doubtful, -size, ratio - AGREEMENT_SHARE * agreement
