"""Whether a structure is solved, judged from data and model alone.

No figure proves a structure by itself: R1 can be low with wrong elements, and phases can agree on
a pseudo-solution. Each line of evidence can only lower the verdict.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import gemmi
import numpy as np

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.solution import (
    ElementChoice,
    Judgement,
    RefinedStructure,
    Solution,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.crystal.symmetry.missed_symmetry import MissedSymmetry, find_missed_symmetry
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.phasing.search import agreement_of
from patterson_gui.solvers.refinement.cross_validation import SPACING_LIMIT, cross_validate
from patterson_gui.solvers.refinement.site_electrons import site_electrons
from patterson_gui.solvers.structure.evidence import Evidence, weigh

# R1 up to which a structure is solved, and up to which it probably is, by radiation: kinematical
# refinement of electron data ends at 0.12 to 0.3.
_R1_SOLVED = {"xray": 0.10, "neutron": 0.12, "electron": 0.20}
_R1_PROBABLE = {"xray": 0.20, "neutron": 0.22, "electron": 0.30}
# Share of the scattering that a model may leave unexplained. R grows with its root, and reaches
# that of unrelated intensities where nothing is explained. Multiple scattering of electrons adds
# to it.
_UNEXPLAINED = {"xray": 1 / 8, "neutron": 1 / 8, "electron": 1 / 4}
_WR2_SOLVED = 0.35
# Shares of atoms whose element or place is in doubt: more than the second is too many where R1 is
# poor, more than the third always.
_DOUBTFUL, _MANY_DOUBTFUL, _MOST_DOUBTFUL = 0.10, 0.3, 0.5
# Reflections for each parameter: below the first any model fits, below the second R1 says little.
_NO_TEST, _FEWEST_DATA = 1.5, 3.0
# With so many, R of reflections that were left out is R1: √((n + p) / (n − p)) is 1.03 (Tickle et
# al., Acta Cryst. D54, 547, 1998). A model of few atoms in a steep density need not move back.
_OVERDETERMINED = 30.0
_AGREEMENT = 0.5  # of phases with the group
_LIGHT = 9  # atomic number of the heaviest element that is taken for its neighbours
_SCALES = (0.94, 1.06)  # of the electrons of all sites: they are as uncertain as the overall scale


def judge(
    structure: RefinedStructure | None,
    starts: Sequence[Start],
    candidates: Sequence[SpaceGroupCandidate],
    contents: Contents | None,
    device: str = "cpu",
    cancelled: Callable[[], bool] = lambda: False,
) -> Judgement:
    """Judge a refined structure that has the electrons of its sites (`RefinedStructure.elements`).

    Parameters
    ----------
    structure : None where no atoms were found.
    starts : all starts from random phases.
    candidates : the space groups, that of the structure first.
    contents : what the crystal is said to hold.

    Raises
    ------
    Cancelled : `cancelled()` became true.
    """
    if structure is None or structure.model.is_hydrogen.all():
        return Judgement(
            "not solved",
            "No atoms were found.",
            "Try more starts, or another space group, or check cell and contents.",
        )
    evidence = replace(
        weigh(structure, contents),
        validation=(
            cross_validate(structure, device, cancelled)
            if _data_ratio(structure) < _OVERDETERMINED
            or structure.figures.r1 > _R1_SOLVED[structure.merged.radiation]
            else None
        ),
        missed=missed_symmetry(structure),
    )
    return conclude(structure, evidence, starts, candidates)


def conclude(
    structure: RefinedStructure,
    evidence: Evidence,
    starts: Sequence[Start],
    candidates: Sequence[SpaceGroupCandidate],
) -> Judgement:
    """The verdict that the evidence allows."""
    figures, radiation = structure.figures, structure.merged.radiation
    r1 = figures.r1
    other = "Try more starts, another space group, or another list of elements."
    if evidence.unexplained() > _UNEXPLAINED[radiation] and evidence.validation is not None:
        free = evidence.validation.r_free
        return Judgement(
            "not solved",
            f"R1 is {r1:.3f}, but {free:.2f} for reflections that the model was not refined "
            "against.",
            other,
        )
    ratio = _data_ratio(structure)
    if ratio < _NO_TEST:
        return Judgement(
            "not solved",
            f"There are only {ratio:.1f} reflections for each parameter: any model would fit.",
            "Measure further, or try a space group with more symmetry.",
        )
    poor = _fit(structure, evidence) > _R1_SOLVED[radiation] and evidence.doubtful > _MANY_DOUBTFUL
    if not r1 <= _R1_PROBABLE[radiation] or poor or evidence.doubtful > _MOST_DOUBTFUL:
        return Judgement(
            "not solved",
            f"R1 is {r1:.3f} and {evidence.doubtful:.0%} of the atoms are doubtful.",
            other,
        )
    for holds, reason, advice in _doubts(structure, evidence, starts, candidates):
        if holds:
            return Judgement("probably", reason, advice)
    reason, advice = f"R1 is {r1:.3f}, and nothing in the model contradicts the data.", ""
    if evidence.validation is not None and r1 > _R1_SOLVED[radiation]:
        reason = (
            f"R1 is {r1:.3f}, and {evidence.validation.r_free:.2f} for reflections down to "
            f"{SPACING_LIMIT:g} Å that the model was not refined against."
        )
    if evidence.loose:
        reason = f"R1 is {r1:.3f}. {_listed(evidence.loose)} no bonds and may be disordered."
        advice = "Check what fills the cavities: solvent, or a template."
    if evidence.shared:
        reason = f"R1 is {r1:.3f}. {_listed(evidence.shared)} electrons between two elements."
        advice = "Check whether two elements share a site, or one is missing in the contents."
    if evidence.richer:
        reason = (
            f"R1 is {r1:.3f}. {_listed(evidence.richer)} more electrons than any element of the "
            "contents."
        )
        advice = "Check whether an element is missing in the contents."
    return Judgement("solved", reason, advice)


def _fit(structure: RefinedStructure, evidence: Evidence) -> float:
    """R1, or R of reflections that were left out where it is lower.

    That ends at 0.8 Å. Farther out intensities are weak, those of electrons multiply scattered,
    and a right model fits them poorly.
    """
    r1 = structure.figures.r1
    return r1 if evidence.validation is None else min(r1, evidence.validation.r_free)


def judge_edited(solution: Solution, structure: RefinedStructure) -> Judgement:
    """Judge a model of a solution again after it was corrected and refined, or in another group.

    The rules are those of `judge`: phases and space groups come from the solution, all else from
    the model. This refines the model several times, which takes up to some seconds for a large
    structure: call it in the background, after each refinement.

    Parameters
    ----------
    solution : the solution that the model began with; nothing of its own model is used.
    structure : the refined model, in any of the space groups of the solution.

    Returns
    -------
    Verdict, reason and advice, to show in place of those of the solution and to save with
    `dataclasses.replace(solution, structure=structure, verdict=..., reason=..., advice=...)`.
    """
    device = str(choose_device(solution.settings.device))
    counted = with_electrons(structure, device)
    name = structure.spacegroup.xhm()
    rows = sorted(solution.candidates, key=lambda row: row.name != name)
    return judge(counted, solution.starts, rows, solution.contents, device)


def with_electrons(structure: RefinedStructure, device: str = "cpu") -> RefinedStructure:
    """A structure whose `elements` tell the electrons that the data give each of its sites.

    Use it for a model that was corrected: the electrons that were found for other elements, or
    beside other atoms, no longer hold. Second choices are kept where the element has not changed.
    """
    heavy = structure.model.without_hydrogen()
    if len(heavy) == 0:
        return replace(structure, elements=())
    z = np.array([gemmi.Element(e).atomic_number for e in heavy.elements], dtype=np.float64)
    found = site_electrons(structure, device)
    scale = float(np.clip(np.median(z / np.maximum(found.electrons, 1e-3)), *_SCALES))
    before = {choice.label: choice for choice in structure.elements}
    choices = []
    for row, (label, element) in enumerate(zip(heavy.labels, heavy.elements, strict=True)):
        old = before.get(label)
        if old is None or old.element != element:
            old = ElementChoice(label, element, 0.0, "", 0.0, "correction")
        electrons, sigma = scale * found.electrons[row], scale * found.sigma[row]
        choices.append(replace(old, effective_z=float(electrons), sigma_z=float(sigma)))
    return replace(structure, elements=tuple(choices))


def _doubts(
    structure: RefinedStructure,
    evidence: Evidence,
    starts: Sequence[Start],
    candidates: Sequence[SpaceGroupCandidate],
) -> list[tuple[bool, str, str]]:
    """(whether it is so, reason, advice) for all that makes a solution only probable."""
    figures, radiation = structure.figures, structure.merged.radiation
    ratio = _data_ratio(structure)
    agreement = candidates[0].agreement if candidates else 1.0
    alone = agreement_of(starts) <= 0.0 and agreement >= 0.999  # P1, and no second start agrees
    return [
        (
            _fit(structure, evidence) > _R1_SOLVED[radiation],
            f"R1 is {figures.r1:.3f}, too high to be sure.",
            "Look at the difference map for missing, wrong or disordered atoms, and for a twin.",
        ),
        (
            evidence.doubtful > _DOUBTFUL,
            f"{evidence.doubtful:.0%} of the atoms have electrons or U that do not suit their "
            "element.",
            "Check the elements of these atoms, and the formula.",
        ),
        (
            evidence.atom_missing,
            f"The difference map has a peak of {figures.highest_peak:.1f} e/Å³.",
            "Look there for a missing atom or disorder.",
        ),
        (
            figures.wr2 > _WR2_SOLVED and radiation == "xray",
            f"wR2 is {figures.wr2:.2f}, too high to be sure.",
            "Look for a twin, a wrong space group or missing atoms.",
        ),
        (
            ratio < _FEWEST_DATA,
            f"There are only {ratio:.1f} reflections for each parameter.",
            "Measure further, or refine with restraints.",
        ),
        (
            agreement < _AGREEMENT or alone,
            "The phases agree poorly with the space group.",
            "Compare the other space groups of the list.",
        ),
        _more_symmetry(structure, evidence.missed, candidates),
    ]


def missed_symmetry(structure: RefinedStructure) -> MissedSymmetry | None:
    """Symmetry of the atoms that the space group leaves out, whatever their light elements are:
    these may be wrong."""
    model = structure.model
    light = [gemmi.Element(e).atomic_number <= _LIGHT for e in model.elements]
    elements = tuple(
        "C" if alike and not hydrogen else element
        for element, alike, hydrogen in zip(model.elements, light, model.is_hydrogen, strict=True)
    )
    alike = replace(model, elements=elements)
    return find_missed_symmetry(alike, structure.merged.cell, structure.spacegroup)


def _more_symmetry(
    structure: RefinedStructure,
    missed: MissedSymmetry | None,
    candidates: Sequence[SpaceGroupCandidate],
) -> tuple[bool, str, str]:
    """Whether the atoms have symmetry that the space group lacks; not where R1 has decided."""
    larger = "" if missed is None or missed.spacegroup is None else missed.spacegroup.xhm()
    row = next((row for row in candidates if row.name == larger), None)
    decided = row is not None and not math.isnan(row.r1) and not row.chosen
    return (
        missed is not None and not decided,
        f"The atoms have more symmetry than {structure.spacegroup.xhm()}.",
        f"Compare the space group {larger}."
        if larger
        else "Look for a space group with more symmetry, perhaps in other axes.",
    )


def _data_ratio(structure: RefinedStructure) -> float:
    return structure.figures.n_reflections / max(structure.figures.n_parameters, 1)


def _listed(labels: tuple[str, ...]) -> str:
    """ "C1 has", "C1 and C2 have", "C1, C2 and 3 more have"."""
    if len(labels) == 1:
        return f"{labels[0]} has"
    if len(labels) == 2:
        return f"{labels[0]} and {labels[1]} have"
    return f"{labels[0]}, {labels[1]} and {len(labels) - 2} more have"
