"""The space groups that intensities alone make likely, before any phases are known."""

import gemmi
import numpy as np

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.orbits import orbit_keys
from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.symmetry.candidates import candidate_groups
from patterson_gui.crystal.symmetry.group_absences import Absences
from patterson_gui.crystal.symmetry.lattice import Centring
from patterson_gui.crystal.symmetry.laue import LaueMerging
from patterson_gui.crystal.symmetry.operations import DEN, GroupOperations, rotations_of_codes
from patterson_gui.crystal.symmetry.rules import merging_verdict

# Crystals in a hundred of the Cambridge Structural Database that have a group, by its number.
# Groups that are not listed have fewer.
_COMMON = {14: 34, 2: 25, 15: 8, 19: 7, 4: 5, 61: 3, 33: 1.4, 62: 1.2, 9: 1.1, 1: 1.0, 60: 0.9}
_COMMON |= {5: 0.9, 29: 0.7, 148: 0.7, 12: 0.6, 13: 0.6, 11: 0.5, 18: 0.4, 7: 0.4, 43: 0.4}
_COMMON |= {88: 0.4, 56: 0.4, 92: 0.2, 96: 0.2, 76: 0.2, 78: 0.2, 20: 0.2, 45: 0.2, 114: 0.2}
_RARE = 0.1
_EXPLAINS = 0.9  # share of the absences that a group explains of those that the best one does
_MOST = 3  # groups
_MOST_POINTS = 20_000  # reflections that are looked at, those of the lowest resolution


def likely_groups(
    intensities: Intensities, settings: SolveSettings, centring: Centring
) -> list[GroupOperations]:
    """The groups that explain the absent reflections best, the more common ones first.

    They are of the highest Laue class in which equivalents agree, and forbid no strong reflection.
    A reflection is absent where it was measured and is weak, or where a file lacks it that holds
    most others. P1, which says nothing, is left out. At most `_MOST`; none where all are refused.
    """
    groups = [g for g in candidate_groups(intensities, settings, centring) if len(g) > 1]
    if not groups:
        return []
    merging = LaueMerging(intensities)
    r_int = {group.laue_set: merging.r_int(group.laue_set) for group in groups}
    radiation = intensities.radiation
    good = [g for g in groups if merging_verdict(g.laue_set, r_int, radiation) == "good"] or groups
    highest = max(len(group.laue_set) for group in good)
    groups = [group for group in good if len(group.laue_set) == highest]
    absences = Absences(intensities, centring.allows(intensities.hkl))
    groups = [group for group in groups if not absences.of_group(group).violated]
    held = {
        laue: _Held(intensities, centring, laue) for laue in {group.laue_set for group in groups}
    }
    explained = [held[group.laue_set].absent(group) for group in groups]
    enough = _EXPLAINS * max(explained, default=0.0) - 1.0
    rows = [group for group, n in zip(groups, explained, strict=True) if n >= enough]
    rows.sort(key=lambda group: -_COMMON.get(int(group.spacegroup.number), _RARE))
    return rows[:_MOST]


class _Held:
    """Which reflections a file holds of one Laue class, and which it lacks."""

    def __init__(self, intensities: Intensities, centring: Centring, laue: frozenset[int]) -> None:
        cell = intensities.cell
        d = np.asarray(cell.calculate_d_array(intensities.hkl))
        # 2/3 π V / d³ reflections of one hemisphere have a spacing above d.
        limit = max(float(d.min()), (2 / 3 * np.pi * cell.volume / _MOST_POINTS) ** (1 / 3))
        hemisphere = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), limit)
        every = np.asarray(hemisphere, dtype=np.int32)
        every = every[centring.allows(every)]
        rotations = rotations_of_codes(laue)
        keys = orbit_keys(every, rotations, friedel=True)
        keys, first = np.unique(keys, return_index=True)
        self._hkl = every[first].astype(np.int64)
        measured = intensities.hkl[centring.allows(intensities.hkl)]
        self._there = np.isin(keys, orbit_keys(measured, rotations, friedel=True))

    def absent(self, group: GroupOperations) -> float:
        """How many forbidden reflections a group explains that forbids no strong one.

        Each is weak, or the file lacks it: that says less where it lacks many others.
        """
        forbidden = np.zeros(len(self._hkl), dtype=bool)
        for operation in group.each:
            same = (self._hkl @ operation.rotation == self._hkl).all(axis=1)
            forbidden |= same & (self._hkl @ operation.translation % DEN != 0)
        if forbidden.all():
            return 0.0
        return float(forbidden.sum() * self._there[~forbidden].mean())
