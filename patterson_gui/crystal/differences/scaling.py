"""Scale the amplitudes of one data set to another: a scale and a B, then local factors."""

from typing import NamedTuple

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError

_FEWEST = 20  # reflections in common
_PER_SHELL = 100
_NEIGHBOURS = 200  # reflections that a local factor is found from


class RelativeScale(NamedTuple):
    """Amplitudes times scale · exp(−b s²) are on the scale of others; s² = 1/(4d²), b in Å²."""

    scale: float
    b: float

    def factors(self, d: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) the factor of amplitudes with spacings `d` (n,), Å."""
        return np.asarray(self.scale * np.exp(-self.b * d**-2.0 / 4.0))


def relative_scale(
    reference: NDArray[np.float64], other: NDArray[np.float64], d: NDArray[np.float64]
) -> RelativeScale:
    """The scale and B that give `other` the mean squares of `reference` at every resolution.

    A straight line through ln √(Σ F²(reference) / Σ F²(other)) of resolution shells against s².

    Parameters
    ----------
    reference, other, d : (n,) amplitudes of the same reflections, and their spacing, Å.

    Raises
    ------
    UserError : there are fewer than 20 reflections.
    """
    if len(reference) < _FEWEST:
        raise UserError(
            f"The data sets have {len(reference)} reflections in common, and a scale needs "
            f"{_FEWEST}: choose data sets of one crystal form with the same indexing."
        )
    s2 = d**-2.0 / 4.0
    n_shells = max(1, len(s2) // _PER_SHELL)
    x, y = [], []
    for shell in np.array_split(np.argsort(s2, kind="stable"), n_shells):
        one, two = float((reference[shell] ** 2).sum()), float((other[shell] ** 2).sum())
        if one > 0 and two > 0:
            x.append(float(s2[shell].mean()))
            y.append(0.5 * np.log(one / two))
    if len(x) < 3:  # so few shells give no slope
        ratio = float((reference**2).sum()) / max(float((other**2).sum()), 1e-300)
        return RelativeScale(float(np.sqrt(ratio)), 0.0)
    slope, intercept = np.polyfit(x, y, 1)
    return RelativeScale(float(np.exp(intercept)), float(-slope))


def local_factors(
    reference: NDArray[np.float64],
    other: NDArray[np.float64],
    hkl: NDArray[np.int32],
    wanted: NDArray[np.int32],
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> NDArray[np.float64]:
    """(m,) factors of `other` from the reflections nearest in reciprocal space, each without the
    reflection itself (Matthews & Czerwinski, Acta Cryst. A31, 480, 1975).

    √(Σ F²(reference) / Σ F²(other)) over the 200 nearest equivalents. They correct for absorption,
    anisotropy and what else differs slowly between two crystals.

    Parameters
    ----------
    reference, other, hkl : (n,), (n,), (n, 3) amplitudes of the same unique reflections.
    wanted : (m, 3) unique reflections for which factors are wanted.
    """
    every, source, _ = equivalents.expand(hkl, spacegroup)
    every, source = np.concatenate([every, -every]), np.concatenate([source, source])
    to_reciprocal = np.array(cell.frac.mat.tolist(), dtype=np.float64)
    number = min(_NEIGHBOURS, len(every))
    _, near = cKDTree(every @ to_reciprocal).query(wanted @ to_reciprocal, k=number)
    near = source[np.asarray(near).reshape(len(wanted), number)]
    itself, found = equivalents.match(hkl, wanted)
    others = ~found[:, None] | (near != itself[:, None])
    one = (reference[near] ** 2 * others).sum(axis=1)
    two = (other[near] ** 2 * others).sum(axis=1)
    return np.asarray(np.sqrt(one / np.where(two > 0, two, np.inf)))
