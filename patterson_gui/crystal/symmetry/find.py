"""Find the space group of structure factors that were phased in P1."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import SolveSettings, SpaceGroupCandidate
from patterson_gui.crystal.symmetry.absences import AbsenceEvidence, Absences
from patterson_gui.crystal.symmetry.average import average, symmetrise
from patterson_gui.crystal.symmetry.candidates import (
    OTHER_HAND,
    candidate_groups,
    change_of_axes,
)
from patterson_gui.crystal.symmetry.error_reduction import ErrorReduction
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.crystal.symmetry.laue import LaueMerging
from patterson_gui.crystal.symmetry.operations import (
    GroupOperations,
    operations_of,
    origin_shift,
    rotation_code,
)
from patterson_gui.crystal.symmetry.phase_agreement import GroupAgreement, PhaseAgreement
from patterson_gui.crystal.symmetry.rules import (
    FEWEST_AGREEMENT,
    accepted,
    merges_badly,
)
from patterson_gui.errors import Cancelled

_WELL = 0.85  # lowest agreement from which subgroups are taken to have the same origin
MOST_CONTENDERS = 12  # groups that are symmetrised to compare R


@dataclass(frozen=True, eq=False)
class GroupSolution:
    """A candidate group with what is needed to go on in it.

    Attributes
    ----------
    candidate : its row of evidence.
    spacegroup : the group in its setting.
    shift : (3,) fractional; x_group = x_P1 + shift, in the axes of the group.
    change_of_axes : (3, 3) int M with h_group = M h_measured; identity in nearly all cases.
    inverted : whether the P1 density was inverted first: the group is the one of the other hand.
    contender : whether the group is plausible and worth a refinement.
    cell : in the axes of the group.
    """

    candidate: SpaceGroupCandidate
    spacegroup: gemmi.SpaceGroup
    shift: NDArray[np.float64]
    contender: bool
    cell: gemmi.UnitCell
    change_of_axes: NDArray[np.int64]
    _hkl: NDArray[np.int32] = field(repr=False)
    _f: NDArray[np.complex128] = field(repr=False)
    inverted: bool = False

    @cached_property
    def averaged(self) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
        """Unique reflections (m, 3) of the group and their mean structure factors (m,).

        They are in the frame of the group; see `average.average`.
        """
        f = np.conj(self._f) if self.inverted else self._f
        return average(self._hkl, f, self.cell, operations_of(self.spacegroup), self.shift)


@dataclass(eq=False)
class _Row:
    """A group while the evidence is put together."""

    group: GroupOperations
    agreement: GroupAgreement
    absences: AbsenceEvidence
    r_int: float
    refused: str = ""
    r_ratio: float = float("nan")
    inverted: bool = False
    reason: str = ""


def find_space_group(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    intensities: Intensities,
    settings: SolveSettings,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[GroupSolution]:
    """All groups that the lattice allows, the best first.

    Parameters
    ----------
    hkl : (n, 3) reflections of P1, one or both of each Friedel pair.
    f : (n,) their structure factors with the phases of a P1 solution, any scale, origin and hand.
    intensities : as measured: for R_int of the Laue classes, and absences.
    cancelled : asked between steps.

    Returns
    -------
    The first is the choice by phases alone. `contender` marks those that a refinement should
    compare; see `decide.decide_by_r1`.

    Raises
    ------
    UserError
        An unknown group, or one that does not suit the cell.
    Cancelled
    """
    centring = find_centring(intensities)[0]
    axes = change_of_axes(centring)
    hkl = np.asarray(hkl @ axes.T, dtype=np.int32)
    intensities = replace(intensities, hkl=np.asarray(intensities.hkl @ axes.T, dtype=np.int32))
    if centring.symbol == "R reverse":
        centring = replace(centring, symbol="R", vectors=_R_OBVERSE)
    groups = candidate_groups(intensities, settings, centring)
    allowed = centring.allows(hkl)
    hkl, f = hkl[allowed], np.asarray(f, dtype=np.complex128)[allowed]
    phases = PhaseAgreement(hkl, f, intensities.cell)
    absences = Absences(intensities, centring.allows(intensities.hkl))
    merging = LaueMerging(intensities)
    lowest_r_int = merging.r_int(_FRIEDEL)[0]

    rows: list[_Row] = []
    for group in sorted(groups, key=len, reverse=True):
        if cancelled():
            raise Cancelled
        row = _Row(
            group,
            _from_larger(group, rows) or phases.quick(group, FEWEST_AGREEMENT),
            absences.of_group(group),
            merging.r_int(group.laue_set)[0],
        )
        if row.agreement.lowest < FEWEST_AGREEMENT:
            row.refused = "phases do not agree"
        elif row.absences.violated:
            row.refused = "forbidden reflections are strong"
        elif merges_badly(row.r_int, lowest_r_int, intensities.radiation):
            row.refused = "equivalents differ"
        rows.append(row)
    _compare(rows, hkl, f, intensities.cell, cancelled)
    rows.sort(key=_rank)
    _take_other_hands(rows)
    return [
        GroupSolution(
            candidate=_candidate(row, chosen=i == 0),
            spacegroup=row.group.spacegroup,
            shift=row.agreement.shift,
            contender=not row.refused and not row.inverted,
            cell=intensities.cell,
            change_of_axes=axes,
            _hkl=hkl,
            _f=f,
            inverted=row.inverted,
        )
        for i, row in enumerate(rows)
    ]


def _from_larger(group: GroupOperations, rows: list[_Row]) -> GroupAgreement | None:
    """The agreement of a subgroup of a group that agrees well, without a search of its own."""
    for row in rows:
        larger, agreement = row.group, row.agreement
        if agreement.lowest < _WELL or not group.rotation_set < larger.rotation_set:
            continue
        part = larger.restricted(group.rotation_set)
        shift = origin_shift(part, group)
        if shift is not None:
            at = {
                int(code): value
                for code, value in zip(larger.codes, agreement.operations, strict=True)
            }
            values = np.array([at[int(code)] for code in group.codes])
            return GroupAgreement((agreement.shift + shift) % 1.0, values)
    return None


def _compare(
    rows: list[_Row],
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    cell: gemmi.UnitCell,
    cancelled: Callable[[], bool],
) -> None:
    """Fill in R after symmetrising over R before for the largest groups not yet refused."""
    open_rows = [row for row in rows if not row.refused]
    open_rows.sort(key=lambda row: (-len(row.group), -row.agreement.lowest))
    reduction = ErrorReduction(hkl, np.abs(f), cell)
    before = reduction.r_after(f)
    for row in open_rows[:MOST_CONTENDERS]:
        if cancelled():
            raise Cancelled
        symmetric = symmetrise(hkl, f, row.group, row.agreement.shift)
        row.r_ratio = reduction.r_after(symmetric) / before
        if not accepted(row.agreement.lowest, row.r_ratio):
            row.refused = "R rises when it is imposed"


def _take_other_hands(rows: list[_Row]) -> None:
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
            agreement = replace(row.agreement, shift=(shift - row.agreement.shift) % 1.0)
            reason = f"the other hand of {row.group.name}: absolute structure decides"
            rows.insert(
                rows.index(row) + 1,
                replace(row, group=other.group, agreement=agreement, inverted=True, reason=reason),
            )
            break


def _rank(row: _Row) -> tuple[bool, int, float]:
    """Rows that are not refused first, then larger groups, then those that agree better.

    Of groups of one order, R that rises by as much outweighs the agreement.
    """
    size = 0 if row.refused else len(row.group)
    rise = max(row.r_ratio - 1.0, 0.0) if math.isfinite(row.r_ratio) else 0.0
    return bool(row.refused), -size, rise - row.agreement.lowest


def _candidate(row: _Row, chosen: bool) -> SpaceGroupCandidate:
    group = row.group.spacegroup
    return SpaceGroupCandidate(
        name=row.group.name,
        number=int(group.number),
        centrosymmetric=row.group.centrosymmetric,
        agreement=row.agreement.lowest,
        mean_agreement=row.agreement.mean,
        r_ratio=row.r_ratio,
        r_int=row.r_int,
        n_absences=row.absences.n,
        absences_i_over_sigma=row.absences.i_over_sigma,
        chosen=chosen,
        reason=row.refused or row.reason or ("agrees best" if chosen else "agrees too"),
    )


_R_OBVERSE = ((16, 8, 8), (8, 16, 16))
_FRIEDEL = frozenset({int(c) for c in rotation_code(np.array([np.eye(3), -np.eye(3)], np.int64))})
