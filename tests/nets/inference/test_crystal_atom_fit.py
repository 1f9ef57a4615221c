"""Atoms fitted to densities and latents, with the supplied weights."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import (
    gaussian_density,
    images,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.nets.inference.crystal_atom_fit import fit_to_latent
from patterson_gui.nets.inference.crystal_atoms import CubeAtoms
from patterson_gui.nets.inference.crystal_coder import NetworkCoder
from tests.crystal.example_materials import hematite, perovskite
from tests.nets.atom_distance import farthest

Known = Callable[[str], Material]

NO_ATOMS = CubeAtoms(np.zeros((0, 3)), np.zeros(0, np.int64))


@pytest.mark.parametrize(
    "rows", [[1, 0, 0, 0, 1, 0, 2000, 3000, 1], [1, -40, 0, 0, 1, 0, 7, 55, 1]]
)
def test_a_skewed_cell_decodes_like_the_reduced_one(
    window_coder: NetworkCoder, rows: list[int]
) -> None:
    """Both lattices have the same points; thousands of steps along these rows cross the cube."""
    usual = window_sample(hematite())
    skewed = replace(usual, lattice=np.reshape(rows, (3, 3)) @ usual.lattice)
    latent = window_coder.encode_sample(skewed)
    fit = fit_to_latent(window_coder.encoder, latent, NO_ATOMS, skewed.lattice)
    density = gaussian_density(usual.positions, usual.numbers)
    at_all = window_coder.atoms_of_density(density, skewed.lattice)
    for found in (fit, at_all):
        assert sorted(found.numbers.tolist()) == sorted(hematite().numbers.tolist())
        places, numbers, _ = images(found.positions, found.numbers, usual.lattice)
        assert farthest(usual, replace(usual, positions=places, numbers=numbers)) < 0.05


def test_atoms_of_a_true_density_are_found(coder: NetworkCoder, known: Known) -> None:
    sample = unit_cell_sample(known("mp-504346"))
    fit = coder.atoms_of_density(gaussian_density(sample.positions, sample.numbers))
    assert farthest(sample, replace(sample, positions=fit.positions, numbers=fit.numbers)) < 0.02
    assert fit.residual < 1e-6


def test_atoms_of_a_density_with_errors_are_found(
    coder: NetworkCoder, rng: np.random.Generator
) -> None:
    sample = unit_cell_sample(perovskite())
    density = gaussian_density(sample.positions, sample.numbers)
    noise = 0.01 * density.max() * rng.standard_normal(density.shape)
    fit = coder.atoms_of_density((density + noise).astype(np.float32))
    apart = np.linalg.norm(sample.positions[:, None] - fit.positions, axis=-1)
    # The noise also adds light atoms, which are not compared.
    assert apart.min(1).max() < 0.3
    assert np.abs(fit.numbers[apart.argmin(1)] - sample.numbers).max() <= 3


def test_an_empty_density_has_no_atoms(coder: NetworkCoder) -> None:
    fit = coder.atoms_of_density(np.zeros((30, 30, 30), np.float32))
    assert len(fit.positions) == 0


@pytest.mark.parametrize("scale", [1e-3, 100.0])
def test_an_impossible_lattice_has_no_atoms(window_coder: NetworkCoder, scale: float) -> None:
    latent = window_coder.encode_sample(window_sample(hematite()))
    lattice = scale * window_coder.lattice_of(latent)
    assert len(fit_to_latent(window_coder.encoder, latent, NO_ATOMS, lattice).positions) == 0
