"""Bring a site of an atom to the origin and hand of other sites, by the vectors between them.

The vectors of an atom to its own images are the same on every permissible origin and in both
hands. Those to other atoms are not: they meet peaks of the Patterson map for the right choice.
"""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.sites.permissible_origins import inverted_origins, permissible_origins
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.symmetry_images import operation_arrays, symmetry_images

_STEP = 0.5  # Å, along directions in which a coordinate is open
_MOST_PLACES = 200_000
_SMALL = 1e-6
_APART = 1.0  # Å: places that are closer are one
_MOST_COMPARED = 1000  # best places
_CHUNK = 500_000  # vectors in memory at once


@dataclass(frozen=True, eq=False)
class PlacedSite:
    """A site on the origin of others.

    Attributes
    ----------
    frac : (3,) fractional coordinates.
    lowest : the lowest value of the Patterson map over the vectors to the other sites and their
        images, in rmsd above the mean of the map.
    """

    frac: NDArray[np.float64]
    lowest: float


def on_common_origin(
    frac: NDArray[np.float64],
    free: NDArray[np.float64],
    others: NDArray[np.float64],
    patterson: DensityMap,
    spacegroup: gemmi.SpaceGroup,
    most: int = 3,
) -> tuple[PlacedSite, ...]:
    """The places of a site, on any origin and in any hand, that fit best to the other sites.

    The best comes first. Noise, or the vectors of further sites, may favour a wrong one where
    there are few others.

    Parameters
    ----------
    frac : (3,) the site.
    free : (k, 3) directions in which its coordinates are open, as `HarkerSite` has them.
    others : (n, 3) sites that share an origin and a hand, n > 0.
    most : largest number of places; they are more than 1 Å apart, symmetry considered.
    """
    places = np.concatenate(
        [frac + permissible_origins(spacegroup), inverted_origins(spacegroup) - frac]
    )
    directions = np.concatenate([free, polar_directions(spacegroup)])
    steps = steps_along(directions, orthogonalization(patterson.cell), len(places))
    places = (places[:, None] + steps).reshape(-1, 3)
    lowest = _lowest_values(places, others, patterson, spacegroup)
    axes = orthogonalization(patterson.cell).T
    kept: list[PlacedSite] = []
    images = np.zeros((0, 3))
    for n in np.argsort(-lowest, kind="stable")[:_MOST_COMPARED]:
        if len(kept) == most:
            break
        if not len(images) or distances(places[n] - images, axes).min() > _APART:
            kept.append(PlacedSite(places[n], float(lowest[n])))
            new = symmetry_images(places[n][None], spacegroup.operations()).reshape(-1, 3)
            images = np.concatenate([images, new])
    return tuple(kept)


def _lowest_values(
    places: NDArray[np.float64],
    others: NDArray[np.float64],
    patterson: DensityMap,
    spacegroup: gemmi.SpaceGroup,
) -> NDArray[np.float64]:
    """(m,) the minimum function: for each place the lowest value over its vectors to others."""
    rotations, translations = operation_arrays(spacegroup.operations())
    images = (np.einsum("gij,nj->gni", rotations, others) + translations[:, None]).reshape(-1, 3)
    mean, rmsd = float(patterson.grid.mean()), patterson.rmsd
    lowest = np.empty(len(places))
    size = max(1, _CHUNK // len(images))
    for start in range(0, len(places), size):
        part = slice(start, start + size)
        vectors = places[part, None] - images
        values = patterson.value_at(vectors.reshape(-1, 3)).reshape(vectors.shape[:2])
        lowest[part] = (values.min(axis=1) - mean) / rmsd
    return lowest


def _lattice_translations(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, 3) lattice translations along the space that (n, 3) directions of symmetry span.

    In its reduced echelon form the entries are multiples of 1/2, 1/3 or 1/4.
    """
    rows = directions.copy()
    done = 0
    for column in range(3):
        if done == len(rows):
            break
        pivot = done + int(np.abs(rows[done:, column]).argmax())
        if abs(rows[pivot, column]) < _SMALL:
            continue
        rows[[done, pivot]] = rows[[pivot, done]]
        rows[done] /= rows[done, column]
        others = np.arange(len(rows)) != done
        rows[others] -= np.outer(rows[others, column], rows[done])
        done += 1
    basis = rows[:done]
    for n, row in enumerate(basis):
        whole = [m for m in (1, 2, 3, 4) if np.abs(m * row - np.rint(m * row)).max() < 1e-3]
        basis[n] = row * (whole[0] if whole else 4)
    return basis


def steps_along(
    directions: NDArray[np.float64], to_cartesian: NDArray[np.float64], n_places: int
) -> NDArray[np.float64]:
    """(s, 3) fractional steps that cover the cell along directions, about `_STEP` Å apart.

    They are farther apart where there would be more than `_MOST_PLACES` places.
    """
    along = _lattice_translations(directions)
    if not len(along):
        return np.zeros((1, 3))
    lengths = np.linalg.norm(along @ to_cartesian.T, axis=1)
    counts = np.maximum(1.0, np.ceil(lengths / _STEP))
    excess = n_places * float(counts.prod()) / _MOST_PLACES
    if excess > 1:
        counts = np.maximum(1.0, np.floor(counts / excess ** (1 / len(counts))))
    ranges = [np.arange(int(n)) / n for n in counts]
    grid = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))
    return np.asarray(grid @ along)
