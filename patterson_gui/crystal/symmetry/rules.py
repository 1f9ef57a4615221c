"""The rules, with their thresholds, that decide which group the phases and data support."""

import math

from patterson_gui.crystal.measured.intensities import Radiation

# Below this lowest agreement of an operation a group is refused outright.
FEWEST_AGREEMENT = 0.40
# From this on it is accepted without comparing R.
ENOUGH_AGREEMENT = 0.90
# Between both, R after symmetrising over R before must not exceed this.
MOST_R_RATIO = 1.20

# R_int above which a Laue class is refused, unless the lowest class is nearly as bad.
_MOST_R_INT = 0.25
_MOST_R_INT_ELECTRONS = 0.55
_TIMES_LOWEST = 2.0


def accepted(agreement: float, r_ratio: float) -> bool:
    """Whether a group with this lowest agreement and R ratio can be the one."""
    if agreement >= ENOUGH_AGREEMENT:
        return True
    return agreement >= FEWEST_AGREEMENT and r_ratio <= MOST_R_RATIO


def merges_badly(r_int: float, lowest: float, radiation: Radiation) -> bool:
    """Whether R_int of a Laue class refuses it.

    Parameters
    ----------
    r_int : of the class; NaN, where nothing is measured twice, refuses nothing.
    lowest : of Friedel mates alone; NaN where unknown.
    """
    most = _MOST_R_INT_ELECTRONS if radiation == "electron" else _MOST_R_INT
    if math.isfinite(lowest):
        most = max(most, _TIMES_LOWEST * lowest)
    return r_int > most
