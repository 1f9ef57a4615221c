"""The final choice between space groups by R1 of their refinements."""

import math
from collections.abc import Sequence
from dataclasses import replace

import gemmi

from patterson_gui.crystal.solution import SpaceGroupCandidate

# A group with fewer operations must bring R1 down by more than this to be preferred.
MUST_FALL = 0.02


def decide_by_r1(
    candidates: Sequence[SpaceGroupCandidate], must_fall: float = MUST_FALL
) -> tuple[SpaceGroupCandidate, ...]:
    """The candidates with one of them chosen by R1, the chosen one first.

    Lower symmetry has more parameters, so that R1 falls a little whenever it is lowered. The
    largest group is kept whose R1 exceeds that of no smaller one by more than `must_fall`; of
    groups of one order that have the same centre or none the one with the lowest R1, and with
    and without a centre the centrosymmetric one unless R1 falls by more than `must_fall`
    (Marsh, Acta Cryst. B42, 193, 1986). Candidates without R1 keep their order behind the others.
    With no R1 at all the order is not changed.
    """
    refined = [c for c in candidates if not math.isnan(c.r1)]
    if not refined:
        return tuple(candidates)
    best = min(c.r1 for c in refined)
    good = [c for c in refined if c.r1 <= best + must_fall]
    chosen = min(good, key=lambda c: (-_order(c), not c.centrosymmetric, c.r1))
    others = sorted((c for c in refined if c is not chosen), key=lambda c: c.r1)
    rows = [replace(chosen, chosen=True, reason=_why(chosen, others, must_fall))]
    rows += [replace(c, chosen=False, reason=_why_not(c, chosen, must_fall)) for c in others]
    rows += [replace(c, chosen=False) for c in candidates if math.isnan(c.r1)]
    return tuple(rows)


def _order(candidate: SpaceGroupCandidate) -> int:
    """Number of operations without centring."""
    group = gemmi.find_spacegroup_by_name(candidate.name)
    return 0 if group is None else len(group.operations().sym_ops)


def _why(
    chosen: SpaceGroupCandidate, others: Sequence[SpaceGroupCandidate], must_fall: float
) -> str:
    if not others:
        return "the only group that was refined"
    if chosen.r1 <= others[0].r1:
        return "lowest R1"
    return f"R1 falls by no more than {must_fall:g} with lower symmetry"


def _why_not(c: SpaceGroupCandidate, chosen: SpaceGroupCandidate, must_fall: float) -> str:
    if c.r1 > chosen.r1:
        return "R1 is higher"
    if _order(c) < _order(chosen):
        return f"fewer operations, and R1 is not lower by more than {must_fall:g}"
    return f"no centre of symmetry, and R1 is not lower by more than {must_fall:g}"
