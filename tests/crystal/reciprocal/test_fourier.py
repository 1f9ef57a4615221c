import gemmi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import (
    coefficients_from_map,
    fourier_interpolate,
    map_from_coefficients,
    map_from_terms,
    shift_grid,
)
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError

P1 = gemmi.SpaceGroup("P 1")
cells = st.builds(
    gemmi.UnitCell,
    *[st.floats(6, 20)] * 3,
    st.floats(70, 110),
    st.floats(70, 110),
    st.floats(70, 110),
)


def random_terms(cell, d_min=2.0, seed=0, group=P1):
    hkl = unique_reflections(cell, group, d_min)
    rng = np.random.default_rng(seed)
    f = rng.normal(size=len(hkl)) + 1j * rng.normal(size=len(hkl))
    return hkl, f.astype(np.complex64)


@settings(deadline=None, max_examples=25)
@given(cells, st.integers(0, 1000))
def test_terms_are_unchanged_after_transformation_to_a_triclinic_grid_and_back(cell, seed):
    hkl, f = random_terms(cell, seed=seed)
    grid = map_from_terms(hkl, f, cell, grid_shape(cell, 0.9, d_min=2.0))
    np.testing.assert_allclose(coefficients_from_map(grid, cell, hkl), f, atol=2e-5)
    np.testing.assert_allclose(coefficients_from_map(grid, cell, -hkl), f.conj(), atol=2e-5)


@settings(deadline=None, max_examples=25)
@given(cells, st.integers(0, 1000))
def test_parseval_mean_square_of_the_map_is_the_sum_of_squared_terms(cell, seed):
    hkl, f = random_terms(cell, seed=seed)
    grid = map_from_terms(hkl, f, cell, grid_shape(cell, 0.9, d_min=2.0))
    expected = 2 * np.sum(np.abs(f) ** 2) / cell.volume**2
    assert np.mean(grid.astype(float) ** 2) == pytest.approx(expected, rel=1e-5)


def test_map_equals_the_sum_of_waves_written_out():
    cell = gemmi.UnitCell(7, 8, 9, 80, 95, 110)
    hkl, f = random_terms(cell)
    shape = grid_shape(cell, 1.0, d_min=2.0)
    grid = map_from_terms(hkl, f, cell, shape)
    for point in [(0, 0, 0), (1, 2, 3), (4, 0, 5)]:
        x = np.array(point) / shape
        waves = 2 * np.real(f * np.exp(-2j * np.pi * (hkl @ x)))
        assert grid[point] == pytest.approx(waves.sum() / cell.volume, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("P 1 21 1", (9, 10, 11, 90, 105, 90)),
        ("P 21 21 21", (9, 10, 11, 90, 90, 90)),
        ("C 1 2 1", (14, 9, 10, 90, 100, 90)),
        ("I 41 2 2", (12, 12, 15, 90, 90, 90)),
        ("P 61", (11, 11, 13, 90, 90, 120)),
        ("P 32 2 1", (11, 11, 13, 90, 90, 120)),
        ("R 3:H", (15, 15, 13, 90, 90, 120)),
        ("R 3:R", (9, 9, 9, 75, 75, 75)),
        ("F 2 3", (14, 14, 14, 90, 90, 90)),
        ("P 21 3", (10, 10, 10, 90, 90, 90)),
        ("P -1", (7, 8, 9, 80, 95, 110)),
        ("F d -3 m:2", (12, 12, 12, 90, 90, 90)),
    ],
)
def test_symmetry_expansion_agrees_with_gemmi_map_transform(name, cell):
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*cell)
    structure, atom = gemmi.Structure(), gemmi.Atom()
    structure.cell, structure.spacegroup_hm = cell, group.xhm()
    atom.element = gemmi.Element("C")
    atom.pos = cell.orthogonalize(gemmi.Fractional(0.13, 0.22, 0.31))
    structure.add_model(gemmi.Model(1))
    structure[0].add_chain(gemmi.Chain("A"))
    structure[0][0].add_residue(gemmi.Residue())
    structure[0][0][0].add_atom(atom)
    structure.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)  # which holds the images
    hkl = unique_reflections(cell, group, 1.8)
    f = np.array([calculator.calculate_sf_from_model(structure[0], h.tolist()) for h in hkl])
    shape = grid_shape(cell, 0.6, group, d_min=1.8)
    ours = map_from_coefficients(Coefficients(hkl, f.astype(np.complex64), cell, group), shape)
    asu = gemmi.ComplexAsuData(cell, group, hkl, f.astype(np.complex64))
    theirs = np.array(asu.transform_f_phi_to_map(exact_size=shape).array)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())


def test_shifting_by_whole_grid_points_is_rolling():
    cell = gemmi.UnitCell(11, 12, 13, 85, 95, 100)
    grid = map_from_terms(*random_terms(cell), cell, grid_shape(cell, 0.5, d_min=2.0))
    nu, nv, nw = grid.shape
    moved = shift_grid(grid, (3 / nu, -2 / nv, 5 / nw))
    np.testing.assert_allclose(moved, np.roll(grid, (3, -2, 5), (0, 1, 2)), atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 8, 10), (7, 9, 11), (6, 9, 10)])
@pytest.mark.parametrize("times", [(2, 2, 2), (1, 2, 3), (2, 3, 1)])
def test_a_finer_grid_contains_the_values_of_the_coarse_grid(shape, times):
    # Noise has waves up to the Nyquist planes, each of them its own mate.
    grid = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    fine = fourier_interpolate(grid, tuple(n * t for n, t in zip(shape, times, strict=True)))
    u, v, w = times
    np.testing.assert_allclose(fine[::u, ::v, ::w], grid, atol=1e-5)


def test_a_finer_grid_shows_the_same_waves():
    cell = gemmi.UnitCell(11, 12, 13, 85, 95, 100)
    hkl, f = random_terms(cell)
    shape, fine = grid_shape(cell, 1.0, d_min=2.0), grid_shape(cell, 0.3)
    np.testing.assert_allclose(
        fourier_interpolate(map_from_terms(hkl, f, cell, shape), fine),
        map_from_terms(hkl, f, cell, fine),
        atol=1e-5,
    )


def test_rejects_a_grid_too_coarse_for_the_reflections():
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    hkl = np.array([[8, 0, 0]], dtype=np.int32)
    with pytest.raises(UserError, match="at least 17 × 1 × 1"):
        map_from_terms(hkl, np.ones(1), cell, (16, 16, 16))


def test_coefficients_keep_their_phases_through_expansion_of_a_single_reflection():
    group, cell = gemmi.SpaceGroup("P 61"), gemmi.UnitCell(11, 11, 13, 90, 90, 120)
    one = Coefficients(np.array([[1, 2, 3]], np.int32), np.array([3 + 4j], np.complex64), cell,
                       group)  # fmt: skip
    assert len(one.expand_to_p1().hkl) == 6
    np.testing.assert_allclose(np.abs(one.expand_to_p1().f), 5.0, rtol=1e-6)
