"""The difference map Fo − Fc of a refinement: peaks, holes, and its density at positions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.peaks import Peak, find_peaks
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal.equivalents import packed, to_hemisphere
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.reflections import Coefficients

_COARSEST = 0.3  # Å
_POINTS_PER_D = 3.5  # grid points per resolution limit
_LARGEST_CORRECTION = 1.5


@dataclass(frozen=True, eq=False)
class DifferenceMap:
    """Fo − Fc over the whole cell, in e/Å³ for X-rays."""

    density: DensityMap

    @property
    def rms(self) -> float:
        """Root mean square of the map."""
        return self.density.rmsd

    @cached_property
    def highest(self) -> Peak | None:
        """The highest peak."""
        return next(iter(self.peaks(1)), None)

    @cached_property
    def deepest(self) -> Peak | None:
        """The deepest hole; its height is negative."""
        return next(iter(self.holes(1)), None)

    @cached_property
    def _inverted(self) -> DensityMap:
        return self.density.with_grid(-self.density.grid)

    def peaks(self, n: int = 20, min_rmsd: float = 0.0) -> tuple[Peak, ...]:
        """At most `n` independent peaks, highest first."""
        return find_peaks(self.density, n, min_rmsd)

    def holes(self, n: int = 20, min_rmsd: float = 0.0) -> tuple[Peak, ...]:
        """At most `n` independent holes of negative height, deepest first."""
        return tuple(
            Peak(-hole.height, -hole.rmsd, hole.frac, hole.length_A, hole.multiplicity)
            for hole in find_peaks(self._inverted, n, min_rmsd)
        )

    def at(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) density at fractional positions (n, 3)."""
        return self.density.value_at(frac)


def difference_map(
    merged: MergedIntensities,
    f_calc: NDArray[np.complex128],
    calculated: NDArray[np.float64],
    scale: float,
    d_min: float | None = None,
) -> DifferenceMap:
    """The map of (|Fo| − |Fc|) exp(iφc), with reflections to `d_min` (Å) where given.

    Parameters
    ----------
    f_calc : (n,) F of the model on absolute scale.
    calculated : (n,) k |F|² with extinction and twinning, on the scale of the measurement. By it
        the measured amplitude is freed of both: |Fo| − |Fc| = |Fc| (√(I/Ic) − 1).

    Friedel mates are averaged.
    """
    modulus = np.abs(f_calc)
    expected = np.sqrt(np.maximum(calculated, 0.0) / scale)
    misfit = np.sqrt(np.maximum(merged.value, 0.0) / scale) - expected
    correction = np.minimum(modulus / np.maximum(expected, 1e-9), _LARGEST_CORRECTION)
    terms = misfit * correction * f_calc / np.maximum(modulus, 1e-9)
    hkl = merged.hkl
    if d_min is not None:
        used = merged.d >= d_min
        hkl, terms = hkl[used], terms[used]
    else:
        d_min = float(merged.d.min())
    if not merged.friedel_merged:
        hkl, terms = _mean_of_mates(hkl, terms)
    spacing = min(_COARSEST, d_min / _POINTS_PER_D)
    shape = grid_shape(merged.cell, spacing, merged.spacegroup, d_min=d_min)
    coefficients = Coefficients(hkl, terms.astype(np.complex64), merged.cell, merged.spacegroup)
    return DifferenceMap(
        DensityMap(
            map_from_coefficients(coefficients, shape),
            merged.cell,
            merged.spacegroup,
            MapKind.DIFFERENCE,
            name="Fo − Fc",
            absolute=merged.radiation == "xray",
        )
    )


def _mean_of_mates(
    hkl: NDArray[np.int32], terms: NDArray[np.complex128]
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    upper, flipped = to_hemisphere(hkl)
    terms = np.where(flipped, np.conj(terms), terms)
    _, first, group = np.unique(packed(upper), return_index=True, return_inverse=True)
    n = len(first)
    total = np.bincount(group, terms.real, n) + 1j * np.bincount(group, terms.imag, n)
    mean = np.asarray(total / np.bincount(group, minlength=n), dtype=np.complex128)
    return upper[first], mean
