"""The rules, with their thresholds, that decide which group the phases and data support."""

from collections.abc import Mapping
from typing import Literal

from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.crystal.symmetry.operations import GroupOperations, is_inversion
from patterson_gui.crystal.symmetry.phase_agreement import GroupAgreement

Merging = Literal["good", "doubtful", "bad"]

# A group is refused where an operation agrees less than this: a rotation, mirror, screw or glide,
# and a centre of symmetry. Above the third figure, on the scale of `comparable`, it is accepted
# without asking R; otherwise R after symmetrising over R before must not exceed the fourth.
FEWEST_AGREEMENT = 0.40
FEWEST_OF_INVERSION = 0.28
ENOUGH_AGREEMENT = 0.95
MOST_R_RATIO = 1.25
# A group is doubtful where its ratio exceeds that of a smaller one, other than P1, by more.
MOST_R_RISE = 0.15

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


def accepted(agreement: float, r_ratio: float) -> bool:
    """Whether a group with this agreement (`comparable`) and R ratio can be the one."""
    return agreement >= ENOUGH_AGREEMENT or r_ratio <= MOST_R_RATIO


def merging_verdict(
    laue: frozenset[int],
    r_int: Mapping[frozenset[int], tuple[float, int]],
    radiation: Radiation,
) -> Merging:
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
