"""Density and difference map of a refined structure, and the amplitudes that they come from."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.orbits import image_keys
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.solution import RefinedStructure

_POINTS = 3.0  # grid points along each axis for the resolution limit, at least
_FINEST = 0.2  # Å: a finer grid shows nothing more


@dataclass(frozen=True, eq=False)
class MapTerms:
    """Amplitudes and phases for maps: one of each Friedel pair, absolute scale.

    Attributes
    ----------
    hkl : (n, 3), one of each set of equivalents.
    fo, sigma : (n,) |F| measured, free of extinction and of the other twin domain, and its
        standard uncertainty.
    fc : (n,) complex128 F of the model without f″.
    """

    hkl: NDArray[np.int32]
    fo: NDArray[np.float64]
    sigma: NDArray[np.float64]
    fc: NDArray[np.complex128]
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup

    @property
    def centric(self) -> NDArray[np.bool_]:
        """(n,) whether symmetry allows only two phases."""
        return np.asarray(self.spacegroup.operations().centric_flag_array(self.hkl), dtype=bool)

    @property
    def density_terms(self) -> NDArray[np.complex128]:
        """(n,) (2|Fo| − |Fc|) exp(iφ), and |Fo| exp(iφ) where F is centric.

        Atoms that the model lacks appear at half their height with |Fo| exp(iφ) where phases
        are free, at full height where they are 0 or π (Main, Acta Cryst. A35, 779, 1979).
        """
        phase = _phases(self.fc)
        modulus = np.where(self.centric, self.fo, 2.0 * self.fo - np.abs(self.fc))
        return np.asarray(modulus * phase)

    @property
    def difference_terms(self) -> NDArray[np.complex128]:
        """(n,) (|Fo| − |Fc|) exp(iφ)."""
        return np.asarray((self.fo - np.abs(self.fc)) * _phases(self.fc))


def _phases(f: NDArray[np.complex128]) -> NDArray[np.complex128]:
    modulus = np.abs(f)
    return np.where(modulus > 0, f / np.where(modulus > 0, modulus, 1.0), 1.0)


def absolute_intensities(
    structure: RefinedStructure,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fo² and σ(Fo²) at `merged.hkl` on the scale of |Fc|², freed of extinction and other domains.

    Each is multiplied by |Fc|² over the calculated intensity, so that a ratio of measured to
    calculated intensity stays what it is. For extinction alone this undoes SHELXL's formula
    I = K Fc² (1 + 0.001 x Fc² λ³ / sin 2θ)^−½; of a twin it takes the calculated share of the
    first domain, as SHELXL does for lists and maps.
    """
    merged, calculated = structure.merged, structure.calculated
    fc2 = np.abs(structure.f_calc) ** 2
    scale = structure.figures.scale if structure.figures.scale > 0 else 1.0
    floor = 1e-6 * max(float(calculated.max(initial=0.0)), 1e-12)
    factor = np.where(calculated > floor, fc2 / np.maximum(calculated, floor), 1.0 / scale)
    return merged.value * factor, merged.sigma * factor


def map_terms(structure: RefinedStructure) -> MapTerms:
    """Terms of the maps, with Friedel mates averaged.

    The mean of F(h) and F*(−h) is F without f″.
    """
    merged = structure.merged
    value, sigma = absolute_intensities(structure)
    fc = np.asarray(structure.f_calc, dtype=np.complex128)
    hkl, fc = _representatives(merged.hkl, fc, merged.spacegroup)
    _, first, group = np.unique(hkl, axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    n = len(first)
    number = np.bincount(group, minlength=n)
    weight = 1.0 / np.maximum(sigma, 1e-12) ** 2
    total = np.bincount(group, weight, n)
    mean = np.bincount(group, weight * value, n) / total
    spread = 1.0 / np.sqrt(total)
    mean_fc = np.zeros(n, dtype=np.complex128)
    np.add.at(mean_fc, group, fc / number[group])
    fo = np.sqrt(np.maximum(mean, 0.0))
    # σ(F) = σ(I) / 2F, and for weak ones at most that of I = 0: √σ(I).
    sigma_f = np.minimum(spread / np.maximum(2.0 * fo, 1e-12), np.sqrt(spread))
    return MapTerms(hkl[first], fo, sigma_f, mean_fc, merged.cell, merged.spacegroup)


def _representatives(
    hkl: NDArray[np.int32], f: NDArray[np.complex128], spacegroup: gemmi.SpaceGroup
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    """The same one of all equivalents and their Friedel mates for each reflection, with its F.

    F(hR) = F(h) exp(−2πi h·t), F(−h) = F*(h).
    """
    ops = list(spacegroup.operations().sym_ops)
    rotations = np.array([op.rot for op in ops], dtype=np.int64) // gemmi.Op.DEN
    translations = np.array([op.tran for op in ops], dtype=np.float64) / gemmi.Op.DEN
    keys = image_keys(hkl, rotations)
    rows, best = np.arange(len(hkl)), np.abs(keys).argmax(axis=1)
    mate = keys[rows, best] < 0
    new = np.einsum("ni,nij->nj", hkl, rotations[best])
    new[mate] *= -1
    turned = f * np.exp(-2j * np.pi * np.einsum("ni,ni->n", hkl, translations[best]))
    return new.astype(np.int32), np.where(mate, np.conj(turned), turned)


def density_of(structure: RefinedStructure, terms: MapTerms | None = None) -> DensityMap:
    """The density 2Fo − Fc over the whole cell, without F(000).

    e/Å³ for X-rays; arbitrary units (`absolute` false) for electrons and neutrons.
    """
    terms = terms or map_terms(structure)
    return _map(structure, terms, terms.density_terms, MapKind.DENSITY, "2Fo-Fc")


def difference_of(structure: RefinedStructure, terms: MapTerms | None = None) -> DensityMap:
    """The difference density Fo − Fc over the whole cell, in the units of `density_of`."""
    terms = terms or map_terms(structure)
    return _map(structure, terms, terms.difference_terms, MapKind.DIFFERENCE, "Fo-Fc")


def _map(
    structure: RefinedStructure,
    terms: MapTerms,
    f: NDArray[np.complex128],
    kind: MapKind,
    name: str,
) -> DensityMap:
    coefficients = Coefficients(terms.hkl, f.astype(np.complex64), terms.cell, terms.spacegroup)
    d_min = float(coefficients.d.min())
    spacing = max(d_min / _POINTS, _FINEST)
    shape = grid_shape(terms.cell, spacing, terms.spacegroup, d_min=d_min)
    return DensityMap(
        map_from_coefficients(coefficients, shape),
        terms.cell,
        terms.spacegroup,
        kind,
        d_min=d_min,
        name=name,
        absolute=structure.merged.radiation == "xray",
    )
