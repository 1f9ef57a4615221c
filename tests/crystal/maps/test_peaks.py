import gemmi
import numpy as np
import pytest
import scipy.optimize

from patterson_gui.crystal.cells import grid_shape, orthogonalization, p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson, patterson_group
from patterson_gui.crystal.maps.peaks import _refine, find_peaks
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors
from patterson_gui.errors import UserError


def atoms_at(frac, elements=None, b=10.0):
    n = len(frac)
    return Scatterers(
        tuple(elements or ["C"] * n), np.array(frac, float), np.full(n, b), np.ones(n)
    )


def density_of(atoms, cell, group, d_min=1.2, spacing=0.4):
    terms = structure_factors(atoms, cell, group, d_min)
    grid = map_from_coefficients(terms, grid_shape(cell, spacing, group, d_min=d_min))
    return DensityMap(grid, cell, group, MapKind.TRUE, d_min)


def distance_to_orbit(cell, group, frac, x):
    images = np.array([op.apply_to_xyz(list(x)) for op in group.operations()])
    difference = images - np.array(frac)
    difference -= np.rint(difference)
    return np.linalg.norm(difference @ orthogonalization(cell).T, axis=1).min()


def periodic(difference, edge):
    """Shortest lengths, Å, of fractional differences in a cube."""
    return np.linalg.norm((difference - np.rint(difference)) * edge, axis=-1)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("P 1", (9, 10, 11, 75, 105, 95)),
        ("P 1 21 1", (9, 10, 11, 90, 115, 90)),
        ("C 1 2 1", (18, 9, 10, 90, 100, 90)),
        ("P 61", (11, 11, 13, 90, 90, 120)),
        ("R 3:H", (17, 17, 13, 90, 90, 120)),
        ("I 2 3", (16, 16, 16, 90, 90, 90)),
    ],
)
def test_atoms_are_found_once_each_between_the_grid_points(name, cell):
    group, cell = gemmi.SpaceGroup(name), gemmi.UnitCell(*cell)
    frac = [[0.113, 0.217, 0.071], [0.291, 0.153, 0.417]]
    peaks = find_peaks(density_of(atoms_at(frac, ["C", "O"]), cell, group), 2)
    assert len(peaks) == 2
    for peak, x in zip(peaks, reversed(frac), strict=True):  # oxygen is the higher
        assert distance_to_orbit(cell, group, peak.frac, x) < 0.05
        assert peak.multiplicity == len(group.operations())
        assert not peak.is_origin


def test_an_atom_on_a_twofold_axis_has_half_the_multiplicity():
    cell, group = gemmi.UnitCell(9, 10, 11, 90, 100, 90), gemmi.SpaceGroup("P 1 2 1")
    peaks = find_peaks(density_of(atoms_at([[0, 0.3, 0.5], [0.2, 0.1, 0.2]]), cell, group), 2)
    assert sorted(peak.multiplicity for peak in peaks) == [1, 2]


@pytest.mark.parametrize("name", ["P 1", "P 21 21 21", "C 2 2 2", "I 21 3"])
def test_patterson_peaks_are_the_interatomic_vectors_with_their_lengths(name):
    cell, group = gemmi.UnitCell(22, 22, 22, 90, 90, 90), gemmi.SpaceGroup(name)
    frac = np.array([[0.05, 0.10, 0.16], [0.21, 0.14, 0.19]])
    amplitudes = structure_factors(atoms_at(frac, ["S", "S"]), cell, group, 1.2).amplitudes()
    peaks = find_peaks(patterson(amplitudes), 2000, 1.0)
    assert peaks[0].is_origin
    assert peaks[0].length_A == 0
    assert peaks[0].multiplicity == len(group.operations().cen_ops)
    assert all(not peak.is_origin for peak in peaks[1:])
    heights = [peak.height for peak in peaks[1:]]
    assert heights == sorted(heights, reverse=True)
    images = np.array([op.apply_to_xyz(x.tolist()) for op in group.operations() for x in frac])
    vectors = (images[:, None] - images[None]).reshape(-1, 3)
    found = np.concatenate(
        [
            [op.apply_to_xyz(list(peak.frac)) for op in patterson_group(group).operations()]
            for peak in peaks
        ]
    )
    alone = 0
    for vector in np.unique(np.round(vectors % 1.0, 6), axis=0):
        to_others = np.sort(periodic(vector - vectors, 22))
        # Equal vectors of equivalent atoms coincide; overlapping ones shift each other's peak.
        if (to_others[to_others > 0.01] > 2.5).all():
            alone += 1
            assert periodic(vector - found, 22).min() < 0.1
    assert alone > 0
    steps = np.array(list(np.ndindex(3, 3, 3))) - 1
    lattice = np.array(group.operations().cen_ops) / gemmi.Op.DEN
    for peak in peaks:
        around = (np.array(peak.frac) - lattice[:, None] - steps).reshape(-1, 3)
        assert peak.length_A == pytest.approx(np.linalg.norm(around * 22, axis=1).min(), abs=0.02)
        if name == "P 21 21 21":
            assert all(0 <= x <= 0.5 + 1e-6 for x in peak.frac)


@pytest.mark.parametrize("cell", [(12, 12, 12, 90, 90, 90), (9, 10, 11, 75, 105, 95)])
def test_broad_peaks_of_a_crowded_patterson_are_maxima_of_its_fourier_sum(cell):
    cell, random = gemmi.UnitCell(*cell), np.random.default_rng(3)
    atoms = atoms_at(0.2 + 0.6 * random.random((20, 3)), b=20.0)
    amplitudes = structure_factors(atoms, cell, p1(), 1.5).amplitudes()
    peaks = find_peaks(patterson(amplitudes), 30, 0.5)[1:]
    assert len(peaks) > 1

    def minus_sum(x):
        waves = np.cos(2 * np.pi * (amplitudes.hkl @ x))
        return -2 / cell.volume * float(amplitudes.f.astype(float) ** 2 @ waves)

    for peak in peaks:
        top = scipy.optimize.minimize(minus_sum, peak.frac, method="Nelder-Mead",
                                      options={"initial_simplex": np.array(peak.frac)
                                               + 0.01 * np.eye(4, 3)})  # fmt: skip
        away = orthogonalization(cell) @ (top.x - np.array(peak.frac))
        assert np.linalg.norm(away) < 0.15
        assert peak.height == pytest.approx(-top.fun, rel=0.01)


def test_length_is_the_shortest_even_in_a_very_skewed_cell():
    cell = gemmi.UnitCell(10, 10, 30, 90, 90, 35)
    amplitudes = structure_factors(
        atoms_at([[0, 0, 0], [0.9, 0.05, 0.1]], ["S", "S"]), cell, p1(), 1.2
    ).amplitudes()
    peak = find_peaks(patterson(amplitudes), 2)[1]
    expected = min(
        np.linalg.norm(orthogonalization(cell) @ np.array([0.9 + i, 0.05 + j, 0.1 + k]))
        for i in range(-4, 5) for j in range(-4, 5) for k in (-1, 0, 1)
    )  # fmt: skip
    assert peak.length_A == pytest.approx(expected, abs=0.1)


def test_the_origin_stays_first_when_its_peak_is_removed_or_is_not_listed_at_all():
    cell = gemmi.UnitCell(20, 22, 24, 90, 90, 90)
    frac = np.random.default_rng(0).random((30, 3))
    amplitudes = structure_factors(atoms_at(frac), cell, p1(), 1.5).amplitudes()
    peaks = find_peaks(patterson(amplitudes, PattersonSettings(remove_origin=True)), 20)
    assert len(peaks) == 20
    assert not any(peak.is_origin for peak in peaks[1:])


def test_a_flat_map_has_no_peaks():
    flat = DensityMap(np.zeros((8, 8, 8), np.float32), gemmi.UnitCell(8, 8, 8, 90, 90, 90), p1(),
                      MapKind.DENSITY)  # fmt: skip
    assert find_peaks(flat) == ()


def test_rejects_a_request_for_no_peaks():
    flat = DensityMap(np.zeros((8, 8, 8), np.float32), gemmi.UnitCell(8, 8, 8, 90, 90, 90), p1(),
                      MapKind.DENSITY)  # fmt: skip
    with pytest.raises(UserError, match="at least one"):
        find_peaks(flat, 0)


def test_finds_each_unique_peak_of_a_protein_patterson_once(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "1aba.pdb"))
    group = structure.find_spacegroup()
    density = patterson(structure_factors(structure, structure.cell, group, 1.5).amplitudes())
    peaks = find_peaks(density, 1000, 1.0)
    assert len(peaks) > 100
    first = peaks[1]
    images = [gemmi.Op(op.triplet()).apply_to_xyz(list(first.frac))
              for op in density.spacegroup.operations()]  # fmt: skip
    others = np.array([peak.frac for peak in peaks[2:]])
    for image in images:
        difference = others - np.array(image)
        difference -= np.rint(difference)
        assert np.abs(difference).max(axis=1).min() > 0.005


def test_height_and_position_of_a_quadratic_maximum_are_exact():
    top, shape = np.array([4.3, 5.8, 3.6]), (9, 11, 8)
    curvature = np.array([[2.0, 0.4, 0.1], [0.4, 1.5, -0.3], [0.1, -0.3, 1.0]])
    offset = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1) - top
    grid = 10.0 - 0.5 * np.einsum("...i,ij,...j->...", offset, curvature, offset)
    frac, heights = _refine(grid.astype(np.float32), np.array([[4, 6, 4]]))
    np.testing.assert_allclose(frac[0] * shape, top, atol=1e-4)
    assert heights[0] == pytest.approx(10.0, abs=1e-4)
