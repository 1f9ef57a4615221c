"""Whether a structure is solved, judged from data and model alone.

No figure proves a structure by itself: R1 can be low with wrong elements, and phases can agree on
a pseudo-solution. Each line of evidence can only lower the verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.models.bonds import covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.crystal.solution import (
    ElementChoice,
    Judgement,
    RefinedStructure,
    Solution,
    SpaceGroupCandidate,
    Start,
)
from patterson_gui.solvers.device import choose_device
from patterson_gui.solvers.phasing.search import agreement_of
from patterson_gui.solvers.refinement.site_electrons import site_electrons

# R1 up to which a structure is solved, and up to which it probably is, by radiation: kinematical
# refinement of electron data ends at 0.12 to 0.3.
_R1_SOLVED = {"xray": 0.10, "neutron": 0.12, "electron": 0.20}
_R1_PROBABLE = {"xray": 0.20, "neutron": 0.22, "electron": 0.30}
_WR2_SOLVED = 0.35
_DOUBTFUL, _MANY_DOUBTFUL = 0.10, 0.3  # shares of atoms whose element or place is in doubt
_ELECTRONS = 0.2  # relative difference of the electrons of a site from Z
_U_RANGE = (0.2, 4.5)  # times the median U
_FEWEST_DATA = 3.0  # reflections for each parameter
# e/Å³ of a difference peak that may be a missing atom; near heavy atoms more is usual.
_PEAK, _PEAK_PER_ELECTRON = 2.5, 0.08
_AGREEMENT = 0.5  # of phases with the group
_REACH = 3.4  # Å
_TOO_CLOSE = 0.65  # of the sum of covalent radii
_SCALES = (0.94, 1.06)  # of the electrons of all sites: they are as uncertain as the overall scale


@dataclass(frozen=True)
class Evidence:
    """What speaks against a solution.

    Attributes
    ----------
    doubtful : share of the atoms, hydrogen left out, of which the electrons differ from the
        element by more than a fifth, U is far from that of the others, or a neighbour is too
        close.
    atom_missing : whether the highest peak of the difference map can be an atom.
    """

    doubtful: float
    atom_missing: bool


def judge(
    structure: RefinedStructure | None,
    starts: Sequence[Start],
    candidates: Sequence[SpaceGroupCandidate],
) -> Judgement:
    """Judge a refined structure that has the electrons of its sites (`RefinedStructure.elements`).

    Parameters
    ----------
    structure : None where no atoms were found.
    starts : all starts from random phases.
    candidates : the space groups, that of the structure first.
    """
    if structure is None:
        return Judgement(
            "not solved",
            "No atoms were found.",
            "Try more starts, or another space group, or check cell and contents.",
        )
    figures, radiation = structure.figures, structure.merged.radiation
    r1 = figures.r1
    evidence = weigh(structure)
    poor = r1 > _R1_SOLVED[radiation] and evidence.doubtful > _MANY_DOUBTFUL
    if not r1 <= _R1_PROBABLE[radiation] or poor:
        return Judgement(
            "not solved",
            f"R1 is {r1:.3f} and {evidence.doubtful:.0%} of the atoms are doubtful.",
            "Try more starts, another space group, or another list of elements.",
        )
    for holds, reason, advice in _doubts(structure, evidence, starts, candidates):
        if holds:
            return Judgement("probably", reason, advice)
    return Judgement(
        "solved", f"R1 is {r1:.3f}, and nothing in the model contradicts the data.", ""
    )


def judge_edited(solution: Solution, structure: RefinedStructure) -> Judgement:
    """Judge a model of a solution again after it was corrected and refined, or in another group.

    The rules are those of `judge`: phases and space groups come from the solution, all else from
    the model. This refines the occupancies of all atoms once, which takes up to some seconds for
    a large structure: call it in the background, after each refinement.

    Parameters
    ----------
    solution : the solution that the model began with; nothing of its own model is used.
    structure : the refined model, in any of the space groups of the solution.

    Returns
    -------
    Verdict, reason and advice, to show in place of those of the solution and to save with
    `dataclasses.replace(solution, structure=structure, verdict=..., reason=..., advice=...)`.
    """
    counted = with_electrons(structure, str(choose_device(solution.settings.device)))
    name = structure.spacegroup.xhm()
    rows = sorted(solution.candidates, key=lambda row: row.name != name)
    return judge(counted, solution.starts, rows)


def with_electrons(structure: RefinedStructure, device: str = "cpu") -> RefinedStructure:
    """A structure whose `elements` tell the electrons that the data give each of its sites.

    Use it for a model that was corrected: the electrons that were found for other elements, or
    beside other atoms, no longer hold. Second choices are kept where the element has not changed.
    """
    heavy = structure.model.select(~structure.model.is_hydrogen)
    if len(heavy) == 0:
        return replace(structure, elements=())
    z = np.array([gemmi.Element(e).atomic_number for e in heavy.elements], dtype=np.float64)
    electrons = site_electrons(structure, device).electrons
    electrons *= float(np.clip(np.median(z / np.maximum(electrons, 1e-3)), *_SCALES))
    before = {choice.label: choice for choice in structure.elements}
    choices = []
    for label, element, number in zip(heavy.labels, heavy.elements, electrons, strict=True):
        old = before.get(label)
        if old is None or old.element != element:
            old = ElementChoice(label, element, 0.0, "", 0.0, "correction")
        choices.append(replace(old, effective_z=float(number)))
    return replace(structure, elements=tuple(choices))


def _doubts(
    structure: RefinedStructure,
    evidence: Evidence,
    starts: Sequence[Start],
    candidates: Sequence[SpaceGroupCandidate],
) -> list[tuple[bool, str, str]]:
    """(whether it is so, reason, advice) for all that makes a solution only probable."""
    figures, radiation = structure.figures, structure.merged.radiation
    ratio = figures.n_reflections / max(figures.n_parameters, 1)
    agreement = candidates[0].agreement if candidates else 1.0
    alone = agreement_of(starts) <= 0.0 and agreement >= 0.999  # P1, and no second start agrees
    return [
        (
            figures.r1 > _R1_SOLVED[radiation],
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
    ]


def weigh(structure: RefinedStructure) -> Evidence:
    """Count what is doubtful in a refined structure."""
    model = structure.model
    heavy = model.select(~model.is_hydrogen)
    if len(heavy) == 0:
        return Evidence(1.0, False)
    doubtful = _electrons_differ(structure, heavy.labels) | _u_differs(heavy.u_iso)
    near = neighbours(heavy.frac, structure.merged.cell, structure.spacegroup, _REACH)
    radius = covalent_radii(heavy.elements)
    close = near.distance < _TOO_CLOSE * (radius[near.atom] + radius[near.other])
    doubtful[near.atom[close]] = True
    heaviest = max(gemmi.Element(e).atomic_number for e in heavy.elements)
    peak = structure.figures.highest_peak > max(_PEAK, _PEAK_PER_ELECTRON * heaviest)
    return Evidence(float(doubtful.mean()), peak and structure.merged.radiation == "xray")


def _electrons_differ(structure: RefinedStructure, labels: tuple[str, ...]) -> NDArray[np.bool_]:
    found = {choice.label: choice for choice in structure.elements}
    differs = np.zeros(len(labels), dtype=bool)
    if structure.merged.radiation != "xray":
        return differs  # they are electrons for X-rays only
    for row, label in enumerate(labels):
        if label in found:
            choice = found[label]
            z = gemmi.Element(choice.element).atomic_number
            differs[row] = abs(choice.effective_z / z - 1.0) > _ELECTRONS
    return differs


def _u_differs(u: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = _U_RANGE
    median = float(np.median(u))
    return np.asarray((u < low * median) | (u > high * median))
