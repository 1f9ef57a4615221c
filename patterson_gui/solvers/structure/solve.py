"""Solve a crystal structure from measured intensities, from phases to verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.measured.normalise import normalise
from patterson_gui.crystal.measured.statistics import statistics
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.crystal.solution import (
    RefinedStructure,
    Solution,
    SolveProgress,
    SolveSettings,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.crystal.symmetry.candidates import change_of_axes
from patterson_gui.crystal.symmetry.decide import decide_by_r1
from patterson_gui.crystal.symmetry.find import GroupSolution, find_space_group
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.phasing.search import PhasedIntensities, find_phases
from patterson_gui.solvers.refinement.reflection_data import prepare
from patterson_gui.solvers.structure.build import BuiltModel, build_model
from patterson_gui.solvers.structure.expansion import P1Intensities, expand_to_p1
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.verdict import judge

_SEARCH_SECONDS = 60.0
_MOST_BUILDS = 5
_GOOD_R1 = 0.2  # of an isotropic model: below it subgroups need not be tried
_SURE_AGREEMENT = 0.75  # of phases with the first group: below it subgroups are tried
_AS_LIKELY = 0.75  # share of the phase agreement of the first group that others need

Report = Callable[[SolveProgress], None]


def solve_structure(
    intensities: Intensities,
    contents: Contents | None,
    settings: SolveSettings,
    report: Report = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Solution:
    """Find phases, space group, atoms and elements; refine; say whether it is solved.

    Parameters
    ----------
    intensities : as measured; equivalents need not be merged.
    contents : elements, and their numbers where known; None: nothing is known.

    Raises
    ------
    UserError : a wrong setting, or data that no solution can come from.
    Cancelled : `cancelled()` became true.
    """
    with torch.inference_mode():
        return _Solver(intensities, contents, settings, report, cancelled).run()


@dataclass(eq=False)
class _Built:
    """A model in one of the candidate groups."""

    group: GroupSolution
    model: BuiltModel


class _Solver:
    """The steps of one solution."""

    def __init__(
        self,
        intensities: Intensities,
        contents: Contents | None,
        settings: SolveSettings,
        report: Report,
        cancelled: Callable[[], bool],
    ) -> None:
        if settings.radiation != "auto":
            intensities = replace(intensities, radiation=settings.radiation)
        self.intensities = intensities
        self.contents = contents
        self.settings = settings
        self.report = report
        self.cancelled = cancelled
        self.device = choose_device(settings.device)

    def run(self) -> Solution:
        begun = time.process_time()
        self.report(SolveProgress("Merging", 0.0))
        centring = find_centring(self.intensities)[0]
        axes = change_of_axes(centring)
        measured = self.intensities
        if not np.array_equal(axes, np.eye(3)):
            hkl = np.asarray(measured.hkl @ axes.T, dtype=np.int32)
            measured = replace(measured, hkl=hkl)
            centring = find_centring(measured)[0]
        p1 = expand_to_p1(measured, centring)
        data = statistics(measured, None, self.contents)
        self.report(SolveProgress("Phases", 0.05, data=data))
        phased = self._phases(p1)
        groups = find_space_group(
            p1.hkl[phased.rows], phased.e * phased.weight, measured, self.settings, self.cancelled
        )
        seconds_phases = time.process_time() - begun
        rows = tuple(group.candidate for group in groups)
        self.report(SolveProgress("Space group", 0.4, candidates=rows))
        built = self._build(groups, measured)
        rows = self._decided(groups, built)
        chosen = next((b for b in built if b.group.spacegroup.xhm() == rows[0].name), None)
        self.report(SolveProgress("Atoms", 0.6, candidates=rows))
        structure: RefinedStructure | None = None
        notes: tuple[str, ...] = ()
        if chosen is not None:
            finished = finish(
                measured,
                chosen.group.spacegroup,
                chosen.model,
                self.contents,
                self.settings,
                self.report,
                self.cancelled,
            )
            structure = replace(finished.structure, change_of_axes=axes)
            notes = finished.notes
        verdict, reason, advice = judge(structure, phased, measured, rows)
        return Solution(
            verdict=verdict,
            reason=reason,
            advice=advice,
            intensities=self.intensities,
            contents=self.contents,
            settings=self.settings,
            structure=structure,
            candidates=rows,
            starts=phased.starts,
            data=data,
            phases_hkl=p1.hkl[phased.rows],
            phases_f=phased.e * phased.weight,
            seconds_phases=seconds_phases,
            seconds=time.process_time() - begun,
            notes=notes,
        )

    def _phases(self, p1: P1Intensities) -> PhasedIntensities:
        def progress(starts: tuple[Start, ...]) -> None:
            self.report(SolveProgress("Phases", 0.1, f"{len(starts)} starts", starts=starts))

        seconds = self.settings.time if self.settings.time is not None else _SEARCH_SECONDS
        return find_phases(
            p1.primitive,
            p1.e,
            p1.cell,
            seed=self.settings.seed,
            starts=self.settings.starts,
            seconds=seconds,
            device=self.device,
            report=progress,
            cancelled=self.cancelled,
        )

    def _build(self, groups: list[GroupSolution], measured: Intensities) -> list[_Built]:
        """Isotropic models in the groups that may be right, the likeliest first."""
        built: list[_Built] = []
        contenders = [g for g in groups if g.contender] or groups[:1]
        first = contenders[0].candidate
        for group in contenders:
            if self.cancelled():
                raise Cancelled
            if len(built) == _MOST_BUILDS:
                break
            if built and not _worth_building(group, first, built):
                continue
            merged = merge(measured, group.spacegroup, friedel=True)
            coefficients = _map_coefficients(group, merged.hkl, merged.value, normalise(merged))
            data = prepare(merged, str(self.device))
            built.append(
                _Built(group, build_model(data, coefficients, self.contents, self.cancelled))
            )
        return built

    @staticmethod
    def _decided(
        groups: list[GroupSolution], built: list[_Built]
    ) -> tuple[SpaceGroupCandidate, ...]:
        r1 = {b.group.spacegroup.xhm(): b.model.r1 for b in built}
        rows = [
            replace(group.candidate, r1=r1.get(group.candidate.name, group.candidate.r1))
            for group in groups
        ]
        return decide_by_r1(rows)


def _worth_building(group: GroupSolution, first: SpaceGroupCandidate, built: list[_Built]) -> bool:
    """Whether a further group can be right: nothing good was found, or it is as likely."""
    if min(b.model.r1 for b in built) > _GOOD_R1:
        return True
    if first.agreement < _SURE_AGREEMENT:
        return True
    order = len(group.spacegroup.operations().sym_ops)
    largest = max(len(b.group.spacegroup.operations().sym_ops) for b in built)
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
