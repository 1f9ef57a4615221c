"""Find the atoms in a density of an organic molecule with the program's own network.

Each point of the map votes for the position and the element of an atom (`voxels`). Votes within
0.3 Å are combined to one atom; no two atoms are closer than 0.8 Å. The elements follow from the
combined votes, and agree with the composition if it is known. Finally the atoms are fitted to the
map (`atom_fit`). The only inputs are the map, its cell and the composition.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.lattices import distances, steps_within
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.models.lone_atoms import structure_of_atoms
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.training.network_folders import find_model
from patterson_gui.nets.architectures.organic import ELEMENTS, RADIUS, Organic
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.inference.atom_fit import Terms, fit_to_terms
from patterson_gui.nets.inference.voxels import Voxels, resampled, voxels_of

DEFAULT = "organic"  # the weights supplied with the program
APART = 0.8  # Å, least distance between atoms
_TOGETHER = 0.3  # Å: votes closer than this are for the same atom
_BALL = 4 / 3 * np.pi * RADIUS**3  # Å³ of voxels that vote for an isolated atom
_LEAST_SCORE = 0.35  # fraction of that volume below which votes are discarded
_LEAST_OF_EXPECTED = 0.08  # the same for atoms that the composition still lacks
_USUAL_B = 20.0  # Å²


@dataclass(frozen=True, eq=False)
class MapAtoms:
    """Atoms segmented in the map of a cell.

    Attributes
    ----------
    frac : (n, 3) fractional coordinates.
    numbers : (n,) atomic numbers.
    scores : (n,) volume of the votes for each atom, relative to that of a well-defined atom.
    b : Å², of all atoms.
    """

    frac: NDArray[np.float64]
    numbers: NDArray[np.int64]
    scores: NDArray[np.float64]
    b: float = _USUAL_B

    def __len__(self) -> int:
        return len(self.frac)


def atoms_of_map(
    density: DensityMap,
    composition: Composition | None = None,
    *,
    model: str = DEFAULT,
    folders: Iterable[Path] | None = None,
) -> gemmi.Structure:
    """The atoms C, N, O and S of a map over the whole cell, as a P1 model in its cell.

    Parameters
    ----------
    density : map on any scale, with or without F(000); its space group is not used.
    composition : non-hydrogen atoms in the P1 cell, or None if unknown.
    model : name, stem or file of weights that find atoms.
    folders : where to look for weights; None: the user's own folder and the program's.

    Raises
    ------
    UserError : there are no such weights, or they cannot be read.
    """
    network = load_network(model, folders)
    return as_structure(find_atoms(density, network, composition), density.cell)


def load_network(model: str = DEFAULT, folders: Iterable[Path] | None = None) -> Organic:
    """Load weights that find atoms, by name, stem or file.

    Raises
    ------
    UserError : there are no weights of that name, or they are damaged or for another task.
    """
    network, card = load_weights(find_model(model, folders, "atoms").weights)
    if not isinstance(network, Organic):
        raise UserError(
            f"The network '{card.name}' ({card.network}) is not one that finds atoms in densities "
            "of molecules: choose another one."
        )
    network.eval()
    return network


def find_atoms(
    density: DensityMap,
    network: Organic,
    composition: Composition | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> MapAtoms:
    """The atoms of a map over the whole cell, on any scale, with or without F(000).

    Parameters
    ----------
    composition : non-hydrogen atoms in the P1 cell, or None if unknown.
    cancelled : asked between the parts of a large map.

    Raises
    ------
    Cancelled : soon after `cancelled()` turns true.
    """
    voxels = voxels_of(density, network, cancelled)
    frac, scores, probabilities = _gathered(voxels, density.orthogonalization)
    if cancelled():
        raise Cancelled
    if composition is not None and composition.n_atoms:
        kept = np.flatnonzero(scores > _LEAST_OF_EXPECTED)[: composition.n_atoms]
    else:
        kept = np.flatnonzero(scores > _LEAST_SCORE)
    frac, scores, probabilities = frac[kept], scores[kept], probabilities[kept]
    numbers = _elements(probabilities, composition)
    symbols = [gemmi.Element(int(z)).name for z in numbers]
    best = fit_to_terms(frac, symbols, density.cell, _terms(density))
    return MapAtoms(best.frac % 1.0, numbers, scores, best.b)


def as_structure(found: MapAtoms, cell: gemmi.UnitCell) -> gemmi.Structure:
    """The atoms as a P1 model in their cell: one residue, atom names numbered for each element."""
    orth = np.array(cell.orth.mat.tolist())
    elements = map(gemmi.Element, found.numbers.tolist())
    return structure_of_atoms("found", cell, elements, found.frac @ orth.T, found.b)


def _gathered(
    voxels: Voxels, orth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Group votes into atoms: fractional positions (n, 3), scores (n,), highest first, and element
    probabilities (n, 5)."""
    votes, inverse = voxels.votes, np.linalg.inv(orth)
    if len(votes) == 0:
        return np.zeros((0, 3)), np.zeros(0), np.zeros((0, len(ELEMENTS)))
    trust = 1.0 - voxels.probabilities[:, 0]
    home = (votes @ inverse.T) % 1.0 @ orth.T
    tree, copies, origin = _with_copies(home, orth, APART)
    near = tree.query_ball_point(home, _TOGETHER)
    scores = np.array([trust[origin[members]].sum() for members in near]) * voxels.volume / _BALL
    free = np.ones(len(home), dtype=bool)
    places, heights, shares = np.zeros((0, 3)), [], []
    for i in np.argsort(-scores, kind="stable"):
        if not free[i]:
            continue
        members = near[i]
        # Average twice: the second time over the votes around the mean of the first.
        for _ in range(2):
            weight = trust[origin[members]]
            place = weight @ copies[members] / weight.sum()
            members = tree.query_ball_point(place, _TOGETHER) or members
        free[origin[tree.query_ball_point(place, APART)]] = False
        free[i] = False
        step = (places - place) @ inverse.T
        if (distances(step, orth.T) < APART).any():
            continue
        weight = trust[origin[members]]
        share = weight @ voxels.probabilities[origin[members]]
        places = np.concatenate([places, place[None]])
        heights.append(weight.sum() * voxels.volume / _BALL)
        shares.append(share / share.sum())
    order = np.argsort(-np.array(heights), kind="stable")
    return places[order] @ inverse.T, np.array(heights)[order], np.array(shares)[order]


def _with_copies(
    home: NDArray[np.float64], orth: NDArray[np.float64], reach: float
) -> tuple[cKDTree, NDArray[np.float64], NDArray[np.intp]]:
    """Points (k, 3), Å, in the cell and their periodic copies within `reach` of it: their k-d tree,
    the points, and the index of the original of each."""
    inverse = np.linalg.inv(orth)
    frac = home @ inverse.T
    margin = 2 * reach * np.linalg.norm(inverse, axis=1)
    parts, origins = [], []
    for step in steps_within(orth.T, 2 * reach):
        there = frac + step
        near = ((there > -margin) & (there < 1 + margin)).all(axis=1)
        parts.append(there[near] @ orth.T)
        origins.append(np.flatnonzero(near))
    copies = np.concatenate(parts)
    return cKDTree(copies), copies, np.concatenate(origins)


def _elements(
    probabilities: NDArray[np.float64], composition: Composition | None
) -> NDArray[np.int64]:
    """(n,) the most likely atomic numbers; with a composition, its most likely assignment."""
    known = np.array(ELEMENTS[1:])
    if len(probabilities) == 0:
        return np.zeros(0, dtype=np.int64)
    if composition is None or not composition.counts:
        return np.asarray(known[probabilities[:, 1:].argmax(axis=1)])
    numbers = np.array(
        [gemmi.Element(s).atomic_number for s, n in composition.counts.items() for _ in range(n)]
    )
    lacking = len(probabilities) - len(numbers)
    if lacking > 0:
        commonest = max(composition.counts, key=lambda s: composition.counts[s])
        numbers = np.append(numbers, [gemmi.Element(commonest).atomic_number] * lacking)
    classes = 1 + np.abs(numbers[:, None] - known).argmin(axis=1)
    cost = -np.log(np.maximum(probabilities, 1e-6))[:, classes]
    # It is unknown which elements the missing atoms have; the most likely assignment decides.
    rows, columns = linear_sum_assignment(cost)
    answer = np.zeros(len(probabilities), dtype=np.int64)
    answer[rows] = numbers[columns]
    return answer


def _terms(density: DensityMap) -> Terms:
    """The Fourier coefficients of a map to its resolution, as far as its grid represents it."""
    d_min = density.d_min or 2.02 * density.spacing
    d_min = max(d_min, 2.02 * density.spacing)
    hkl = unique_reflections(density.cell, p1(), d_min)
    shape = grid_shape(density.cell, density.spacing, d_min=d_min)
    grid = density.grid
    if any(a < b for a, b in zip(grid.shape, shape, strict=True)):
        grid = resampled(grid, shape)
    return Terms(hkl, coefficients_from_map(grid, density.cell, hkl))
