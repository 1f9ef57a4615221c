"""Unique peaks of densities with known atoms."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.symmetry_images import operation_arrays, symmetry_images
from patterson_gui.solvers.structure.peaks import (
    DensityGrid,
    _snapped,
    distances_to_images,
    unique_peaks,
)

CELL = gemmi.UnitCell(8.0, 9.0, 10.0, 90, 100, 90)
GROUP = gemmi.SpaceGroup("P 1 21/c 1")


def structure_factors(hkl: np.ndarray, frac: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n,) F of point atoms and all their images, blurred by U = 0.03 Å²."""
    total = np.zeros(len(hkl), dtype=complex)
    for image in symmetry_images(frac, GROUP.operations()):
        total += np.exp(2j * np.pi * (hkl @ image.T)) @ weights
    s2 = np.asarray(CELL.calculate_1_d2_array(hkl)) / 4
    return total * np.exp(-8 * np.pi**2 * 0.03 * s2)


@pytest.fixture
def grid() -> DensityGrid:
    return DensityGrid.of(unique_reflections(CELL, GROUP, 0.9), CELL, GROUP)


def test_finds_each_atom_once_and_the_heaviest_first(grid):
    hkl = unique_reflections(CELL, GROUP, 0.9)
    atoms = np.array([[0.12, 0.23, 0.34], [0.41, 0.12, 0.19], [0.8, 0.4, 0.1]])
    density = grid.density(structure_factors(hkl, atoms, np.array([8.0, 6.0, 16.0])))
    peaks = unique_peaks(grid, density, 3, 0.9)
    apart = distances_to_images(peaks.frac, atoms, CELL, GROUP)
    assert apart.argmin(axis=1).tolist() == [2, 0, 1]
    assert apart.min(axis=1).max() < 0.05
    assert peaks.order.tolist() == [1, 1, 1]


def test_moves_a_peak_near_an_inversion_centre_onto_it(grid):
    hkl = unique_reflections(CELL, GROUP, 0.9)
    f = structure_factors(hkl, np.array([[0.5, 0.0, 0.5], [0.2, 0.3, 0.1]]), np.array([10.0, 6.0]))
    peaks = unique_peaks(grid, grid.density(f), 2, 0.9)
    assert peaks.order.tolist() == [2, 1]
    assert distances_to_images(peaks.frac[:1], np.array([[0.5, 0, 0.5]]), CELL, GROUP) < 1e-4


def test_keeps_peaks_apart(grid):
    hkl = unique_reflections(CELL, GROUP, 0.9)
    f = structure_factors(hkl, np.array([[0.12, 0.23, 0.34]]), np.array([8.0]))
    peaks = unique_peaks(grid, grid.density(f), 20, 1.5)
    apart = distances_to_images(peaks.frac, peaks.frac, CELL, GROUP)
    np.fill_diagonal(apart, 9.0)
    assert len(peaks) > 1
    assert apart.min() >= 1.5 - 1e-6


def test_moves_a_position_near_its_image_to_the_middle_of_both():
    rotations, translations = operation_arrays(GROUP.operations())
    axes = orthogonalization(CELL).T
    x, order = _snapped(np.array([0.5 + 0.2 / 8, 0.0, 0.5]), rotations, translations, axes)
    assert order == 2
    assert x == pytest.approx([0.5, 0.0, 0.5], abs=1e-6)
    x, order = _snapped(np.array([0.5 + 0.3 / 8, 0.0, 0.5]), rotations, translations, axes)
    assert order == 1  # its image is 0.6 Å away
    assert x == pytest.approx([0.5 + 0.3 / 8, 0.0, 0.5])
