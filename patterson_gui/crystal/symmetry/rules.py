"""The rules, with their thresholds, that decide which group the phases and data support."""

from collections.abc import Mapping
from typing import Literal

from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.crystal.symmetry.operations import GroupOperations, is_inversion
from patterson_gui.crystal.symmetry.phase_agreement import GroupAgreement

Verdict = Literal["good", "doubtful", "bad"]

# A group is refused where an operation agrees less than this: a rotation, mirror, screw or glide,
# and a centre of symmetry.
FEWEST_AGREEMENT = 0.40
FEWEST_OF_INVERSION = 0.28
# Above this agreement, on the scale of `comparable`, R is not asked. Otherwise a group is doubtful
# where R with it over R of P1 exceeds the second figure, and refused above the third.
ENOUGH_AGREEMENT = 0.95
MOST_R_RATIO = 1.25
HOPELESS_R_RATIO = 1.7
# A group is doubtful as well where its ratio exceeds that of a smaller one, other than P1, by more.
MOST_R_RISE = 0.15
# Of groups of one order that comes first whose R ratio less this share of its agreement is lowest.
AGREEMENT_SHARE = 0.7

# R_int above which a Laue class is refused, and how many times that of the best smaller class it
# may be nevertheless. Above the lower figures the class is doubtful: electrons scatter dynamically,
# and equivalents differ more.
_MOST_R_INT = {"xray": 0.25, "neutron": 0.25, "electron": 0.55}
_TIMES_SMALLER = 2.0
_GOOD_R_INT = {"xray": 0.10, "neutron": 0.10, "electron": 0.45}
_TIMES_SMALLER_GOOD = 2.5
_ENOUGH_MEASUREMENTS = 30


def comparable(group: GroupOperations, agreement: GroupAgreement) -> float:
    """The lowest agreement of a group, that of a centre of symmetry put on the scale of the others.

    A rotation relates two reflections whose phase errors ε are independent, and agrees by
    ⟨cos(ε₁ − ε₂)⟩ = ⟨cos ε⟩². A centre relates a reflection to itself: ⟨cos 2ε⟩, which is
    ⟨cos ε⟩⁴ where errors are normally distributed. Its root compares with the others.
    """
    values = [
        max(float(value), 0.0) ** 0.5 if is_inversion(rotation) else float(value)
        for rotation, value in zip(group.rotations[1:], agreement.operations[1:], strict=True)
    ]
    return min(values, default=1.0)


def ratio_verdict(agreement: float, r_ratio: float) -> Verdict:
    """What the R ratio of a group with this agreement (`comparable`) says."""
    if agreement >= ENOUGH_AGREEMENT or r_ratio <= MOST_R_RATIO:
        return "good"
    return "doubtful" if r_ratio <= HOPELESS_R_RATIO else "bad"


def merging_verdict(
    laue: frozenset[int],
    r_int: Mapping[frozenset[int], tuple[float, int]],
    radiation: Radiation,
) -> Verdict:
    """What R_int of a Laue class says.

    Parameters
    ----------
    laue : the rotations of the class.
    r_int : of every class, with the number of measurements that entered it. Those of smaller
        classes say how good the data are. NaN, where nothing is measured twice, says nothing,
        and the smallest class is always good.
    """
    smaller = [pair for other, pair in r_int.items() if other < laue]
    value, n = r_int[laue]
    if not smaller or n < _ENOUGH_MEASUREMENTS:
        return "good"
    best = min((value for value, n in smaller if n >= _ENOUGH_MEASUREMENTS), default=0.0)
    if value > max(_MOST_R_INT[radiation], _TIMES_SMALLER * best):
        return "bad"
    if best and value > max(_GOOD_R_INT[radiation], _TIMES_SMALLER_GOOD * best):
        return "doubtful"
    return "good"
