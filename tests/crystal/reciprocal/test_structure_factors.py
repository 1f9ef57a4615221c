import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.reciprocal.structure_factors import (
    Scatterers,
    atoms_of,
    by_density,
    direct,
    spacegroup_of,
    structure_factors,
)
from patterson_gui.errors import UserError

FILES = ["1yjp.pdb", "6mw0.cif", "5e5z.pdb", "1dur.pdb"]


@pytest.mark.parametrize("name", FILES)
def test_direct_summation_agrees_with_gemmi_on_deposited_models(shared_data, name):
    structure = gemmi.read_structure(str(shared_data / "xray" / name))
    group = spacegroup_of(structure)
    coefficients = structure_factors(structure, structure.cell, group, 2.0)
    f = direct(atoms_of(structure), structure.cell, group, coefficients.hkl)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    for i in np.random.default_rng(1).integers(0, len(f), 40):
        hkl = [int(n) for n in coefficients.hkl[i]]
        expected = calculator.calculate_sf_from_model(structure[0], hkl)
        assert abs(f[i] - expected) < 1e-4 * np.abs(f).mean()


@pytest.mark.parametrize("name", FILES)
def test_density_on_a_grid_agrees_with_direct_summation(shared_data, name):
    structure = gemmi.read_structure(str(shared_data / "xray" / name))
    group, atoms = spacegroup_of(structure), atoms_of(structure)
    hkl = structure_factors(structure, structure.cell, group, 2.0).hkl
    expected = direct(atoms, structure.cell, group, hkl)
    found = by_density(atoms, structure.cell, group, hkl)
    assert np.abs(found - expected).max() < 2e-3 * np.abs(expected).mean()


@pytest.mark.parametrize(
    "name", ["C 1 2 1", "I 41 2 2", "R 3:H", "R 3 2:R", "P 21 3", "F 4 3 2", "P 65 2 2"]
)
def test_symmetry_operations_equal_writing_out_every_atom_in_p1(name):
    group = gemmi.SpaceGroup(name)
    hexagonal, rhombohedral = (12, 12, 15, 90, 90, 120), (9, 9, 9, 75, 75, 75)
    edges = {"R 3:H": hexagonal, "P 65 2 2": hexagonal, "R 3 2:R": rhombohedral}
    cell = gemmi.UnitCell(*edges.get(name, (13, 13, 13, 90, 90, 90)))
    frac = np.array([[0.11, 0.23, 0.37], [0.41, 0.07, 0.19]])
    atoms = Scatterers(("C", "S"), frac, np.array([10.0, 25.0]), np.array([1.0, 0.5]))
    images = [np.array(op.apply_to_xyz(x.tolist())) for op in group.operations() for x in frac]
    n = len(images) // 2
    every = Scatterers(
        ("C", "S") * n, np.array(images), np.tile([10.0, 25.0], n), np.tile([1.0, 0.5], n)
    )
    expected = structure_factors(every, cell, p1(), 1.5)
    found = structure_factors(atoms, cell, group, 1.5).expand_to_p1()
    lookup = {tuple(h): f for h, f in zip(expected.hkl, expected.f, strict=True)}
    scale = np.abs(expected.f).max()
    for h, f in zip(found.hkl, found.f, strict=True):
        assert abs(lookup.pop(tuple(h)) - f) < 1e-5 * scale
    # Those the group calls absent are zero.
    assert max(map(abs, lookup.values()), default=0.0) < 1e-5 * scale


def test_true_density_has_zero_mean_and_peaks_at_the_atoms(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "6mw0.cif"))
    density = true_density(structure, 1.0)
    assert abs(density.mean) < 1e-5
    backbone = [a.pos for r in structure[0][0] for a in r if a.name in ("N", "CA", "C")]
    frac = np.array([structure.cell.fractionalize(p).tolist() for p in backbone])
    assert density.value_at(frac).min() > 3 * density.rmsd


def test_rejects_an_empty_model():
    with pytest.raises(UserError, match="no atoms"):
        atoms_of(gemmi.Structure())


def test_true_density_is_sampled_three_times_within_the_resolution(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "6mw0.cif"))
    density = true_density(structure, 1.2)
    assert density.shape == grid_shape(
        structure.cell, 0.4, gemmi.SpaceGroup("P 21 21 21"), d_min=1.2
    )
    assert true_density(structure, 1.2, 0.3).spacing <= 0.3 + 1e-6
