"""Models in the candidate space groups: built, refined, and the group decided by their R1."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.measured.normalise import normalise
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.solution import (
    RefinedStructure,
    SolveProgress,
    SolveSettings,
    SpaceGroupCandidate,
)
from patterson_gui.crystal.symmetry.decide import MUST_FALL, decide_by_r1
from patterson_gui.crystal.symmetry.find import GroupSolution
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.refinement.least_squares.reflection_data import TwinLaw, prepare
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine
from patterson_gui.solvers.structure.atom_labels import with_labels
from patterson_gui.solvers.structure.build import BuiltModel, build_model
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.larger_group import absences_explained, model_in_larger_group
from patterson_gui.solvers.structure.phase_search import r_int_limit

_MOST_BUILDS = 5
_TWIN_R1 = 0.15  # of every isotropic model: above it twin laws are tried
_AS_TWIN = RefinementOptions(
    anisotropic=False, extinction=False, invert=False, rough=True, weights=Weights(a=0.1), cycles=8
)
_GOOD_R1 = 0.2  # of an isotropic model: below it subgroups need not be tried
# R1 of an isotropic model that holds most of the atoms. If there is one, subgroups of an index
# above two need not be tried either: a twin of three or more equal domains is rare.
_MOST_ATOMS_R1, _MOST_INDEX = 0.3, 2
_SURE_AGREEMENT = 0.75  # of phases with the first group: below it subgroups are tried
_SURE_RATIO = 1.12  # of R with the first group imposed: above it subgroups are tried
_FALL_OF_RATIO = 0.08  # of R with the group imposed: by more than this only in a wrong group
# Share of the phase agreement of a group that it needs at another origin. A heavy atom and an image
# of it, which phases from few atoms often show, make them symmetric about two points.
_OTHER_ORIGIN, _MOST_ORIGINS = 0.6, 3
_AS_LIKELY = 0.75  # share of the phase agreement of the first group that others need
# R1 of a finished structure above which the next groups of the list are refined as well.
_POOR_R1 = {"xray": 0.12, "neutron": 0.15, "electron": 0.3}
_MOST_FINISHED = 3
_SHARE_OF_R1 = 0.2  # by which R1 must fall to prefer fewer operations


@dataclass(frozen=True, eq=False)
class GroupModel:
    """An isotropic model in one of the candidate groups, as a twin where that fits better.

    Attributes
    ----------
    r1 : of the refined model.
    twin : law and share of the second domain; None for a single crystal.
    """

    group: GroupSolution
    model: AsymmetricUnit
    r1: float
    twin: tuple[TwinLaw, float] | None = None


def build_in_group(
    group: GroupSolution,
    measured: Intensities,
    contents: Contents | None,
    device: str,
    cancelled: Callable[[], bool],
) -> BuiltModel:
    """An isotropic model in a space group, from the phases that its symmetry makes equal."""
    merged = merge(measured, group.spacegroup, friedel=True)
    coefficients = _map_coefficients(group, merged.hkl, merged.value, normalise(merged))
    return build_model(prepare(merged, device), coefficients, contents, cancelled)


class CandidateModels:
    """Builds and refines models in the groups that may be right."""

    def __init__(
        self,
        measured: Intensities,
        contents: Contents | None,
        settings: SolveSettings,
        device: torch.device,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.measured = measured
        self.contents = contents
        self.settings = settings
        self.device = device
        self.report = report
        self.cancelled = cancelled

    def build(self, groups: list[GroupSolution]) -> list[GroupModel]:
        """Isotropic models in the groups that may be right, the likeliest first."""
        built: list[GroupModel] = []
        contenders = [g for g in groups if g.contender] or groups[:1]
        first = contenders[0].candidate
        for group in contenders:
            if self.cancelled():
                raise Cancelled
            if len(built) == _MOST_BUILDS:
                break
            if built and not _worth_building(group, first, built):
                continue
            built.append(self._built(group))
        # Electrons are scattered more than once: there a twin in a subgroup fits any misfit better.
        electrons = self.measured.radiation == "electron"
        if not electrons and min(b.r1 for b in built) > _TWIN_R1:
            built = [self.as_twin(each) for each in built]
        return built

    def _built(self, group: GroupSolution) -> GroupModel:
        built = build_in_group(
            group, self.measured, self.contents, str(self.device), self.cancelled
        )
        return GroupModel(group, built.trial.model, built.r1)

    def as_twin(self, built: GroupModel) -> GroupModel:
        """The model refined as a twin by merohedry, where a twin law removes much of the misfit.

        Intensities of a twin of equal domains have the higher symmetry of the lattice, so that
        the model of a group with that symmetry fits as well as any, and all fit poorly.
        """
        merged = merge(self.measured, built.group.spacegroup, friedel=True)
        options = replace(_AS_TWIN, device=str(self.device))
        refined = refine(merged, with_labels(built.model), options, self.cancelled)
        figures = refined.figures
        if figures.twin_law is None or figures.r1 >= built.r1:
            return built
        twin = figures.twin_law, figures.twin_fraction
        return replace(built, model=refined.model, r1=figures.r1, twin=twin)

    def finish(
        self,
        rows: tuple[SpaceGroupCandidate, ...],
        built: list[GroupModel],
    ) -> dict[str, RefinedStructure]:
        """The refined structure in the chosen group; where it fits poorly, in further ones too."""
        by_name = {b.group.spacegroup.xhm(): b for b in built}
        finished: dict[str, RefinedStructure] = {}
        for row in rows:
            if self.cancelled():
                raise Cancelled
            if row.name not in by_name:
                continue
            each = by_name[row.name]
            structure = self._finish(each.group.spacegroup, each.model, each.twin)
            finished[row.name] = structure
            good = structure.figures.r1 < _POOR_R1[self.measured.radiation]
            if good or len(finished) == _MOST_FINISHED:
                break
        return finished

    def _finish(
        self,
        spacegroup: gemmi.SpaceGroup,
        model: AsymmetricUnit,
        twin: tuple[TwinLaw, float] | None = None,
    ) -> RefinedStructure:
        return finish(
            self.measured,
            spacegroup,
            model,
            self.contents,
            self.settings,
            self.report,
            self.cancelled,
            twin,
        )

    def finish_in_larger_group(
        self,
        rows: tuple[SpaceGroupCandidate, ...],
        structures: dict[str, RefinedStructure],
    ) -> dict[str, RefinedStructure]:
        """The structure in the larger group that its atoms have, by name; empty where there is
        none, where its equivalents differ, or where it forbids what was measured."""
        chosen = decide_again(rows, structures)[0]
        if chosen.name not in structures:
            return {}
        larger = model_in_larger_group(structures[chosen.name])
        if larger is None:
            return {}
        spacegroup, model = larger
        row = next((r for r in rows if r.name == spacegroup.xhm()), None)
        if row is None or row.name in structures:
            return {}
        if row.r_int > r_int_limit(chosen.r_int):
            return {}
        structure = self._finish(spacegroup, model)
        return {row.name: structure} if absences_explained(structure, self.measured) else {}

    def finish_at_other_origin(
        self,
        chosen: SpaceGroupCandidate,
        structures: dict[str, RefinedStructure],
        built: list[GroupModel],
    ) -> dict[str, RefinedStructure]:
        """The structure in the chosen group, by name, at another origin that the phases allow;
        empty where none brings R1 down."""
        first = next((b for b in built if b.group.candidate.name == chosen.name), None)
        if first is None or chosen.name not in structures:
            return {}
        best = first
        for group in first.group.at_other_origins(_OTHER_ORIGIN)[:_MOST_ORIGINS]:
            other = self._built(group)
            if other.r1 < best.r1:
                best = other
        if best is first:
            return {}
        structure = self._finish(best.group.spacegroup, best.model, best.twin)
        lower = structure.figures.r1 < structures[chosen.name].figures.r1
        return {chosen.name: structure} if lower else {}


def decide(groups: list[GroupSolution], built: list[GroupModel]) -> tuple[SpaceGroupCandidate, ...]:
    """The candidates in order, the chosen one first, by the R1 of their isotropic models."""
    r1 = {b.group.spacegroup.xhm(): b.r1 for b in built}
    # Where no model fits well, R1 falls by more when symmetry is lowered.
    must_fall = max(MUST_FALL, _SHARE_OF_R1 * min(r1.values(), default=0.0))
    rows = [
        replace(group.candidate, r1=r1.get(group.candidate.name, group.candidate.r1))
        for group in groups
    ]
    return decide_by_r1(rows, must_fall)


def decide_again(
    rows: tuple[SpaceGroupCandidate, ...],
    structures: dict[str, RefinedStructure],
) -> tuple[SpaceGroupCandidate, ...]:
    """The candidates decided once more, by the R1 of the finished refinements where there are
    several."""
    if len(structures) < 2:
        return rows
    final = [
        replace(row, r1=structures[row.name].figures.r1) for row in rows if row.name in structures
    ]
    lowest = min(row.r1 for row in final)
    decided = decide_by_r1(final, max(MUST_FALL, _SHARE_OF_R1 * lowest))
    return (*decided, *(row for row in rows if row.name not in structures))


def _worth_building(
    group: GroupSolution, first: SpaceGroupCandidate, built: list[GroupModel]
) -> bool:
    """Whether a further group can be right: nothing good was found, or it is as likely."""
    if first.agreement < _SURE_AGREEMENT or first.r_ratio > _SURE_RATIO:
        return True  # a heavy atom can make the phases more symmetric than the crystal
    if group.candidate.r_ratio < first.r_ratio - _FALL_OF_RATIO:
        return True  # the same, where imposing fewer operations lets the density fit better
    r1 = min(b.r1 for b in built)
    order = len(group.spacegroup.operations().sym_ops)
    largest = max(len(b.group.spacegroup.operations().sym_ops) for b in built)
    if r1 > _GOOD_R1:
        return r1 > _MOST_ATOMS_R1 or largest <= _MOST_INDEX * order
    return order >= largest and group.candidate.agreement >= _AS_LIKELY * first.agreement


def _map_coefficients(
    group: GroupSolution,
    hkl: NDArray[np.int32],
    value: NDArray[np.float64],
    e: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """(n,) √(|E| |F|) with the phases of the group, zero where a reflection has none."""
    found_hkl, found = group.averaged
    index, phased = equivalents.match(found_hkl, hkl)
    modulus = np.sqrt(e * np.sqrt(np.maximum(value, 0.0)))
    return np.where(phased, modulus * np.exp(1j * np.angle(found[index])), 0.0)
