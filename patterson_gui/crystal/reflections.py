"""Structure-factor amplitudes without phases, and complex coefficients."""

from dataclasses import dataclass, replace
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """Unique |F| of one crystal: all that a prediction is allowed to see.

    Attributes
    ----------
    hkl : (n, 3) int32, in the reciprocal asymmetric unit of `spacegroup`; no (000), no
        systematic absences, each once (Friedel mates merged).
    f : (n,) float32, |F|, e where `absolute`, else arbitrary.
    sigma : (n,) float32, its standard uncertainty, or None for calculated data.
    label : where they come from, for the user ("FP, SIGFP of 1aba.mtz", "calculated").
    """

    hkl: NDArray[np.int32]
    f: NDArray[np.float32]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    sigma: NDArray[np.float32] | None = None
    label: str = ""
    absolute: bool = False

    def __len__(self) -> int:
        return len(self.f)

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return np.asarray(self.cell.calculate_d_array(self.hkl), dtype=np.float64)

    @property
    def d_min(self) -> float:
        return float(self.d.min())

    def select(self, mask: NDArray[np.bool_]) -> "Amplitudes":
        """Those reflections where `mask` (n,) is true."""
        sigma = None if self.sigma is None else self.sigma[mask]
        return replace(self, hkl=self.hkl[mask], f=self.f[mask], sigma=sigma)

    def cut(self, d_min: float) -> "Amplitudes":
        """Those with d ≥ d_min (Å)."""
        return self.select(self.d >= d_min - 1e-6)


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Complex structure factors F(h) = Σ f T exp(2πi h·x): hkl (n, 3), f (n,) complex64."""

    hkl: NDArray[np.int32]
    f: NDArray[np.complex64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup

    def amplitudes(self, label: str = "calculated") -> Amplitudes:
        """Their moduli; the phases are dropped here for good."""
        f = np.abs(self.f).astype(np.float32)
        return Amplitudes(self.hkl, f, self.cell, self.spacegroup, label=label, absolute=True)
