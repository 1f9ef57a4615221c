"""Sets of equivalent reflections under any point group: a number for each set, all at once.

With K(h) = 2³² h + 2¹⁶ k + l, linear in h, the images of a reflection under rotations R are
K(hR) = h·(R p), p = (2³², 2¹⁶, 1): one product of matrices for all reflections and all rotations.
All numbers stay below 2⁵³, so that floats hold them exactly. The largest K of the images names
the set; with Friedel's law, K(−h) = −K(h), it is the largest |K|.
"""

import gemmi
import numpy as np
from numpy.typing import NDArray

_PACK = np.array([2.0**32, 2.0**16, 1.0])


def rotations_of(spacegroup: gemmi.SpaceGroup) -> NDArray[np.int64]:
    """(m, 3, 3) rotations R of the point group, each once; reflections go from h to hR."""
    every = [np.array(op.rot, dtype=np.int64) // op.DEN for op in spacegroup.operations().sym_ops]
    return np.unique(np.array(every), axis=0)


def image_keys(hkl: NDArray[np.int32], rotations: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, m) K(hR) of each reflection (n, 3) under each rotation (m, 3, 3); |h| < 2¹⁵."""
    return np.asarray(np.asarray(hkl, dtype=np.float64) @ (rotations @ _PACK).T)


def orbit_keys(
    hkl: NDArray[np.int32], rotations: NDArray[np.int64], *, friedel: bool
) -> NDArray[np.float64]:
    """(n,) a number that two reflections share where a rotation (m, 3, 3) connects them, or,
    with `friedel`, a rotation and inversion."""
    keys = image_keys(hkl, rotations)
    return np.asarray((np.abs(keys) if friedel else keys).max(axis=1))
