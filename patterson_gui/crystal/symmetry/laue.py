"""R_int of merging measured intensities in each Laue class that the lattice allows."""

import numpy as np

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.equivalents import packed
from patterson_gui.crystal.reciprocal.orbits import orbit_keys
from patterson_gui.crystal.symmetry.operations import rotations_of_codes


class LaueMerging:
    """R_int for any Laue class of one set of intensities."""

    def __init__(self, intensities: Intensities) -> None:
        unique, inverse = np.unique(packed(intensities.hkl), return_inverse=True)
        first = np.zeros(len(unique), dtype=np.int64)
        first[inverse] = np.arange(len(intensities))
        self._hkl = intensities.hkl[first]
        self._inverse = inverse
        self._value = intensities.value
        self._done: dict[frozenset[int], tuple[float, int]] = {}

    def r_int(self, laue: frozenset[int]) -> tuple[float, int]:
        """R_int = Σ|I − ⟨I⟩| / Σ I over reflections measured at least twice, and their number.

        Parameters
        ----------
        laue : codes of the rotations, inversion included.

        Returns
        -------
        R_int (NaN where nothing is measured twice), number of measurements that entered it.
        """
        if laue not in self._done:
            self._done[laue] = self._calculate(laue)
        return self._done[laue]

    def _calculate(self, laue: frozenset[int]) -> tuple[float, int]:
        keys = orbit_keys(self._hkl, rotations_of_codes(laue), friedel=True)
        _, place = np.unique(keys, return_inverse=True)
        group = place[self._inverse]
        count = np.bincount(group)
        mean = np.bincount(group, weights=self._value) / count
        several = count[group] > 1
        total = float(np.abs(self._value[several]).sum())
        if total <= 0:
            return float("nan"), 0
        spread = float(np.abs(self._value - mean[group])[several].sum())
        return spread / total, int(several.sum())
