"""Densities on which a space group is imposed, against the operations of gemmi."""

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.symmetry.operations import DEN, operations_of
from patterson_gui.solvers.phasing.grid import phasing_grid
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup, SymmetryAverage
from tests.crystal.symmetry.made_up import atoms_in_p1, cell_for, structure_factors


def imposed(name: str) -> ImposedGroup:
    operations = operations_of(gemmi.SpaceGroup(name))
    return ImposedGroup(name, operations.rotations, operations.translations / DEN)


def test_axes_are_divided_as_the_operations_need():
    assert imposed("P 1 21/c 1").grid_shape((9, 9, 9)) == (9, 10, 10)
    assert imposed("P 41").grid_shape((9, 11, 9)) == (12, 12, 12)  # fourfold axis, c/4
    assert imposed("P 61").grid_shape((15, 15, 20)) == (15, 15, 24)


@pytest.mark.parametrize("name", ["P 21 21 21", "P 1 21/n 1", "P 41 21 2", "P 31 2 1", "P 21 3"])
def test_averaged_densities_have_the_symmetry_of_the_group(name: str):
    group = imposed(name)
    shape = group.grid_shape((8, 8, 8))
    rough = torch.rand((2, *shape), generator=torch.Generator().manual_seed(0))
    average = SymmetryAverage(group, shape, torch.device("cpu"))
    density = average(rough.double())
    f = np.conj(np.fft.fftn(density[0].numpy()))  # F(h) = Σ ρ(x) exp(2πi h·x)
    for operation in gemmi.SpaceGroup(name).operations():
        for h in ([1, 2, 3], [3, -1, 2], [0, 2, 1]):
            image = operation.apply_to_hkl(h)
            phase = np.exp(1j * operation.phase_shift(h))  # F(hR) = F(h) exp(−2πi h·t)
            assert f[tuple(image)] == pytest.approx(f[tuple(h)] * phase, abs=1e-9)
    assert torch.allclose(average(density), density)


def test_a_density_of_the_group_stays_as_it_is():
    group = gemmi.SpaceGroup("P 41 21 2")
    cell = cell_for(group)
    hkl, f = structure_factors(*atoms_in_p1(group, np.random.default_rng(2)), cell)
    grid = phasing_grid(hkl, np.abs(f), cell, None, 1.0, imposed(group.xhm()))
    density = grid.density(grid.spectrum(torch.as_tensor(f)[None]))
    average = SymmetryAverage(imposed(group.xhm()), grid.shape, torch.device("cpu"))
    assert torch.allclose(average(density), density, atol=1e-6 * float(density.max()))
