"""Solve a crystal structure from measured intensities, from phases to verdict."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.measured.checks import check
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.statistics import statistics
from patterson_gui.crystal.solution import (
    Judgement,
    RefinedStructure,
    Solution,
    SolveProgress,
    SolveSettings,
)
from patterson_gui.crystal.symmetry.candidates import candidate_groups, change_of_axes
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.crystal.symmetry.missed_symmetry import find_missed_symmetry
from patterson_gui.solvers.device import choose_device, reason_for_cpu
from patterson_gui.solvers.structure.candidate_models import (
    CandidateModels,
    decide,
    decide_again,
)
from patterson_gui.solvers.structure.elements.choices import notes_on_contents
from patterson_gui.solvers.structure.expansion import expand_to_p1
from patterson_gui.solvers.structure.phase_search import PhaseSearch, expected_order
from patterson_gui.solvers.structure.verdict import judge


def solve_structure(
    intensities: Intensities,
    contents: Contents | None,
    settings: SolveSettings,
    report: Callable[[SolveProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Solution:
    """Find phases, space group, atoms and elements; refine; say whether it is solved.

    Where a GPU fails, all is computed again on the CPU, and a note says so.

    Parameters
    ----------
    intensities : as measured; equivalents need not be merged.
    contents : elements, and their numbers where known; None: nothing is known.

    Raises
    ------
    UserError : a wrong setting, or data that no solution can come from.
    Cancelled : `cancelled()` became true.
    """
    device = choose_device(settings.device)
    with torch.inference_mode():
        try:
            return _solve(intensities, contents, settings, report, cancelled)
        except RuntimeError as error:
            why = reason_for_cpu(error)
            if why is None or device.type == "cpu":
                raise
        on_cpu = replace(settings, device="cpu")
        solution = _solve(intensities, contents, on_cpu, report, cancelled)
    note = f"The GPU {why}: the structure was solved on the CPU."
    return replace(solution, notes=(*solution.notes, note))


def _solve(
    intensities: Intensities,
    contents: Contents | None,
    settings: SolveSettings,
    report: Callable[[SolveProgress], None],
    cancelled: Callable[[], bool],
) -> Solution:
    """The steps of a solution, one after another."""
    if settings.radiation != "auto":
        intensities = replace(intensities, radiation=settings.radiation)
    device = choose_device(settings.device)
    begun = time.process_time()
    notes = check(intensities, contents)
    notes += notes_on_contents(contents, intensities.cell.volume)
    report(SolveProgress("Merging", 0.0))
    measured, axes = measured_in_new_axes(intensities)
    centring = find_centring(measured)[0]
    if settings.space_group != "auto" or settings.laue:
        candidate_groups(measured, settings, centring)  # refuse wrong ones before all work
    p1 = expand_to_p1(measured, centring)
    data = statistics(measured, None, contents)
    report(SolveProgress("Phases", 0.05, data=data))
    to_primitive = np.linalg.inv(p1.axes) @ np.linalg.inv(axes).T
    search = PhaseSearch(p1, measured, to_primitive, settings, device, report, cancelled)
    phased, groups = search.run(expected_order(data))
    seconds_phases = time.process_time() - begun
    rows = tuple(group.candidate for group in groups)
    report(SolveProgress("Space group", 0.4, candidates=rows))
    models = CandidateModels(measured, contents, settings, device, report, cancelled)
    built = models.build(groups)
    rows = decide(groups, built)
    report(SolveProgress("Atoms", 0.6, candidates=rows))
    structures = models.finish(rows, built)
    structures |= models.finish_in_larger_group(rows, structures)
    rows = decide_again(rows, structures)

    def judged() -> Judgement:
        found = structures.get(rows[0].name)
        return judge(found, phased.starts, rows, contents, str(device), cancelled)

    judgement = judged()
    if judgement.verdict != "solved" and (
        better := models.finish_at_other_origin(rows[0], structures, built)
    ):
        structures |= better
        rows = decide_again(rows, structures)
        judgement = judged()
    structure = structures.get(rows[0].name)
    if structure is not None and not np.array_equal(axes, np.eye(3)):
        structure = replace(structure, change_of_axes=axes)
    if structure is not None:
        data = statistics(measured, structure.spacegroup, contents)
        notes += _missed_symmetry(structure)
    return Solution(
        verdict=judgement.verdict,
        reason=judgement.reason,
        advice=judgement.advice,
        intensities=intensities,
        contents=contents,
        settings=settings,
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
        start_phases=search.start_phases,
    )


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


def measured_in_new_axes(intensities: Intensities) -> tuple[Intensities, NDArray[np.int64]]:
    """The data with indices of obverse rhombohedral axes, and M with h_new = M h_measured."""
    axes = change_of_axes(find_centring(intensities)[0])
    if not np.array_equal(axes, np.eye(3)):
        hkl = np.asarray(intensities.hkl @ axes.T, dtype=np.int32)
        intensities = replace(intensities, hkl=hkl)
    return intensities, axes
