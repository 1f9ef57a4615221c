"""Solve a crystal structure from measured intensities, from phases to verdict."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.checks import check
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
    StartPhases,
)
from patterson_gui.crystal.symmetry.candidates import candidate_groups, change_of_axes
from patterson_gui.crystal.symmetry.decide import MUST_FALL, decide_by_r1
from patterson_gui.crystal.symmetry.find import GroupSolution, find_space_group
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.crystal.symmetry.missed_symmetry import find_missed_symmetry
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.phasing.search import PhasedIntensities, find_phases
from patterson_gui.solvers.phasing.starts import Superpose, Vectors
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.structure.build import BuiltModel, build_model
from patterson_gui.solvers.structure.elements.choices import notes_on_contents
from patterson_gui.solvers.structure.expansion import P1Intensities, expand_to_p1
from patterson_gui.solvers.structure.finish import finish
from patterson_gui.solvers.structure.larger_group import absences_explained, model_in_larger_group
from patterson_gui.solvers.structure.verdict import judge

_SEARCH_SECONDS = 60.0
# Agreement of phases with their group below which the search goes on.
_SURE = {"xray": 0.5, "neutron": 0.5, "electron": 0.85}
_NO_SYMMETRY = 2  # order of the Laue class of P1 and P-1
_MOST_SEARCHES = 4  # for phases with the symmetry of the intensities
_NEXT_SEED = 7919  # between the seeds of two searches
_SAME_R_INT, _R_INT_MARGIN = 1.2, 0.02  # R_int of a higher Laue class that holds
_MOST_BUILDS = 5
_GOOD_R1 = 0.2  # of an isotropic model: below it subgroups need not be tried
# R1 of an isotropic model that holds most of the atoms. If there is one, subgroups of an index
# above two need not be tried either: a twin of three or more equal domains is rare.
_MOST_ATOMS_R1, _MOST_INDEX = 0.3, 2
_SURE_AGREEMENT = 0.75  # of phases with the first group: below it subgroups are tried
# R1 of a finished structure above which the next groups of the list are refined as well.
_POOR_R1 = {"xray": 0.12, "neutron": 0.15, "electron": 0.3}
_MOST_FINISHED = 3
_SURE_RATIO = 1.12  # of R with the first group imposed: above it subgroups are tried
_FALL_OF_RATIO = 0.08  # of R with the group imposed: by more than this only in a wrong group
_SHARE_OF_R1 = 0.2  # by which R1 must fall to prefer fewer operations
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
        self._start_phases: StartPhases | None = None

    def run(self) -> Solution:
        begun = time.process_time()
        notes = check(self.intensities, self.contents)
        notes += notes_on_contents(self.contents, self.intensities.cell.volume)
        self.report(SolveProgress("Merging", 0.0))
        measured, axes = measured_in_new_axes(self.intensities, self.settings)
        centring = find_centring(measured)[0]
        if self.settings.space_group != "auto" or self.settings.laue:
            candidate_groups(
                measured, self.settings, centring
            )  # refuses wrong ones before all work
        p1 = expand_to_p1(measured, centring)
        data = statistics(measured, None, self.contents)
        self.report(SolveProgress("Phases", 0.05, data=data))
        to_primitive = np.linalg.inv(p1.axes) @ np.linalg.inv(axes).T
        phased, groups = self._phases_and_groups(p1, measured, _expected_order(data), to_primitive)
        seconds_phases = time.process_time() - begun
        rows = tuple(group.candidate for group in groups)
        self.report(SolveProgress("Space group", 0.4, candidates=rows))
        built = self._build(groups, measured)
        rows = self._decided(groups, built)
        self.report(SolveProgress("Atoms", 0.6, candidates=rows))
        structures = self._finished(rows, built, measured)
        structures |= self._in_larger_group(rows, structures, measured)
        rows = _with_final_r1(rows, structures)
        structure = structures.get(rows[0].name)
        if structure is not None and not np.array_equal(axes, np.eye(3)):
            structure = replace(structure, change_of_axes=axes)
        if structure is not None:
            data = statistics(measured, structure.spacegroup, self.contents)
            notes += _missed_symmetry(structure)
        verdict, reason, advice = judge(
            structure, phased.starts, rows, self.contents, str(self.device), self.cancelled
        )
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
            others={name: other for name, other in structures.items() if name != rows[0].name},
            start_phases=self._start_phases,
        )

    def _phases_and_groups(
        self,
        p1: P1Intensities,
        measured: Intensities,
        expected: int,
        to_primitive: NDArray[np.float64],
    ) -> tuple[PhasedIntensities, list[GroupSolution]]:
        """Phases whose symmetry is as high as that of the intensities, and their space groups.

        Two starts can agree on something wrong, with electron data above all. That lacks the
        symmetry of the intensities, so the search goes on with other starts.
        """
        begun = time.process_time()
        electrons = measured.radiation == "electron"
        best: tuple[PhasedIntensities, list[GroupSolution]] | None = None
        starts: tuple[Start, ...] = ()
        for attempt in range(_MOST_SEARCHES):
            left = self._seconds - (time.process_time() - begun)
            if attempt and left < 0:
                break
            phased = self._phases(p1, attempt, max(left, 0.0), starts, to_primitive)
            starts = phased.starts
            groups = find_space_group(
                p1.hkl[phased.rows],
                phased.e * phased.weight,
                measured,
                self.settings,
                self.cancelled,
            )
            if best is None or _symmetry(groups) > _symmetry(best[1]):
                best = phased, groups
            enough = self.settings.starts is not None and len(starts) >= self.settings.starts
            order, agreement = _symmetry(groups)
            # Twins and pseudo-symmetric intensities have a higher Laue class than the crystal.
            symmetric = order >= expected or (order > _NO_SYMMETRY and not electrons)
            if (symmetric and agreement >= _SURE[measured.radiation]) or enough:
                break
        assert best is not None
        return replace(best[0], starts=starts), best[1]

    @property
    def _seconds(self) -> float:
        return self.settings.time if self.settings.time is not None else _SEARCH_SECONDS

    def _phases(
        self,
        p1: P1Intensities,
        attempt: int,
        seconds: float,
        earlier: tuple[Start, ...],
        to_primitive: NDArray[np.float64],
    ) -> PhasedIntensities:
        """Phases from starts that `earlier` does not hold.

        to_primitive : (3, 3) from fractions of the measured cell to those of the primitive one.
        """
        to_measured: NDArray[np.float64] = np.asarray(np.linalg.inv(to_primitive))

        def numbered(starts: tuple[Start, ...]) -> tuple[Start, ...]:
            return earlier + tuple(
                replace(
                    start,
                    number=start.number + len(earlier),
                    vectors=_transformed(start.vectors, to_measured),
                )
                for start in starts
            )

        before = {} if self._start_phases is None else dict(self._start_phases.e)

        def progress(
            starts: tuple[Start, ...],
            rows: NDArray[np.intp],
            e: tuple[NDArray[np.complex64], ...],
        ) -> None:
            every = numbered(starts)
            new = {start.number: f for start, f in zip(every[len(earlier) :], e, strict=True)}
            phases = self._start_phases = StartPhases(p1.hkl[rows], before | new)
            words = f"{len(every)} tries"
            self.report(SolveProgress("Phases", 0.1, words, starts=every, start_phases=phases))

        allowed = self.settings.starts
        superpose: Superpose = "none"  # a further search would begin from the same peaks again
        chosen = self.settings.superpose
        if attempt == 0:
            superpose = (
                chosen
                if isinstance(chosen, str)
                else np.asarray(_transformed(chosen, to_primitive), dtype=np.float64)
            )
        phased = find_phases(
            p1.primitive,
            p1.e,
            p1.cell,
            f=np.sqrt(np.maximum(p1.value, 0.0)),
            seed=self.settings.seed + _NEXT_SEED * attempt,
            superpose=superpose,
            starts=None if allowed is None else max(1, allowed - len(earlier)),
            seconds=seconds,
            device=self.device,
            report=progress,
            cancelled=self.cancelled,
        )
        return replace(phased, starts=numbered(phased.starts))

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
            coefficients = map_coefficients(group, merged.hkl, merged.value, normalise(merged))
            data = prepare(merged, str(self.device))
            built.append(
                _Built(group, build_model(data, coefficients, self.contents, self.cancelled))
            )
        return built

    def _finished(
        self,
        rows: tuple[SpaceGroupCandidate, ...],
        built: list[_Built],
        measured: Intensities,
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
            structure = self._finish(measured, each.group.spacegroup, each.model.trial.model)
            finished[row.name] = structure
            good = structure.figures.r1 < _POOR_R1[measured.radiation]
            if good or len(finished) == _MOST_FINISHED:
                break
        return finished

    def _finish(
        self, measured: Intensities, spacegroup: gemmi.SpaceGroup, model: AsymmetricUnit
    ) -> RefinedStructure:
        return finish(
            measured,
            spacegroup,
            model,
            self.contents,
            self.settings,
            self.report,
            self.cancelled,
        )

    def _in_larger_group(
        self,
        rows: tuple[SpaceGroupCandidate, ...],
        structures: dict[str, RefinedStructure],
        measured: Intensities,
    ) -> dict[str, RefinedStructure]:
        """The structure in the larger group that its atoms have, by name; empty where there is
        none, where its equivalents differ, or where it forbids what was measured."""
        chosen = _with_final_r1(rows, structures)[0]
        if chosen.name not in structures:
            return {}
        larger = model_in_larger_group(structures[chosen.name])
        if larger is None:
            return {}
        spacegroup, model = larger
        row = next((r for r in rows if r.name == spacegroup.xhm()), None)
        if row is None or row.name in structures:
            return {}
        if row.r_int > _SAME_R_INT * chosen.r_int + _R_INT_MARGIN:
            return {}
        structure = self._finish(measured, spacegroup, model)
        return {row.name: structure} if absences_explained(structure, measured) else {}

    @staticmethod
    def _decided(
        groups: list[GroupSolution], built: list[_Built]
    ) -> tuple[SpaceGroupCandidate, ...]:
        r1 = {b.group.spacegroup.xhm(): b.model.r1 for b in built}
        # Where no model fits well, R1 falls by more when symmetry is lowered.
        must_fall = max(MUST_FALL, _SHARE_OF_R1 * min(r1.values(), default=0.0))
        rows = [
            replace(group.candidate, r1=r1.get(group.candidate.name, group.candidate.r1))
            for group in groups
        ]
        return decide_by_r1(rows, must_fall)


def _transformed(vectors: Vectors, matrix: NDArray[np.float64]) -> Vectors:
    """`matrix` @ v of each vector, in −½ … ½."""
    moved = (matrix @ np.asarray(vector) for vector in vectors)
    return tuple((float(u), float(v), float(w)) for u, v, w in (x - np.rint(x) for x in moved))


def _missed_symmetry(structure: RefinedStructure) -> tuple[str, ...]:
    """A note on operations outside the space group that map the model onto itself."""
    missed = find_missed_symmetry(structure.model, structure.merged.cell, structure.spacegroup)
    if missed is None:
        return ()
    larger = missed.spacegroup.xhm() if missed.spacegroup is not None else "one in other axes"
    return (
        f"The atoms have more symmetry than {structure.spacegroup.xhm()}: compare the space group "
        f"{larger}.",
    )


def _with_final_r1(
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


def _expected_order(data: dict[str, Any]) -> int:
    """Order of the highest Laue class in which equivalent intensities agree as in the lowest.

    Where nothing was measured twice the class is that of a file of unique reflections.
    """
    rows = data["laue_classes"]
    measured = [row["r_int"] for row in rows if not math.isnan(row["r_int"])]
    limit = _SAME_R_INT * min(measured, default=0.0) + _R_INT_MARGIN
    return max(
        (row["order"] for row in rows if math.isnan(row["r_int"]) or row["r_int"] <= limit),
        default=2,
    )


def _symmetry(groups: list[GroupSolution]) -> tuple[int, float]:
    """Order of the Laue class of the likeliest group, and the agreement of its phases."""
    first = groups[0]
    order = len(first.spacegroup.operations().sym_ops)
    if not first.spacegroup.is_centrosymmetric():
        order *= 2
    return order, first.candidate.agreement


def _worth_building(group: GroupSolution, first: SpaceGroupCandidate, built: list[_Built]) -> bool:
    """Whether a further group can be right: nothing good was found, or it is as likely."""
    if first.agreement < _SURE_AGREEMENT or first.r_ratio > _SURE_RATIO:
        return True  # a heavy atom can make the phases more symmetric than the crystal
    if group.candidate.r_ratio < first.r_ratio - _FALL_OF_RATIO:
        return True  # the same, where imposing fewer operations lets the density fit better
    r1 = min(b.model.r1 for b in built)
    order = len(group.spacegroup.operations().sym_ops)
    largest = max(len(b.group.spacegroup.operations().sym_ops) for b in built)
    if r1 > _GOOD_R1:
        return r1 > _MOST_ATOMS_R1 or largest <= _MOST_INDEX * order
    return order >= largest and group.candidate.agreement >= _AS_LIKELY * first.agreement


def measured_in_new_axes(
    intensities: Intensities, settings: SolveSettings
) -> tuple[Intensities, NDArray[np.int64]]:
    """The data with indices of obverse rhombohedral axes, and M with h_new = M h_measured."""
    if settings.radiation != "auto":
        intensities = replace(intensities, radiation=settings.radiation)
    axes = change_of_axes(find_centring(intensities)[0])
    if not np.array_equal(axes, np.eye(3)):
        hkl = np.asarray(intensities.hkl @ axes.T, dtype=np.int32)
        intensities = replace(intensities, hkl=hkl)
    return intensities, axes


def map_coefficients(
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
