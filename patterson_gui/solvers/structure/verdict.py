"""Whether a structure is solved, judged from the data alone."""

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import RefinedStructure, SolveVerdict, SpaceGroupCandidate
from patterson_gui.solvers.phasing.search import PhasedIntensities


def judge(
    structure: RefinedStructure | None,
    phased: PhasedIntensities,
    measured: Intensities,
    candidates: tuple[SpaceGroupCandidate, ...],
) -> tuple[SolveVerdict, str, str]:
    """Verdict, its reason, and what to try next."""
    if structure is None:
        return "not solved", "No atoms were found.", "Try more starts."
    r1 = structure.figures.r1
    if r1 < 0.1:
        return "solved", f"R1 is {r1:.3f}.", ""
    if r1 < 0.2:
        return "probably", f"R1 is {r1:.3f}.", "Check the elements."
    return "not solved", f"R1 is {r1:.3f}.", "Try more starts."
