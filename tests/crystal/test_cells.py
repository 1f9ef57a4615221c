import gemmi
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterson_gui.crystal.cells import grid_shape, lattice_outline, same_cell
from patterson_gui.errors import UserError


def test_twelve_angstrom_cube_at_half_an_angstrom_has_24_points_along_each_axis():
    assert grid_shape(gemmi.UnitCell(12, 12, 12, 90, 90, 90), 0.5) == (24, 24, 24)


@given(
    st.tuples(*[st.floats(3, 150)] * 3),
    st.floats(0.4, 2.0),
    st.sampled_from(["P 1", "P 21 21 21", "P 61", "P 43 21 2", "I 41 3 2", "R 3:R", "F d -3 m"]),
)
def test_grid_is_smooth_fine_enough_and_compatible_with_the_symmetry(edges, spacing, name):
    group = gemmi.SpaceGroup(name)
    shape = grid_shape(gemmi.UnitCell(*edges, 90, 90, 90), spacing, group)
    for n, edge, factor in zip(shape, edges, group.operations().find_grid_factors(), strict=True):
        assert edge / n <= spacing + 1e-6
        assert n % factor == 0
        assert 30**10 % n == 0  # no prime factor but 2, 3 and 5
    for op in group.operations():
        for i in range(3):
            for j in range(3):
                if op.rot[i][j]:
                    assert shape[i] == shape[j]


def test_grid_for_a_resolution_holds_its_reflections_below_the_nyquist_plane():
    cell = gemmi.UnitCell(12, 15, 18, 60, 110, 125)
    shape = grid_shape(cell, 5.0, d_min=1.5)
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), 1.5)
    assert np.all(2 * np.abs(hkl).max(axis=0) < shape)


def test_rejects_a_spacing_of_zero():
    with pytest.raises(ValueError, match="positive"):
        grid_shape(gemmi.UnitCell(12, 12, 12, 90, 90, 90), 0.0)


def test_rejects_a_grid_that_is_too_large_for_the_memory():
    with pytest.raises(UserError, match=r"1024 × 1024 × 1024 points needs 4\.0 GiB"):
        grid_shape(gemmi.UnitCell(100, 100, 100, 90, 90, 90), 0.098)


def test_outline_has_twelve_edges_of_the_cell_lengths():
    corners, edges = lattice_outline(gemmi.UnitCell(5, 6, 7, 80, 95, 120))
    lengths = np.linalg.norm(corners[edges[:, 0]] - corners[edges[:, 1]], axis=1)
    np.testing.assert_allclose(np.sort(lengths), [5] * 4 + [6] * 4 + [7] * 4)


CELL = (50.0, 60.0, 70.0, 90.0, 101.0, 90.0)


def changed(**changes):
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    values = dict(zip(names, CELL, strict=True)) | changes
    return gemmi.UnitCell(*values.values())


@pytest.mark.parametrize(
    "changes", [{}, {"a": 50.49}, {"c": 69.31}, {"beta": 101.99}, {"a": 49.51, "gamma": 89.01}]
)
def test_cells_within_one_per_cent_and_one_degree_are_the_same(changes):
    assert same_cell(gemmi.UnitCell(*CELL), changed(**changes))


@pytest.mark.parametrize(
    "changes", [{"a": 50.51}, {"c": 69.29}, {"beta": 102.01}, {"gamma": 88.99}]
)
def test_cells_that_differ_by_more_than_one_per_cent_or_one_degree_are_not_the_same(changes):
    assert not same_cell(gemmi.UnitCell(*CELL), changed(**changes))
