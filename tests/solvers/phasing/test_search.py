"""Phases of a made-up crystal from its amplitudes alone."""

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.errors import Cancelled
from patterson_gui.solvers.phasing.align import superimpose
from patterson_gui.solvers.phasing.charge_flipping import (
    keep_atoms,
    random_phases,
    weak_intensity,
)
from patterson_gui.solvers.phasing.grid import phasing_grid
from patterson_gui.solvers.phasing.search import find_phases

CELL = gemmi.UnitCell(7.1, 8.3, 9.2, 85, 95, 102)
HKL = gemmi.make_miller_array(CELL, gemmi.SpaceGroup("P 1"), 0.85)


def point_atoms(n: int = 20) -> np.ndarray:
    """(n_hkl,) F of equal point atoms at least 1.3 Å apart, with |E| on the scale of 1."""
    rng = np.random.default_rng(5)
    placed: list[np.ndarray] = []
    while len(placed) < n:
        x = rng.random(3)
        near = [
            CELL.find_nearest_image(
                gemmi.Position(*CELL.orthogonalize(gemmi.Fractional(*x))),
                CELL.orthogonalize(gemmi.Fractional(*y)),
                gemmi.Asu.Any,
            ).dist()
            for y in placed
        ]
        if all(distance > 1.3 for distance in near):
            placed.append(x)
    return np.exp(2j * np.pi * (HKL @ np.array(placed).T)).sum(axis=1) / np.sqrt(n)


def test_two_starts_agree_on_the_true_structure():
    truth = point_atoms()
    found = find_phases(HKL, np.abs(truth), CELL, seed=3, seconds=20.0)
    near = CELL.calculate_d_array(HKL) >= 0.8
    assert found.agreement > 0.6
    assert superimpose(found.hkl, found.e, truth[near])[1] > 0.85
    assert any(start.solved for start in found.starts)


def test_intensities_without_structure_are_not_solved():
    rng = np.random.default_rng(0)
    random = np.sqrt(rng.exponential(size=len(HKL)))
    found = find_phases(HKL, random, CELL, starts=8)
    assert found.agreement == 0.0
    assert len(found.starts) == 8


def test_the_same_seed_gives_the_same_phases():
    e = np.abs(point_atoms())
    one, other = (find_phases(HKL, e, CELL, seed=1, starts=4) for _ in range(2))
    assert np.array_equal(one.e, other.e)


def test_stops_when_cancelled():
    with pytest.raises(Cancelled):
        find_phases(HKL, np.abs(point_atoms()), CELL, cancelled=lambda: True)


def test_r_of_true_phases_is_lower_than_of_random_ones():
    truth = point_atoms()
    grid = phasing_grid(HKL, np.abs(truth), CELL)
    true_r = keep_atoms(grid, grid.spectrum(torch.as_tensor(truth)[None].to(torch.complex64)), 5)[1]
    random = random_phases(grid, 4, torch.Generator().manual_seed(0))
    assert float(true_r) < 0.85 * float(keep_atoms(grid, random, 5)[1].min())


def test_calculated_intensities_of_weak_reflections_follow_their_definition():
    truth = point_atoms()
    e = np.abs(truth)
    grid = phasing_grid(HKL, e, CELL)
    scaled = torch.as_tensor(3.0 * truth)[None].to(torch.complex64)  # any scale
    weakest = np.sort(e)[: int(0.1 * (len(e) - 1)) + 1]
    expected = (weakest**2).mean() / (e**2).mean()
    assert float(weak_intensity(grid, grid.spectrum(scaled))) == pytest.approx(expected, rel=0.03)


def test_weak_reflections_are_weak_for_true_phases_only():
    truth = point_atoms()
    grid = phasing_grid(HKL, np.abs(truth), CELL)
    right = keep_atoms(grid, grid.spectrum(torch.as_tensor(truth)[None].to(torch.complex64)), 5)[0]
    random = random_phases(grid, 4, torch.Generator().manual_seed(0))
    wrong = weak_intensity(grid, keep_atoms(grid, random, 5)[0])
    assert float(weak_intensity(grid, right)) < 0.6 * float(wrong.min())
