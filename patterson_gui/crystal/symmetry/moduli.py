"""Measured |F| of reflections of P1, whatever Laue class the data were merged in."""

from collections.abc import Sequence

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.orbits import orbit_keys, rotations_of
from patterson_gui.crystal.symmetry.operations import rotations_of_codes


def measured_moduli(
    hkl: NDArray[np.int32], intensities: Intensities, largest: frozenset[int]
) -> NDArray[np.float64]:
    """(n,) |F| = √max(I, 0) at `hkl` (n, 3); NaN where not even an equivalent was measured.

    Means over measurements of the reflection and its Friedel mate; where there are none, over
    equivalents in the stated space group, then over those under all rotations of the lattice.

    Parameters
    ----------
    largest : codes of the rotations of the lattice.
    """
    p1 = rotations_of(gemmi.SpaceGroup("P 1"))
    classes: Sequence[NDArray[np.int64]] = (
        p1,
        rotations_of(intensities.spacegroup) if intensities.stated else p1,
        rotations_of_codes(largest),
    )
    value = np.full(len(hkl), np.nan)
    for rotations in classes:
        missing = np.flatnonzero(np.isnan(value))
        if not len(missing):
            break
        wanted = orbit_keys(hkl[missing], rotations, friedel=True)
        measured = orbit_keys(intensities.hkl, rotations, friedel=True)
        keys, group = np.unique(measured, return_inverse=True)
        mean = np.bincount(group, weights=intensities.value) / np.bincount(group)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = keys[place] == wanted
        value[missing[found]] = mean[place[found]]
    return np.asarray(np.sqrt(np.maximum(value, 0.0)))
