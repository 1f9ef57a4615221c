"""Find the space group of structure factors that were phased in P1."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.equivalents import packed, to_hemisphere
from patterson_gui.crystal.solution import SolveSettings, SpaceGroupCandidate
from patterson_gui.crystal.symmetry.average import average
from patterson_gui.crystal.symmetry.candidates import candidate_groups, change_of_axes
from patterson_gui.crystal.symmetry.evidence import Evidence, collect
from patterson_gui.crystal.symmetry.lattice import OBVERSE, Centring, find_centring
from patterson_gui.crystal.symmetry.moduli import measured_moduli
from patterson_gui.crystal.symmetry.operations import GroupOperations, operations_of
from patterson_gui.crystal.symmetry.phase_agreement import PhaseAgreement


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
        operations = operations_of(self.spacegroup)
        return average(self._hkl, self._phased, self.cell, operations, self.shift)

    @property
    def _phased(self) -> NDArray[np.complex128]:
        """(n,) structure factors of the hand that the group belongs to."""
        return np.conj(self._f) if self.inverted else self._f

    def at_other_origins(self, share: float) -> list["GroupSolution"]:
        """The group at further origins where it agrees with the phases at least `share` times as
        well, the best first; see `PhaseAgreement.origins`."""
        phases = PhaseAgreement(self._hkl, self._phased, self.cell)
        origins = phases.origins(operations_of(self.spacegroup), share)
        return [
            replace(
                self,
                shift=origin.shift,
                candidate=replace(
                    self.candidate, agreement=origin.lowest, mean_agreement=origin.mean
                ),
            )
            for origin in origins[1:]
        ]


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
    f : (n,) structure factors whose phases count, those of a P1 solution of any origin and hand.
        Moduli are taken from the measured intensities.
    intensities : as measured, merged or not.
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
        centring = replace(centring, symbol="R", vectors=OBVERSE)
    groups = candidate_groups(intensities, settings, centring)
    hkl, f = _with_measured_moduli(hkl, f, intensities, centring, groups)
    rows = collect(groups, hkl, f, intensities, centring, cancelled)
    return [
        GroupSolution(
            candidate=_candidate(row, chosen=i == 0),
            spacegroup=row.group.spacegroup,
            shift=row.agreement.shift,
            # The first is one even if all are refused: the user may have left no other.
            contender=i == 0 or not (row.refused or row.inverted),
            cell=intensities.cell,
            change_of_axes=axes,
            _hkl=hkl,
            _f=f,
            inverted=row.inverted,
        )
        for i, row in enumerate(rows)
    ]


def _with_measured_moduli(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    intensities: Intensities,
    centring: Centring,
    groups: list[GroupOperations],
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    """One of each Friedel pair that the centring allows and that was measured; its F."""
    half, flipped = to_hemisphere(hkl)
    f = np.where(flipped, np.conj(f), f)
    largest = frozenset().union(*(group.laue_set for group in groups))
    modulus = measured_moduli(half, intensities, largest)
    _, once = np.unique(packed(half), return_index=True)
    known = once[centring.allows(half)[once] & np.isfinite(modulus)[once]]
    return half[known], modulus[known] * np.exp(1j * np.angle(f[known]))


def _candidate(row: Evidence, chosen: bool) -> SpaceGroupCandidate:
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
        reason=row.refused or row.remark or ("agrees best" if chosen else "agrees too"),
    )
