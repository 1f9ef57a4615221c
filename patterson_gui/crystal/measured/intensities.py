"""Measured intensities as a file gives them, not merged, with what is known of the experiment."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

Radiation = Literal["xray", "electron", "neutron"]


@dataclass(frozen=True, eq=False)
class Intensities:
    """Intensities (∝ |F|²), in any order; equivalents and Friedel mates are separate.

    Attributes
    ----------
    hkl : (n, 3) int32; no (000).
    value : (n,) float64, arbitrary scale; may be negative.
    sigma : (n,) float64, standard uncertainties, all positive.
    spacegroup : as the file states it; P1 where it states none. A solution need not follow it.
    wavelength : Å; None where unknown.
    label : their origin, for the user.
    stated : whether the file stated the space group.
    cell_sigma : standard uncertainties of a, b, c (Å), α, β, γ (°), 0 where fixed by symmetry;
        None where unknown.
    """

    hkl: NDArray[np.int32]
    value: NDArray[np.float64]
    sigma: NDArray[np.float64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    wavelength: float | None = None
    radiation: Radiation = "xray"
    label: str = ""
    stated: bool = True
    cell_sigma: tuple[float, ...] | None = None

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return np.asarray(self.cell.calculate_d_array(self.hkl), dtype=np.float64)

    def select(self, mask: NDArray[np.bool_]) -> "Intensities":
        """The reflections where `mask` (n,) is true."""
        return replace(self, hkl=self.hkl[mask], value=self.value[mask], sigma=self.sigma[mask])


@dataclass(frozen=True, eq=False)
class MergedIntensities:
    """One mean intensity for each unique reflection of a space group.

    Attributes
    ----------
    hkl : (n, 3) int32, each once, no (000), no systematic absences of `spacegroup`.
    value, sigma : (n,) as in `Intensities`.
    redundancy : (n,) number of measurements in each mean.
    friedel_merged : whether h and −h are one reflection. Otherwise both stand in the list,
        as indices of the asymmetric unit and the inverse of such.
    """

    hkl: NDArray[np.int32]
    value: NDArray[np.float64]
    sigma: NDArray[np.float64]
    redundancy: NDArray[np.int64]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    friedel_merged: bool
    wavelength: float | None = None
    radiation: Radiation = "xray"

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def d(self) -> NDArray[np.float64]:
        """(n,) d-spacing, Å."""
        return np.asarray(self.cell.calculate_d_array(self.hkl), dtype=np.float64)

    def select(self, mask: NDArray[np.bool_]) -> "MergedIntensities":
        """The reflections where `mask` (n,) is true."""
        return replace(
            self,
            hkl=self.hkl[mask],
            value=self.value[mask],
            sigma=self.sigma[mask],
            redundancy=self.redundancy[mask],
        )
