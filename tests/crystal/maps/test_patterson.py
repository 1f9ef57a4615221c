import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.maps.patterson import (
    PattersonSettings,
    patterson,
    patterson_group,
)
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors
from patterson_gui.errors import UserError

LAUE = {
    "P 1": (9, 10, 11, 80, 95, 105),
    "P 1 21 1": (9, 10, 11, 90, 105, 90),
    "P 1 1 21": (9, 10, 11, 90, 90, 105),
    "C 1 2 1": (14, 9, 10, 90, 100, 90),
    "I 1 2 1": (14, 9, 10, 90, 100, 90),
    "P 21 21 21": (9, 10, 11, 90, 90, 90),
    "F d d 2": (13, 14, 15, 90, 90, 90),
    "P 41": (10, 10, 13, 90, 90, 90),
    "I 41 2 2": (12, 12, 15, 90, 90, 90),
    "P -4 21 m": (10, 10, 13, 90, 90, 90),
    "P 31": (11, 11, 13, 90, 90, 120),
    "P 31 1 2": (11, 11, 13, 90, 90, 120),
    "P 32 2 1": (11, 11, 13, 90, 90, 120),
    "R 3:H": (15, 15, 13, 90, 90, 120),
    "R 3:R": (9, 9, 9, 75, 75, 75),
    "R 3 2:H": (15, 15, 13, 90, 90, 120),
    "P 61": (11, 11, 13, 90, 90, 120),
    "P 65 2 2": (11, 11, 13, 90, 90, 120),
    "P 21 3": (11, 11, 11, 90, 90, 90),
    "I 41 3 2": (15, 15, 15, 90, 90, 90),
    "F 4 3 2": (16, 16, 16, 90, 90, 90),
}
THREE = Scatterers(
    ("C", "O", "S"),
    np.array([[0.11, 0.23, 0.37], [0.31, 0.07, 0.19], [0.43, 0.33, 0.08]]),
    np.full(3, 10.0),
    np.ones(3),
)


def amplitudes_of(atoms, cell, group, d_min=1.5):
    return structure_factors(atoms, cell, group, d_min).amplitudes()


@pytest.mark.parametrize("name", LAUE)
def test_patterson_has_the_symmetry_of_its_patterson_group(name):
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*LAUE[name])
    density = patterson(amplitudes_of(THREE, cell, group))
    grid, shape = density.grid.astype(float), np.array(density.shape)
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, 3)
    operations = list(density.spacegroup.operations())
    assert any(op.triplet() == "-x,-y,-z" for op in operations)
    for op in operations:
        image = (index / shape) @ (np.array(op.rot) / op.DEN).T + np.array(op.tran) / op.DEN
        moved = np.rint(image * shape).astype(int) % shape
        np.testing.assert_allclose(
            grid[tuple(moved.T)], grid.ravel(), atol=1e-4 * grid.max(), err_msg=op.triplet()
        )


@pytest.mark.parametrize("name", LAUE)
def test_patterson_of_a_crystal_equals_that_of_all_its_atoms_in_p1(name):
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*LAUE[name])
    images = [op.apply_to_xyz(x.tolist()) for op in group.operations() for x in THREE.frac]
    n = len(images) // 3
    every = Scatterers(THREE.elements * n, np.array(images), np.full(3 * n, 10.0), np.ones(3 * n))
    ours = patterson(amplitudes_of(THREE, cell, group))
    expected = patterson(amplitudes_of(every, cell, p1()), PattersonSettings(spacing=0.5))
    points = np.random.default_rng(0).random((40, 3))
    fine = patterson(amplitudes_of(THREE, cell, group), PattersonSettings(spacing=0.5))
    if fine.shape == expected.shape:
        np.testing.assert_allclose(fine.grid, expected.grid, atol=1e-4 * fine.grid.max())
    else:
        rmsd = np.std(fine.value_at(points) - expected.value_at(points))
        assert rmsd < 0.05 * ours.grid.max()


def test_patterson_of_two_atoms_peaks_at_their_difference_vector():
    cell = gemmi.UnitCell(10, 11, 12, 85, 95, 100)
    vector, first = np.array([0.30, 0.25, 0.40]), np.array([0.1, 0.2, 0.3])
    atoms = Scatterers(("C", "C"), np.stack([first, first + vector]), np.full(2, 10.0), np.ones(2))
    density = patterson(amplitudes_of(atoms, cell, p1(), 1.0))
    shape = np.array(density.shape)
    assert np.unravel_index(density.grid.argmax(), shape) == (0, 0, 0)
    far = np.where(density.origin_mask(), -np.inf, density.grid)
    found = np.array(np.unravel_index(far.argmax(), shape)) / shape
    offset = np.minimum(np.abs(found - vector), np.abs(1 - found - vector))
    assert np.all(offset <= 1.0 / shape)
    # Two equal atoms: 2 f² at the origin, f² at ±u, on the same zero level.
    assert density.value_at(vector)[0] / density.grid.max() == pytest.approx(0.5, abs=0.06)


def test_origin_of_the_patterson_is_the_sum_of_squared_amplitudes_over_the_volume():
    cell = gemmi.UnitCell(10, 11, 12, 85, 95, 100)
    amplitudes = amplitudes_of(THREE, cell, p1())
    density = patterson(amplitudes)
    assert density.grid[0, 0, 0] == pytest.approx(
        2 * np.sum(amplitudes.f.astype(float) ** 2) / cell.volume, rel=1e-4
    )
    assert abs(density.mean) < 1e-4 * density.rmsd
    assert density.units == "e²/Å³"


@pytest.mark.parametrize("sharpen", ["none", "e_values", "b_factor"])
def test_removing_the_origin_leaves_nothing_of_its_peak(sharpen):
    cell = gemmi.UnitCell(20, 22, 24, 90, 90, 90)
    rng = np.random.default_rng(3)
    atoms = Scatterers(("C",) * 60, rng.random((60, 3)), np.full(60, 15.0), np.ones(60))
    amplitudes = amplitudes_of(atoms, cell, gemmi.SpaceGroup("P 21 21 21"), 1.5)
    kept = patterson(amplitudes, PattersonSettings(sharpen=sharpen))
    removed = patterson(amplitudes, PattersonSettings(sharpen=sharpen, remove_origin=True))
    assert abs(removed.grid[0, 0, 0]) < 0.02 * kept.grid[0, 0, 0]
    away = ~kept.origin_mask(3.0)
    assert np.corrcoef(kept.grid[away], removed.grid[away])[0, 1] > 0.95


def test_e_values_are_on_no_absolute_scale():
    cell = gemmi.UnitCell(10, 11, 12, 90, 90, 90)
    amplitudes = amplitudes_of(THREE, cell, p1())
    assert patterson(amplitudes, PattersonSettings(sharpen="e_values")).units == "arb."


@pytest.mark.parametrize(
    ("crystal", "expected"),
    [
        ("P 1", "P -1"), ("P 21 21 21", "P m m m"), ("C 1 2 1", "C 1 2/m 1"),
        ("P 1 1 21", "P 1 1 2/m"), ("P 31 2 1", "P -3 m 1"), ("P 31 1 2", "P -3 1 m"),
        ("P 3 c 1", "P -3 m 1"), ("R 3:H", "R -3:H"), ("R 3 2:R", "R -3 m:R"),
        ("P 43 21 2", "P 4/m m m"), ("I 41", "I 4/m"), ("I -4 2 d", "I 4/m m m"),
        ("P 61", "P 6/m"), ("P 61 2 2", "P 6/m m m"), ("P -6 2 c", "P 6/m m m"),
        ("P 21 3", "P m -3"), ("I 21 3", "I m -3"), ("F 41 3 2", "F m -3 m"),
        ("F d d d:2", "F m m m"), ("A b a 2", "A m m m"),
    ],
)  # fmt: skip
def test_patterson_groups_of_international_tables(crystal, expected):
    assert patterson_group(gemmi.SpaceGroup(crystal)).xhm() == expected


def test_every_setting_keeps_its_rotations_and_its_lattice_in_the_patterson_group():
    untabulated = []
    for group in gemmi.spacegroup_table():
        result = patterson_group(group)
        assert result.is_centrosymmetric()
        assert result.is_symmorphic()
        wanted, found = group.operations(), result.operations()
        wanted.add_inversion()
        if not (wanted.has_same_centring(found) and wanted.has_same_rotations(found)):
            untabulated.append(group.xhm())
            assert {op.triplet() for op in found} < {
                op.triplet() for op in wanted.derive_symmorphic()
            }
    # Settings whose Patterson group has no name in the tables: a subgroup stands for it.
    assert untabulated == [
        "B 1 2 1", "C 1 1 2", "B 1 21 1", "C 1 1 21",
        "C 4 2 2", "C 4 2 21", "C -4 2 m", "C -4 2 b",
    ]  # fmt: skip


def test_origin_mask_is_a_ball_around_every_lattice_point():
    cell, group = gemmi.UnitCell(14, 9, 10, 90, 115, 90), gemmi.SpaceGroup("C 1 2 1")
    density = patterson(amplitudes_of(THREE, cell, group), PattersonSettings(spacing=0.4))
    mask = density.origin_mask(2.0)
    assert mask.sum() / mask.size * cell.volume == pytest.approx(2 * 4 / 3 * np.pi * 8, rel=0.1)
    nu, nv, _ = density.shape
    assert mask[0, 0, 0]
    assert mask[nu // 2, nv // 2, 0]
    assert not mask[nu // 2, 0, 0]


def test_rmsd_of_a_patterson_leaves_its_origin_peak_out():
    density = patterson(amplitudes_of(THREE, gemmi.UnitCell(14, 13, 12, 90, 90, 90), p1()))
    assert density.rmsd < 0.7 * density.grid.std()


def test_rejects_sharpening_that_would_leave_only_noise():
    amplitudes = amplitudes_of(THREE, gemmi.UnitCell(14, 13, 12, 90, 90, 90), p1(), 0.8)
    with pytest.raises(UserError, match="smaller B"):
        patterson(amplitudes, PattersonSettings(sharpen="b_factor", b=80))


def test_rejects_a_resolution_limit_beyond_all_data():
    amplitudes = amplitudes_of(THREE, gemmi.UnitCell(14, 13, 12, 90, 90, 90), p1())
    with pytest.raises(UserError, match="resolution limit"):
        patterson(amplitudes, PattersonSettings(d_min=50.0))


def test_the_resolution_limit_excludes_finer_reflections():
    amplitudes = amplitudes_of(THREE, gemmi.UnitCell(14, 13, 12, 90, 90, 90), p1())
    cut = patterson(amplitudes, PattersonSettings(d_min=3.0))
    assert cut.d_min == pytest.approx(3.0, abs=0.01)
    np.testing.assert_allclose(cut.grid, patterson(amplitudes.cut(3.0)).grid, atol=1e-3)


@pytest.mark.parametrize("name", ["P 21 21 21", "C 1 2 1", "P 43 21 2", "P 61", "R 3:H", "I 21 3"])
def test_patterson_agrees_with_gemmi_transform_of_the_squared_amplitudes(name):
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*LAUE.get(name, (12, 12, 12, 90, 90, 90)))
    amplitudes = amplitudes_of(THREE, cell, group)
    density = patterson(amplitudes)
    squared = (amplitudes.f.astype(float) ** 2).astype(np.complex64)
    terms = gemmi.ComplexAsuData(cell, density.spacegroup, amplitudes.hkl, squared)
    terms.ensure_asu()
    theirs = np.array(terms.transform_f_phi_to_map(exact_size=density.shape).array)
    np.testing.assert_allclose(density.grid, theirs, atol=1e-4 * density.grid.max())


@pytest.mark.parametrize("b", [4.0, 7.5])
def test_sharpening_by_b_is_the_map_of_atoms_with_b_lower_by_as_much(b):
    cell = gemmi.UnitCell(10, 11, 12, 85, 95, 100)
    sharper = Scatterers(THREE.elements, THREE.frac, THREE.b_iso - b, THREE.occ)
    ours = patterson(amplitudes_of(THREE, cell, p1()), PattersonSettings(sharpen="b_factor", b=b))
    expected = patterson(amplitudes_of(sharper, cell, p1()))
    np.testing.assert_allclose(ours.grid, expected.grid, atol=1e-4 * expected.grid.max())


def test_a_patterson_is_sampled_three_times_within_the_resolution():
    cell = gemmi.UnitCell(10, 11, 12, 85, 95, 100)
    amplitudes = amplitudes_of(THREE, cell, p1())
    limit = amplitudes.d_min
    expected = grid_shape(cell, limit / 3, gemmi.SpaceGroup("P -1"), d_min=limit)
    assert patterson(amplitudes).shape == expected
