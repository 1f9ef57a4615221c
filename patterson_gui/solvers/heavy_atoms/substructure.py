"""A set of sites, and its structure factors of unit scatterers with their derivatives.

F(h) = exp(−B/(4 d²)) Σ_j o_j Σ_ops exp(2πi h·(R x_j + t)), without the centring.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.site_symmetry import site_symmetries
from patterson_gui.crystal.symmetry_images import symmetry_images
from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares


@dataclass(frozen=True, eq=False)
class Substructure:
    """Sites of one search.

    Attributes
    ----------
    frac : (m, 3) fractional coordinates.
    occ : (m,) share of the root mean square difference that an atom scatters; on a special
        position divided by the order of its site symmetry.
    order : (m,) order of the site symmetry.
    b : Å², of all sites, relative to the mean fall-off of the differences.
    score : log-likelihood over that without sites.
    """

    frac: NDArray[np.float64]
    occ: NDArray[np.float64]
    order: NDArray[np.float64]
    b: float = 0.0
    score: float = 0.0

    def __len__(self) -> int:
        return len(self.occ)

    def without(self, j: int) -> "Substructure":
        """All sites but one."""
        keep = np.arange(len(self)) != j
        return Substructure(self.frac[keep], self.occ[keep], self.order[keep], self.b, self.score)


def structure_factors(data: DifferenceSquares, sites: Substructure) -> NDArray[np.complex64]:
    """(n,) F of the sites at the reflections of `data`."""
    return unit_factors(data, sites.frac, sites.b) @ sites.occ


def unit_factors(
    data: DifferenceSquares, frac: NDArray[np.float64], b: float = 0.0
) -> NDArray[np.complex64]:
    """(n, m) F of each site with occupancy one."""
    total = np.zeros((len(data), len(frac)), dtype=np.complex64)
    for _, term in _terms(data, frac):
        total += term
    return total * np.exp(-0.25 * b * data.x).astype(np.float32)[:, None]


def unit_factors_with_derivatives(
    data: DifferenceSquares, frac: NDArray[np.float64], b: float = 0.0
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """(n, m) F of each site with occupancy one, and (3, n, m) its derivatives by x, y, z."""
    total = np.zeros((len(data), len(frac)), dtype=np.complex64)
    slope = np.zeros((3, len(data), len(frac)), dtype=np.complex64)
    for index, term in _terms(data, frac):
        total += term
        for axis in range(3):
            slope[axis] += term * index[:, axis, None].astype(np.float32)
    debye_waller = np.exp(-0.25 * b * data.x).astype(np.float32)[:, None]
    slope *= np.complex64(2j * np.pi) * debye_waller
    return total * debye_waller, slope


def _terms(
    data: DifferenceSquares, frac: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.complex64]]]:
    """h R (n, 3) and exp(2πi h·(R x + t)) (n, m) for each operation.

    The exponential is a product of three, one for each index, which are looked up in tables. In
    single precision all of this takes half the time, and F is good to 10⁻⁶.
    """
    most = int(np.abs(data.images).max())
    order = np.arange(-most, most + 1)[:, None]
    tables = [np.exp(2j * np.pi * order * frac[:, axis]).astype(np.complex64) for axis in range(3)]
    for index, shift in zip(data.images, data.shifts, strict=True):
        term = tables[0][index[:, 0] + most]
        term *= tables[1][index[:, 1] + most]
        term *= tables[2][index[:, 2] + most]
        term *= shift[:, None]
        yield index, term


def explained_share(data: DifferenceSquares, sites: Substructure) -> float:
    """q: Σ o² over all sites of the primitive cell; images that coincide scatter together."""
    return float(len(data.images) * np.sum(sites.order * sites.occ**2))


def distances(
    data: DifferenceSquares, frac: NDArray[np.float64], sites: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) Å from each of `frac` (n, 3) to the nearest image of any of `sites` (m, 3)."""
    if not len(sites):
        return np.full(len(frac), np.inf)
    images = symmetry_images(sites, data.spacegroup.operations()).reshape(-1, 3)
    apart = frac[:, None] - images[None]
    apart -= np.round(apart)
    lengths = np.linalg.norm(apart @ orthogonalization(data.cell).T, axis=-1)
    return np.asarray(lengths.min(axis=1))


def on_special_position(
    data: DifferenceSquares, frac: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int, NDArray[np.float64]]:
    """A position moved onto the special position near it, its order, and (3, 3) allowed shifts.

    Images within 40 % of the resolution cannot be told apart.
    """
    site = site_symmetries(frac[None], data.cell, data.spacegroup, tolerance=0.4 * data.d_min)[0]
    return site.frac, site.order, site.shifts @ site.shifts.T
