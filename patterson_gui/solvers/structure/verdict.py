"""Whether a structure is solved, judged from data and model alone.

No figure proves a structure by itself: R1 can be low with wrong elements, and phases can agree on
a pseudo-solution. Each line of evidence can only lower the verdict.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.models.bonds import TOLERANCE, covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours
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
from patterson_gui.solvers.refinement.cross_validation import CrossValidation, cross_validate
from patterson_gui.solvers.refinement.site_electrons import site_electrons

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
_ELECTRONS = 0.2  # relative difference of the electrons of a site from Z
_SIGNIFICANT = 5.0  # σ by which they must differ
_UNDETERMINED = 0.15  # σ of the electrons in units of Z: the data do not show the atom
_U_RANGE = (0.2, 4.5)  # times the median U
_USUAL_U = 0.12  # Å², a root mean square of a quarter of a bond: no more than that is unusual
# Reflections for each parameter: below the first any model fits, below the second R1 says little.
_NO_TEST, _FEWEST_DATA = 1.5, 3.0
# With so many, R of reflections that were left out is R1: √((n + p) / (n − p)) is 1.03 (Tickle et
# al., Acta Cryst. D54, 547, 1998). A model of few atoms in a steep density need not move back.
_OVERDETERMINED = 30.0
# e/Å³ of a difference peak that may be a missing atom; near heavy atoms more is usual.
_PEAK, _PEAK_PER_ELECTRON = 2.5, 0.08
_AGREEMENT = 0.5  # of phases with the group
_REACH = 3.4  # Å
_TOO_CLOSE = 0.65  # of the sum of covalent radii
_LIGHT = 9  # atomic number of the heaviest element that is taken for its neighbours
_SCALES = (0.94, 1.06)  # of the electrons of all sites: they are as uncertain as the overall scale


@dataclass(frozen=True)
class Evidence:
    """What speaks against a solution.

    Attributes
    ----------
    doubtful : share of the atoms, hydrogen left out, of which the electrons differ from the
        element by more than a fifth, or as far as from another element that is possible, or are
        not determined, U is far from that of the others, or
        a neighbour is too close; and carbon atoms without any bond.
    richer : labels of atoms with more electrons than any element that may be present.
    atom_missing : whether the highest peak of the difference map can be an atom.
    validation : R of reflections that were left out; None where it was not calculated.
    missed : symmetry of the model that its space group leaves out.
    """

    doubtful: float
    richer: tuple[str, ...]
    atom_missing: bool
    validation: CrossValidation | None = None
    missed: MissedSymmetry | None = None

    def unexplained(self) -> float:
        """Share of the scattering that the model does not explain, 0 to about 1."""
        if self.validation is None or not self.validation.r_unrelated > 0:
            return 0.0
        return (self.validation.r_free / self.validation.r_unrelated) ** 2


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
    poor = r1 > _R1_SOLVED[radiation] and evidence.doubtful > _MANY_DOUBTFUL
    if not r1 <= _R1_PROBABLE[radiation] or poor or evidence.doubtful > _MOST_DOUBTFUL:
        return Judgement(
            "not solved",
            f"R1 is {r1:.3f} and {evidence.doubtful:.0%} of the atoms are doubtful.",
            other,
        )
    for holds, reason, advice in _doubts(structure, evidence, starts, candidates):
        if holds:
            return Judgement("probably", reason, advice)
    if evidence.richer:
        return Judgement(
            "solved",
            f"R1 is {r1:.3f}. {_listed(evidence.richer)} more electrons than any element of "
            "the contents.",
            "Check whether an element is missing in the contents.",
        )
    return Judgement(
        "solved", f"R1 is {r1:.3f}, and nothing in the model contradicts the data.", ""
    )


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
    heavy = structure.model.select(~structure.model.is_hydrogen)
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


def weigh(structure: RefinedStructure, contents: Contents | None) -> Evidence:
    """Count what is doubtful in a refined structure."""
    model = structure.model
    heavy = model.select(~model.is_hydrogen)
    if len(heavy) == 0:
        return Evidence(1.0, (), False)
    differs, richer = _electrons_differ(structure, heavy.labels, contents)
    doubtful = differs | _u_differs(heavy.u_iso)
    cell, group = structure.merged.cell, structure.spacegroup
    near = neighbours(heavy.frac, cell, group, _REACH, heavy.part)
    radius = covalent_radii(heavy.elements)
    reach = radius[near.atom] + radius[near.other]
    doubtful[near.atom[near.distance < _TOO_CLOSE * reach]] = True
    bonded = np.zeros(len(heavy), dtype=bool)
    bonded[near.atom[near.distance < reach + TOLERANCE]] = True
    doubtful |= ~bonded & np.array([e == "C" for e in heavy.elements])
    heaviest = max(gemmi.Element(e).atomic_number for e in heavy.elements)
    peak = structure.figures.highest_peak > max(_PEAK, _PEAK_PER_ELECTRON * heaviest)
    missing = peak and structure.merged.radiation == "xray"
    return Evidence(float(doubtful.mean()), richer, missing)


def _electrons_differ(
    structure: RefinedStructure, labels: tuple[str, ...], contents: Contents | None
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """(n,) atoms with electrons that do not suit their element, and labels of others that have
    more electrons than any stated element: these have the best one, and the contents are short of
    one."""
    found = {choice.label: choice for choice in structure.elements}
    differs = np.zeros(len(labels), dtype=bool)
    richer: list[str] = []
    if structure.merged.radiation != "xray":
        return differs, ()  # they are electrons for X-rays only
    stated = () if contents is None else contents.elements
    heaviest = max((gemmi.Element(e).atomic_number for e in stated), default=math.inf)
    possible = {choice.element for choice in structure.elements} | set(stated) - {"H", "D"}
    numbers = np.array([gemmi.Element(e).atomic_number for e in possible], dtype=np.float64)
    for row, label in enumerate(labels):
        if label not in found:
            continue
        choice = found[label]
        z = gemmi.Element(choice.element).atomic_number
        excess = choice.effective_z - z
        sigma = 0.0 if math.isnan(choice.sigma_z) else choice.sigma_z
        # Of a wrong element they overshoot: carbon taken for nitrogen has 5.3 to 6.
        other = np.abs(numbers[(numbers - z) * excess > 0] - z).min(initial=math.inf)
        if abs(excess) > max(min(_ELECTRONS * z, other), _SIGNIFICANT * sigma):
            if excess > 0 and z >= heaviest:
                richer.append(label)
            else:
                differs[row] = True
        elif sigma > _UNDETERMINED * z:
            differs[row] = True
    return differs, tuple(richer)


def _u_differs(u: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = _U_RANGE
    median = float(np.median(u))
    return np.asarray((u < low * median) | (u > max(high * median, _USUAL_U)))
