"""Decide from the data alone whether a crystal without empty space is solved.

One of two kinds of evidence is enough. Agreement: failed starts end at different densities, so
several starts that end at the same density have solved the structure. (For small molecules solved
starts agreed to r ≥ 0.82, nearly all with one another. Failed starts reached 0.82 too, with data
to 1.8 Å, but never more than two of them with each other.) Low R: if only one start succeeds, its
R, after the same refinement against all data, is far below those of the failed starts of its
round, which are close together.
"""

from dataclasses import dataclass

from patterson_gui.solvers.retrieval.cases import Candidate, Case
from patterson_gui.solvers.retrieval.map_similarity import best_correlation

_AGREED = 0.75  # r with at least two other starts
_IDENTICAL = 0.90  # r with one other start
_HIGHEST_R = 0.30  # of a solution; those of correct ones were below 0.18
_STANDS_OUT = 0.87  # of the lowest R of the others; failures were above 0.94
_FEWEST_PEERS = 5  # other starts needed to compare R with


@dataclass(frozen=True)
class Evidence:
    """The verdict, and a sentence with its reason."""

    solved: bool
    sentence: str
    certain: bool = True


def record_agreements(candidates: list[Candidate]) -> None:
    """Set the `agreements` of each candidate: its correlation with every other."""
    for candidate in candidates:
        candidate.agreements = []
    for i, one in enumerate(candidates):
        for other in candidates[:i]:
            r = best_correlation(one.density, other.density)
            one.agreements.append(r)
            other.agreements.append(r)


def judge_starts(case: Case) -> Evidence:
    """Judge from the starts made so far whether the best of them is a solution."""
    best = case.best
    if best.result.r_factor > _HIGHEST_R:
        return Evidence(
            False,
            f"Not solved: R {best.result.r_factor:.3f} is far from a solution's; try more "
            "starts, or data of higher resolution.",
        )
    companions = sorted(best.agreements, reverse=True)
    closest = companions[0] if companions else 0.0
    agreeing = sum(r >= _AGREED for r in companions)
    if agreeing >= 2 or closest >= _IDENTICAL:
        return Evidence(
            True, f"Solved: {agreeing + 1} independent starts agree (r up to {closest:.2f})."
        )
    # R depends on the settings, so a start is compared with its own round only.
    peers = [
        start.r_factor
        for start in case.starts
        if start.settings == best.result.settings and start.seed != best.result.seed
    ]
    lowest = best.result.r_factor
    if len(peers) >= _FEWEST_PEERS and lowest < _STANDS_OUT * min(peers):
        return Evidence(
            True,
            f"Probably solved: one start stands out (R {lowest:.3f}, the others of its round "
            f"{min(peers):.3f} and more).",
            certain=False,
        )
    return Evidence(
        False,
        f"Not solved: the starts do not agree with one another (best r {closest:.2f}) and none "
        "stands out by its R; try more starts, or data of higher resolution.",
    )
