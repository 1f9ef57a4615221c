"""Decide from the data alone whether a crystal without empty space is solved.

Two kinds of evidence, either of which is enough. Agreement: random failures share little, so
several starts that end at the same density have solved the structure. (On small molecules
solved starts agreed to r ≥ 0.82, nearly all with one another; failures reached 0.82 too, with
data to 1.8 Å, but never more than two of them with each other.) Standing out: where only one
start succeeds, its R, after the same refinement against all data, lies far below the narrow
band in which the failures of its round lie.
"""

from dataclasses import dataclass

from patterson_gui.solve.retrieval.cases import Candidate, Case
from patterson_gui.solve.retrieval.map_similarity import best_correlation

_AGREED = 0.75  # with two companions or more
_IDENTICAL = 0.90  # with a single one
_HIGHEST_R = 0.30  # of a solution; real ones lay below 0.18
_STANDS_OUT = 0.87  # of the lowest R among the others; failures lay within 0.94
_FEWEST_PEERS = 5  # below this there is no band to stand out of


@dataclass(frozen=True)
class Evidence:
    """The verdict and the sentence that gives its reason."""

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
    # Rounds with other settings end in other bands: a start is held against its own round.
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
