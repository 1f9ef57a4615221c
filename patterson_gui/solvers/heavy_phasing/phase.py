"""Phases from the heavy atoms of one derivative or several, in both hands.

The derivative with the clearest sites defines origin and hand. Its phases, after density
modification, show the sites of the others, and its own weak ones, as peaks of the Fourier map of
their differences; so all share one origin. Then the probabilities of all are multiplied.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from patterson_gui.crystal.heavy_phases import (
    Phased,
    PhasedHand,
    PhasingProgress,
    PhasingSettings,
)
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.heavy_phasing.inputs import Derivative, Reference
from patterson_gui.solvers.heavy_phasing.one_hand import OneHand

_CLEARLY = 1.1  # a hand is told if its modified density agrees so many times better


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
    first = max(given or with_sites, key=lambda j: derivatives[j].sites.score)
    chiral = any(np.isfinite(each.anomalous).any() for each in derivatives)
    hands: list[PhasedHand] = []
    left_out = ""

    def check() -> None:
        if cancelled():
            raise Cancelled

    for hand in range(2 if chiral else 1):

        def step(words: str, share: float, hand: int = hand) -> None:
            check()
            total = 2 if chiral else 1
            names = ("First hand", "Other hand")
            report(PhasingProgress(names[hand], (hand + share) / total, words))

        one = OneHand(reference, derivatives, first, hand == 1, settings, step, check)
        hands.append(one.run())
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
    better = sorted(hands, key=lambda each: -each.agreement * each.contrast)
    known = (
        better[0].agreement > _CLEARLY * better[1].agreement
        and better[0].contrast > better[1].contrast
    )
    figures = (
        f"modified density agrees with the amplitudes by {better[0].agreement:.2f} against "
        f"{better[1].agreement:.2f}, contrast of protein and solvent {better[0].contrast:.2f} "
        f"against {better[1].contrast:.2f}"
    )
    reason = (
        f"This hand is better: {figures}."
        if known
        else f"The hands do not differ clearly ({figures}): look at both maps."
    )
    return Phased(better[0], better[1], known, reason, time.process_time() - begun, notes)


def _left_out_words(derivatives: Sequence[Derivative], left_out: Mapping[int, int]) -> str:
    """A sentence on given sites that explain nothing; "" where there are none."""
    parts = [
        f"{n} of {len(derivatives[j].sites)} of {derivatives[j].element}"
        for j, n in left_out.items()
        if n and derivatives[j].sites.given
    ]
    return f"Given sites that explain nothing were left out: {', '.join(parts)}." if parts else ""
