"""Phases from the heavy atoms of one derivative or several, in both hands.

The derivative with the clearest sites defines origin and hand. Its phases, after density
modification, show the sites of the others, and its own weak ones, as peaks of the Fourier map of
their differences; so all share one origin. Then the probabilities of all are multiplied.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from patterson_gui.crystal.differences.heavy_phases import (
    Phased,
    PhasedHand,
    PhasingProgress,
    PhasingSettings,
)
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.heavy_atoms.expected_variance import difference_squares
from patterson_gui.solvers.heavy_phasing.inputs import Derivative, Reference
from patterson_gui.solvers.heavy_phasing.one_hand import OneHand, refined_against

_RANDOM = 10  # densities from random signs of the anomalous differences
# A hand is told by so many standard deviations of these: both hands scatter, and ten densities
# give their deviation. By chance this happens in one of two hundred cases.
_CLEARLY = 5.5
_CONTRADICTION = 2.0  # the same, where early and later cycles prefer different hands


def phase(
    reference: Reference,
    derivatives: Sequence[Derivative],
    settings: PhasingSettings,
    report: Callable[[PhasingProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Phased:
    """Phases, figures of merit and modified density in both hands.

    Raises
    ------
    UserError : no derivative has sites, or they explain nothing of the differences.
    Cancelled : `cancelled()` became true.
    """
    begun = time.process_time()
    with_sites = [j for j in range(len(derivatives)) if len(derivatives[j].sites)]
    if not with_sites:
        raise UserError(
            "No data set shows a heavy atom, so that there is nothing to get phases from: collect "
            "data with a stronger signal."
        )
    given = [j for j in with_sites if derivatives[j].sites.given]
    first = _clearest(derivatives, given or with_sites)
    chiral = any(np.isfinite(each.anomalous).any() for each in derivatives)
    hands: list[PhasedHand] = []
    left_out = ""
    by_chance: tuple[tuple[float, float], ...] = ()

    def check() -> None:
        if cancelled():
            raise Cancelled

    for hand in range(2 if chiral else 1):

        def step(words: str, share: float, hand: int = hand) -> None:
            check()
            total = 2 if chiral else 1
            names = ("First hand", "Other hand")
            report(PhasingProgress(names[hand], (hand + share) / total, words))

        n_random = _RANDOM if chiral and hand == 0 else 0
        one = OneHand(reference, derivatives, first, hand == 1, settings, step, check, n_random)
        hands.append(one.run())
        by_chance = by_chance or one.by_chance
        left_out = left_out or _left_out_words(derivatives, one.left_out)
    notes = (left_out,) if left_out else ()
    if len(hands) == 1:
        return Phased(
            hands[0],
            None,
            False,
            "Isomorphous differences alone fit both hands: if helices of the map are left-handed, "
            "the structure is the mirror image.",
            time.process_time() - begun,
            notes,
        )
    better, known, reason = better_hand(hands, by_chance)
    return Phased(better[0], better[1], known, reason, time.process_time() - begun, notes)


def _clearest(derivatives: Sequence[Derivative], among: Sequence[int]) -> int:
    """The derivative whose sites explain most; those of the user have no score of a search."""

    def score(j: int) -> float:
        each = derivatives[j]
        if not each.sites.given or len(among) == 1:
            return each.sites.score
        return refined_against(difference_squares(each.differences), each.sites.frac).score

    return max(among, key=score)


def better_hand(
    hands: Sequence[PhasedHand], by_chance: Sequence[tuple[float, float]]
) -> tuple[list[PhasedHand], bool, str]:
    """Both hands, the better one first; whether it is clearly better; and a sentence.

    Random signs of the anomalous differences tell nothing of the hand: how much the agreement of
    their densities scatters is how far two hands differ by chance.
    """
    spread = np.std(by_chance, axis=0, ddof=1)
    apart = (np.array(hands[0].agreements) - np.array(hands[1].agreements)) / spread
    which = int(np.abs(apart).argmax())
    clear = float(np.abs(apart[which]))
    better = list(hands) if apart[which] > 0 else list(hands)[::-1]
    contradicted = float(-apart[1 - which] * np.sign(apart[which])) > _CONTRADICTION
    known = clear > _CLEARLY and not contradicted
    one, other = (each.agreements[which] for each in better)
    when = "early" if which == 0 else "late"
    figures = (
        f"{when} in density modification, the density agrees with the amplitudes by {one:.2f} "
        f"against {other:.2f}; with random signs of the anomalous differences it "
        f"scatters by {spread[which]:.3f}"
    )
    if known:
        return better, True, f"This hand is better: {figures}."
    return better, False, f"The hands do not differ clearly ({figures}): look at both maps."


def _left_out_words(derivatives: Sequence[Derivative], left_out: Mapping[int, int]) -> str:
    """A sentence on given sites that explain nothing; "" where there are none."""
    parts = [
        f"{n} of {len(derivatives[j].sites)} of {derivatives[j].element}"
        for j, n in left_out.items()
        if n and derivatives[j].sites.given
    ]
    return f"Given sites that explain nothing were left out: {', '.join(parts)}." if parts else ""
