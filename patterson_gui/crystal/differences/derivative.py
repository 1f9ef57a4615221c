"""The amplitudes of a derivative on the scale of its native: the data for phasing."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ScaledDerivative:
    """Amplitudes of a native and of a derivative, on the scale of the native.

    Attributes
    ----------
    hkl : (n, 3) int32, indices of the asymmetric unit, each once; no absences.
    native, native_sigma : (n,) amplitudes of the native; NaN where not measured.
    plus, plus_sigma, minus, minus_sigma : (n,) amplitudes F(+), F(−) of the derivative; NaN where
        not measured. They equal the mean where a file keeps no Friedel mates apart, and for
        centric reflections.
    mean, mean_sigma : (n,) mean of F(+) and F(−), or the one that is measured.
    scale, b : the amplitudes of the derivative were multiplied by scale · exp(−b s²),
        s² = 1/(4d²), and by local factors about 1; `b` in Å².
    label : the names of both data sets, for the user.
    notes : what was assumed and left out, in sentences for the user.
    warnings : those of the notes that tell of crystals that are not isomorphous.
    """

    hkl: NDArray[np.int32]
    native: NDArray[np.float64]
    native_sigma: NDArray[np.float64]
    plus: NDArray[np.float64]
    plus_sigma: NDArray[np.float64]
    minus: NDArray[np.float64]
    minus_sigma: NDArray[np.float64]
    mean: NDArray[np.float64]
    mean_sigma: NDArray[np.float64]
    scale: float
    b: float
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    label: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.mean)
