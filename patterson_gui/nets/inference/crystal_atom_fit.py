"""Fit the atoms of a crystal in the cube to a latent, or to a density.

The fit starts from the atoms that the segmentation finds (`crystal_atoms`); its algorithm is
`crystal.materials.gaussian_fit`. All numbers are in double precision.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import reduced_lattice
from patterson_gui.crystal.materials.cube import EDGE, POINTS, REACH, SIGMA, SPACING
from patterson_gui.crystal.materials.gaussian_fit import EXACTLY, ROUGHLY, Fit, Search, fit_atoms
from patterson_gui.crystal.materials.gaussian_measurement import Measurement
from patterson_gui.crystal.materials.latent import Latent
from patterson_gui.nets.forward_model.crystal_grids import principal_functions
from patterson_gui.nets.inference.crystal_atoms import CubeAtoms, remove_translated_copies

Array = NDArray[np.float64]

_NO_POSITIONS: Array = np.zeros((0, 3))
_FUNCTIONS = 10  # functions of each coordinate in a fit to a density
_SHARP, _SOFT = 0.02, 10.0  # `restored` of `_density_measurement`: for exact sums, for others
_MOST_ATOMS = 130  # largest number of atoms in a cube or a cell
_ACCEPTED = 1e-2  # residual of the fit to an encoded latent below which the atoms are accepted
_IS_SUM = 1e-4  # residual of the fit to a density below which it is a sum of Gaussians
_LEAST_VOLUME = 2.0  # Å³ per atom, at least
_MOST_VOLUME = 30_000.0  # Å³: the cube contains too little of a larger cell
_SHORTEST_TRANSLATION = 0.8  # Å: no lattice translation is shorter


@dataclass(frozen=True, eq=False)
class LinearEncoder:
    """The part of a network that maps a density to the numbers of a latent that describe it.

    Attributes
    ----------
    functions : (30, K) of one coordinate; their products expand the density.
    matrix : (291, K³) from the coefficients of the density to the latent.
    bias : (291,) added to the result.
    metric : (291,) rms change of the density, e/Å³, per unit of each number.
    """

    functions: Array
    matrix: Array
    bias: Array
    metric: Array

    def encode(self, density: NDArray[np.float32]) -> Array:
        """(291,) of a density (30, 30, 30), e/Å³."""
        latent: Array = self.matrix @ _expanded(density, self.functions) + self.bias
        return latent


def fit_to_latent(
    encoder: LinearEncoder,
    latent: Latent,
    found: CubeAtoms,
    lattice: Array | None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Fit:
    """Atoms with this latent; if there are none, the atoms that fit its density best.

    Parameters
    ----------
    found : atoms of the segmentation, from which the fit starts.
    lattice : (3, 3) Å, rows a, b, c, of a window onto a crystal; None for a unit cell.
    cancelled : asked before each step of the fit.

    Returns
    -------
    No atoms if the lattice is impossible.

    Raises
    ------
    errors.Cancelled : soon after `cancelled()` turns true.
    """
    exactly, roughly = (replace(search, cancelled=cancelled) for search in (EXACTLY, ROUGHLY))
    value = latent.vector[: len(encoder.bias)].astype(np.float64) - encoder.bias
    most = _MOST_ATOMS
    if lattice is not None:
        lattice = reduced_lattice(lattice)
        volume = abs(float(np.linalg.det(lattice)))
        shortest = float(np.linalg.norm(lattice, axis=1).min())
        if not _LEAST_VOLUME < volume < _MOST_VOLUME or shortest < _SHORTEST_TRANSLATION:
            return Fit(np.zeros((0, 3)), np.zeros(0), 1.0)
        most = max(2, int(volume / _LEAST_VOLUME))
        found = remove_translated_copies(found, lattice)
    if latent.encoded:
        whole = Measurement(encoder.functions, encoder.matrix, value, lattice)
        fit = _best_fit(whole, found, most, exactly)
        if fit.residual < _ACCEPTED:
            return fit
    # No atoms have this latent. Weight each direction by its effect on the density.
    metric = encoder.metric
    weighted = Measurement(
        encoder.functions, metric[:, None] * encoder.matrix, metric * value, lattice
    )
    return fit_atoms(weighted, found.positions, roughly, most)


def fit_to_density(
    density: NDArray[np.float32], found: CubeAtoms, lattice: Array | None = None
) -> Fit:
    """Atoms whose Gaussians, weighted by Z, fit a density (30, 30, 30), e/Å³.

    Parameters
    ----------
    found : atoms of the segmentation, from which the fit starts.
    lattice : (3, 3) Å, if the density continues periodically outside the cube.
    """
    if lattice is not None:
        lattice = reduced_lattice(lattice)
        found = remove_translated_copies(found, lattice)
    fit = _best_fit(_density_measurement(density, _SHARP, lattice), found, _MOST_ATOMS)
    if fit.residual < _IS_SUM:
        return fit
    # The density is no sum of such Gaussians, so its weak sharp components are unreliable.
    measured = _density_measurement(density, _SOFT, lattice)
    return fit_atoms(measured, found.positions, ROUGHLY, _MOST_ATOMS)


def _best_fit(measured: Measurement, found: CubeAtoms, most: int, search: Search = EXACTLY) -> Fit:
    """The better of two fits: one that starts from the segmentation's atoms, one from none."""
    fit = fit_atoms(measured, found.positions, search, most)
    if fit.exact:
        return fit
    other = fit_atoms(measured, _NO_POSITIONS, search, most)
    return other if other.residual < fit.residual else fit


def _density_measurement(
    density: NDArray[np.float32], restored: float, lattice: Array | None = None
) -> Measurement:
    """A density (30, 30, 30), e/Å³, as the target of a fit of atoms.

    The density is projected onto the principal functions of Gaussians. These are weighted so that
    overlapping atoms can be separated.

    Parameters
    ----------
    restored : functions down to this strength, relative to the strongest, get about equal weight.
    """
    u = principal_functions(_FUNCTIONS)
    along = np.arange(POINTS) * SPACING
    centres = np.arange(-REACH, EDGE + REACH, 0.05)
    gaussians = np.exp(-((along[:, None] - centres) ** 2) / (2 * SIGMA**2))
    strength = np.linalg.norm(u.T @ gaussians, axis=1)
    weights = 1 / (strength / strength.max() + restored)
    each = np.einsum("i,j,k->ijk", weights, weights, weights).ravel()
    return Measurement(u, np.diag(each), each * _expanded(density, u), lattice)


def _expanded(density: NDArray[np.float32], functions: Array) -> Array:
    """(K³,) coefficients of a density in products of functions (30, K) of each coordinate."""
    coefficients: Array = np.einsum(
        "ijk,ia,jb,kc->abc",
        density.astype(np.float64), functions, functions, functions, optimize=True,
    )  # fmt: skip
    return coefficients.ravel()
