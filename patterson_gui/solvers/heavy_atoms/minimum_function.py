"""First sites from the Patterson function: the symmetry minimum function and its peaks.

A site at x has vectors x − (R x + t) to its images. The symmetry minimum function of x is the
smallest value of the Patterson function over these vectors (Simpson, Dobrott & Lipscomb, Acta
Cryst. 18, 169, 1965; Buerger, Vector Space, 1959, for the minimum function). It is as high at a
site as the lowest of its Harker peaks, and low elsewhere. Its highest peaks are refined, and the
likelihood decides between them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.other_origins import OriginFreeDistances
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares
from patterson_gui.solvers.heavy_atoms.likelihood import refine
from patterson_gui.solvers.heavy_atoms.maps import MapMaker, highest_peaks, weighted_patterson
from patterson_gui.solvers.heavy_atoms.substructure import Substructure

FIRST_OCC = 0.2
_SHORT = 0.7  # of d_min: vectors shorter than this are part of the origin peak
_REFINED = 40  # peaks whose likelihood is calculated
_POOL = 6000


def symmetry_minimum(maker: MapMaker, patterson: NDArray[np.float64]) -> NDArray[np.float64]:
    """(nu, nv, nw) the symmetry minimum function on the grid of the Patterson function.

    Vectors near the origin say nothing and are left out. Where all are, as at every point of P1,
    the value is minus infinity.
    """
    data, shape = maker.data, patterson.shape
    polar = polar_directions(data.spacegroup)
    axes = [np.arange(n) / n for n in shape]
    for direction in polar:
        along = int(np.argmax(np.abs(direction)))
        axes[along] = axes[along][:1]  # the function is constant along a polar axis
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    rotations, translations = operation_arrays(data.spacegroup.operations())
    metric = orthogonalization(data.cell)
    lowest = np.full(points.shape[:3], np.inf)
    for rotation, translation in zip(rotations, translations, strict=True):
        if np.abs(rotation - np.eye(3)).max() < 1e-9:
            continue
        vector = points @ (np.eye(3) - rotation).T - translation
        value = interpolated(patterson, vector)
        vector -= np.round(vector)
        value[np.linalg.norm(vector @ metric.T, axis=-1) < _SHORT * data.d_min] = np.inf
        lowest = np.minimum(lowest, value)
    lowest[np.isinf(lowest)] = -np.inf
    return lowest


def interpolated(density: NDArray[np.float64], frac: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) values of a periodic map at fractional positions (..., 3), linear between points."""
    places = [(frac[..., i] * density.shape[i]) % density.shape[i] for i in range(3)]
    return np.asarray(map_coordinates(density, places, order=1, mode="grid-wrap"))


def first_sites(maker: MapMaker) -> list[Substructure]:
    """Single sites of different places, refined, in the order of their likelihood.

    Where no operation gives a Harker vector (P1), a site at the origin.
    """
    data = maker.data
    lowest = symmetry_minimum(maker, weighted_patterson(maker))
    frac, height = highest_peaks(lowest, _POOL)
    frac = frac[np.isfinite(height)]
    candidates = [_single(np.zeros(3))] if not len(frac) else []
    free = OriginFreeDistances(data.cell, data.spacegroup)
    taken: list[NDArray[np.float64]] = []
    for position in frac:
        if len(taken) == _REFINED:
            break
        if taken and free.nearest(position, np.array(taken)) < 0.5 * data.d_min:
            continue
        taken.append(position)
        candidates.append(_single(position))
    refined = [refine(data, site, 4, fit_b=False) for site in candidates]
    return sorted(refined, key=lambda site: -site.score)


def _single(position: NDArray[np.float64]) -> Substructure:
    return Substructure(position[None].copy(), np.array([FIRST_OCC]), np.ones(1))


def patfom(
    data: DifferenceSquares, patterson: NDArray[np.float64], frac: NDArray[np.float64]
) -> float:
    """Mean of the lowest third of the Patterson function over all vectors between images.

    As in SHELXD (Sheldrick, Z. Kristallogr. 217, 644, 2002). NaN without such vectors.
    """
    rotations, translations = operation_arrays(data.spacegroup.operations())
    images = (np.einsum("kij,mj->mki", rotations, frac) + translations).reshape(-1, 3)
    vectors = (frac[:, None] - images[None]).reshape(-1, 3)
    vectors -= np.round(vectors)
    lengths = np.linalg.norm(vectors @ orthogonalization(data.cell).T, axis=1)
    values = np.sort(interpolated(patterson, vectors[lengths > _SHORT * data.d_min]))
    if not len(values):
        return float("nan")
    return float(values[: max(1, len(values) // 3)].mean())
