"""Atoms from made-up segmentations, and the merging of periodic copies."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.materials.cube import EDGE, POINTS, SPACING, window_sample
from patterson_gui.nets.architectures.crystal_autoencoder import CLASSES
from patterson_gui.nets.forward_model.crystal_grids import species
from patterson_gui.nets.inference.crystal_atoms import (
    CubeAtoms,
    atoms_from_logits,
    remove_translated_copies,
)
from tests.crystal.example_materials import perovskite


def segmentation(positions: NDArray[np.float64], numbers: NDArray[np.int64]) -> Tensor:
    """(95, 30, 30, 30) logits of a certain segmentation."""
    labels = species(torch.from_numpy(positions)[None], torch.from_numpy(numbers)[None])[0]
    return 10 * torch.nn.functional.one_hot(labels, CLASSES).movedim(-1, 0).float()


def test_each_sphere_of_a_segmentation_gives_one_atom() -> None:
    rng = np.random.default_rng(0)
    places = np.array(list(np.ndindex(3, 3, 3))) * 2.8 + 2.1 + 0.5 * rng.random((27, 3))
    numbers = rng.integers(1, 95, 27)
    found = atoms_from_logits(segmentation(places, numbers))
    apart = np.linalg.norm(found.positions[:, None] - places, axis=-1)
    assert sorted(apart.argmin(1).tolist()) == list(range(27))
    assert apart.min(1).max() < 0.15  # the grid is 0.33 Å
    assert (found.numbers == numbers[apart.argmin(1)]).all()


@pytest.mark.parametrize("half", list(np.ndindex(2, 2, 2)))
def test_an_atom_between_grid_points_is_found_once(half: tuple[int, ...]) -> None:
    """Two, four or eight points then have the same probability."""
    place = (15 + 0.5 * np.array(half)) * SPACING
    found = atoms_from_logits(segmentation(place[None], np.array([40])))
    assert found.numbers.tolist() == [40]
    assert found.positions[0] == pytest.approx(place, abs=0.12)


def test_the_element_is_that_of_most_points() -> None:
    logits = segmentation(np.array([[5.0, 5.0, 5.0]]), np.array([26]))
    logits[27, 15, 15, 15], logits[26, 15, 15, 15] = 10, 0  # only its central point is cobalt
    assert atoms_from_logits(logits).numbers.tolist() == [26]


def test_low_probabilities_give_no_atom() -> None:
    logits = torch.zeros(CLASSES, POINTS, POINTS, POINTS)
    logits[0] = 8
    assert len(atoms_from_logits(logits).numbers) == 0
    assert atoms_from_logits(logits).positions.shape == (0, 3)
    for share, n in ((0.3, 0), (0.4, 1)):
        logits[14, 9, 12, 15] = 8 + np.log(share / (1 - share))
        assert len(atoms_from_logits(logits).numbers) == n
    assert atoms_from_logits(logits).positions[0] == pytest.approx(
        np.array([9, 12, 15]) * SPACING, abs=0.1
    )


def test_atoms_at_the_faces_lie_in_the_cube() -> None:
    corners = np.array(list(np.ndindex(2, 2, 2))) * EDGE
    found = atoms_from_logits(segmentation(corners, np.arange(1, 9)))
    # The last grid point is a step short of the far face.
    assert len(found.numbers) >= 7
    assert ((found.positions >= 0) & (found.positions <= EDGE)).all()


def test_periodic_copies_are_merged_to_one_atom() -> None:
    material = perovskite()
    sample = window_sample(material, offset=np.array([0.1, 0.2, 0.3]))
    inside = sample.inside
    copies = CubeAtoms(sample.positions[inside], sample.numbers[inside])
    assert len(copies.numbers) > 5
    one = remove_translated_copies(copies, sample.lattice)
    assert sorted(one.numbers.tolist()) == sorted(material.numbers.tolist())
    # Of the copies of each atom, the one farthest from the faces is kept.
    for place, number in zip(one.positions, one.numbers, strict=True):
        steps = (np.array(list(np.ndindex(7, 7, 7))) - 3) @ sample.lattice + place
        depths = np.minimum(steps, EDGE - steps).min(1)
        assert np.minimum(place, EDGE - place).min() == pytest.approx(depths.max(), abs=1e-6), (
            number
        )


@pytest.mark.parametrize(("apart", "kept"), [(0.7, 1), (0.9, 2)])
def test_atoms_closer_to_a_copy_than_the_limit_are_merged(apart: float, kept: int) -> None:
    atoms = CubeAtoms(np.array([[2.0, 2, 2], [2.0 + apart, 2, 7]]), np.array([14, 14]))
    assert len(remove_translated_copies(atoms, 5 * np.eye(3)).numbers) == kept


def test_merging_no_atoms_gives_none() -> None:
    nothing = CubeAtoms(np.zeros((0, 3)), np.zeros(0, np.int64))
    assert len(remove_translated_copies(nothing, np.eye(3)).numbers) == 0
