"""Whether a crystal without empty space has been solved, from the data alone.

Two kinds of evidence, either of which is enough. Agreement: random failures share nothing,
so two starts that end at the same density have solved the structure (on small molecules and
a peptide, solved starts agreed to r ≥ 0.80 and failures to r ≤ 0.65). Standing out: where
only one start succeeds, its R, after the same refinement against all data, lies far below
the narrow band in which the failures lie.
"""

from dataclasses import dataclass

from patterson_gui.solve.cases import Candidate, Case
from patterson_gui.solve.likeness import likeness

AGREED = 0.75
_STANDS_OUT = 0.87  # of the lowest R among the others; failures lay within 0.94
_FEWEST_PEERS = 5  # below this there is no band to stand out of


@dataclass(frozen=True)
class Evidence:
    """The verdict and the sentence that gives its reason."""

    solved: bool
    sentence: str


def judge_agreement(candidates: list[Candidate]) -> None:
    """Write into each candidate how well its best companion agrees with it."""
    for i, one in enumerate(candidates):
        for other in candidates[:i]:
            r = likeness(one.density, other.density)
            one.agreement = max(one.agreement, r)
            other.agreement = max(other.agreement, r)


def evidence(case: Case) -> Evidence:
    """What the starts spent so far say about the best of them."""
    best = case.best
    if best.agreement >= AGREED:
        return Evidence(True, f"Solved: independent starts agree (r {best.agreement:.2f}).")
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
        )
    return Evidence(
        False,
        f"Not solved: no two starts agree (best r {best.agreement:.2f}, needs {AGREED:.2f}) "
        "and none stands out by its R; try more starts, or data of higher resolution.",
    )
