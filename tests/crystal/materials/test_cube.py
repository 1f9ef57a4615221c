from collections import Counter
from dataclasses import replace

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.lattices import reduced_lattice
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import (
    EDGE,
    POINTS,
    REACH,
    SPACING,
    compact,
    gaussian_density,
    images,
    periodic_sample,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.cube_map import cube_map, cube_structure
from patterson_gui.errors import UserError
from tests.crystal.example_materials import hematite, perovskite, rock_salt

TRICLINIC = np.array([[4.1, 0, 0], [1.3, 5.2, 0], [-1.7, 0.9, 6.3]])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def direct_density(
    points: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(p,) e/Å³ at points (p, 3): the paper's formula, term by term."""
    squared = ((points[:, None] - positions) ** 2).sum(-1)
    return (numbers * (2 * np.pi) ** -1.5 * np.exp(-squared / 2)).sum(1)


def triclinic(rng: np.random.Generator, n: int = 6) -> Material:
    frac = rng.random((n, 3))
    return Material(frac @ TRICLINIC, rng.integers(1, 90, n), TRICLINIC, "some")


def nearest_images(material: Material) -> NDArray[np.float64]:
    """(n, n) Å to the nearest copy, by gemmi."""
    cell = material.cell
    assert cell is not None
    places = [cell.orthogonalize(gemmi.Fractional(*f)) for f in material.frac]
    return np.array([[cell.find_nearest_pbc_image(a, b, 0).dist() for b in places] for a in places])


# ---------------------------------------------------------------- densities


def test_the_density_is_the_sum_of_gaussians_of_one_angstrom(rng: np.random.Generator) -> None:
    positions, numbers = EDGE * rng.random((7, 3)), rng.integers(1, 95, 7)
    density = gaussian_density(positions, numbers)
    indices = rng.integers(0, POINTS, (50, 3))
    expected = direct_density(indices * EDGE / 30, positions, numbers)
    assert density[tuple(indices.T)] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert density.dtype == np.float32


def test_an_atom_well_inside_has_as_many_electrons_as_its_number() -> None:
    density = gaussian_density(np.array([[5.1, 4.8, 5.0]]), np.array([26]))
    assert density.sum(dtype=np.float64) * SPACING**3 == pytest.approx(26, rel=1e-4)


def test_an_eighth_of_an_atom_on_a_corner_is_inside_the_cube() -> None:
    density = gaussian_density(np.zeros((1, 3)), np.array([8])).astype(np.float64)
    for axis in range(3):  # points on a face belong to it by half
        density.swapaxes(0, axis)[0] /= 2
    assert density.sum() * SPACING**3 == pytest.approx(1, rel=1e-4)


def test_no_atoms_have_no_density() -> None:
    assert not gaussian_density(np.zeros((0, 3)), np.zeros(0, np.int64)).any()


# ---------------------------------------------------------------- unit cells


def test_a_compact_cell_is_the_same_crystal(rng: np.random.Generator) -> None:
    material = triclinic(rng)
    moved = compact(material)
    assert nearest_images(moved) == pytest.approx(nearest_images(material), abs=1e-6)
    assert moved.numbers.tolist() == material.numbers.tolist()
    assert moved.positions.mean(0) == pytest.approx([0, 0, 0], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_compact_cell_does_not_depend_on_the_origin_of_the_cell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    material = triclinic(rng)
    steps = rng.integers(-3, 4, (len(material), 3)) @ TRICLINIC
    other = replace(material, positions=material.positions + steps + rng.normal(size=3))
    assert compact(other).positions == pytest.approx(compact(material).positions, abs=1e-6)


def test_no_copy_of_an_atom_lies_nearer_the_middle_of_a_compact_cell(
    rng: np.random.Generator,
) -> None:
    material = compact(triclinic(rng, 10))
    steps = (np.array(list(np.ndindex(5, 5, 5))) - 2) @ TRICLINIC
    squared = ((material.positions[:, None] + steps) ** 2).sum(-1)
    assert (squared.min(1) > (material.positions**2).sum(1) - 2e-3).all()


def test_a_unit_cell_is_centred_in_the_cube() -> None:
    sample = unit_cell_sample(hematite())
    assert sample.positions.mean(0) == pytest.approx([5, 5, 5])
    assert sample.inside.all()
    assert sample.kind == "crystal"
    assert Counter(sample.numbers.tolist()) == {26: 4, 8: 6}
    assert np.array_equal(sample.lattice, hematite().lattice)


@pytest.mark.parametrize(("apart", "fits"), [(9.9, True), (10.1, False), (13.0, False)])
def test_rejects_a_cell_that_does_not_fit_into_the_cube(apart: float, fits: bool) -> None:
    positions = np.array([[0, 0, 0], [apart, 0, 0]])
    material = Material(positions, np.array([11, 17]), 40 * np.eye(3), "wide")
    if fits:
        assert unit_cell_sample(material).inside.all()
        return
    with pytest.raises(UserError, match=rf"wide does not fit .* {apart / 2:.1f} Å from the middle"):
        unit_cell_sample(material)


def test_rejects_atoms_without_a_lattice_and_cells_without_atoms() -> None:
    alone = replace(rock_salt(), lattice=None)
    for call in (unit_cell_sample, window_sample, compact):
        with pytest.raises(UserError, match="no lattice"):
            call(alone)
    empty = replace(rock_salt(), positions=np.zeros((0, 3)), numbers=np.zeros(0, np.int64))
    with pytest.raises(UserError, match="no atoms"):
        unit_cell_sample(empty)


# ---------------------------------------------------------------- windows


@pytest.mark.parametrize("turned", [False, True])
def test_the_density_of_a_window_is_that_of_the_periodic_crystal(
    rng: np.random.Generator, turned: bool
) -> None:
    material = triclinic(rng)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn = turn * np.linalg.det(turn) if turned else np.eye(3)
    offset = rng.random(3) if turned else np.zeros(3)
    sample = window_sample(material, turn, offset)
    density = gaussian_density(sample.positions, sample.numbers)
    steps = (np.array(list(np.ndindex(25, 25, 25))) - 12) @ TRICLINIC
    everything = (material.positions[:, None] + steps).reshape(-1, 3)
    numbers = np.repeat(material.numbers, len(steps))
    indices = rng.integers(0, POINTS, (12, 3))
    # Where the points of the cube lie in the crystal's own frame.
    points = (indices * SPACING) @ turn + offset @ TRICLINIC
    expected = direct_density(points, everything, numbers)
    assert density[tuple(indices.T)] == pytest.approx(expected, rel=2e-3)
    assert sample.lattice == pytest.approx(TRICLINIC @ turn.T)


def test_a_window_of_whole_cells_contains_whole_formulas() -> None:
    sample = window_sample(rock_salt(edge=5.0), offset=np.full(3, 0.01))
    assert Counter(sample.numbers[sample.inside].tolist()) == {11: 32, 17: 32}


def test_windows_shifted_by_a_whole_cell_are_equal() -> None:
    one, other = (window_sample(perovskite(), offset=np.array([0.3, 0.1 + n, 0.2])) for n in (0, 2))
    assert gaussian_density(one.positions, one.numbers) == pytest.approx(
        gaussian_density(other.positions, other.numbers), abs=1e-5
    )


def test_images_are_all_copies_within_reach_with_the_index_of_their_atom(
    rng: np.random.Generator,
) -> None:
    positions, numbers = 3 * rng.normal(size=(4, 3)), np.array([1, 6, 7, 8])
    found, their_numbers, atom = images(positions, numbers, TRICLINIC)
    steps = (np.array(list(np.ndindex(31, 31, 31))) - 15) @ TRICLINIC
    every = (positions[:, None] + steps).reshape(-1, 3)
    near = ((every > -REACH) & (every < EDGE + REACH)).all(1)
    order, theirs = (np.lexsort(p.round(6).T) for p in (found, every[near]))
    assert found[order] == pytest.approx(every[near][theirs], abs=1e-9)
    assert np.array_equal(their_numbers, numbers[atom])
    whole = (found - positions[atom]) @ np.linalg.inv(TRICLINIC)
    assert whole == pytest.approx(np.rint(whole), abs=1e-9)
    assert (np.diff(atom) >= 0).all()


def test_images_do_not_depend_on_the_choice_of_lattice_and_cell(rng: np.random.Generator) -> None:
    positions, numbers = 3 * rng.normal(size=(3, 3)), np.array([1, 6, 7])
    far = positions + 10**4 * np.array([3, -2, 7]) @ TRICLINIC
    skewed = np.array([[1, 0, 0], [-40, 1, 0], [3000, 77, 1]]) @ TRICLINIC
    usual, moved = images(positions, numbers, TRICLINIC)[0], images(far, numbers, skewed)[0]
    order, theirs = (np.lexsort(p.round(5).T) for p in (usual, moved))
    assert usual[order] == pytest.approx(moved[theirs], abs=1e-6)


def test_no_atoms_have_no_images() -> None:
    found, numbers, atom = images(np.zeros((0, 3)), np.zeros(0, np.int64), TRICLINIC)
    assert len(found) == len(numbers) == len(atom) == 0


def test_a_periodic_sample_of_one_atom_has_one_for_each_cell_in_its_reach() -> None:
    sample = periodic_sample(np.zeros((1, 3)), np.array([79]), 2.5 * np.eye(3))
    assert int(sample.inside.sum()) == 4**3
    assert len(sample.numbers) == 7**3  # −2.5 to 12.5 Å along each axis


@pytest.mark.parametrize("seed", range(5))
def test_a_reduced_lattice_has_the_edges_that_gemmi_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = TRICLINIC + rng.normal(size=(3, 3))
    turn = np.eye(3, dtype=int)
    for _ in range(6):  # any whole-numbered matrix of determinant ±1
        i, j = rng.permutation(3)[:2]
        turn[i] += rng.integers(-5, 6) * turn[j]
    found = reduced_lattice(turn @ lattice)
    lengths = np.linalg.norm(found, axis=1)
    a, b, c = lattice
    angles = [np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))
              for u, v in ((b, c), (a, c), (a, b))]  # fmt: skip
    gruber = gemmi.GruberVector(gemmi.UnitCell(*np.linalg.norm(lattice, axis=1), *angles), "P")
    gruber.niggli_reduce()
    assert lengths == pytest.approx(gruber.get_cell().parameters[:3], rel=1e-3)
    whole = found @ np.linalg.inv(lattice)
    assert whole == pytest.approx(np.rint(whole), abs=1e-6)
    assert abs(np.linalg.det(np.rint(whole))) == pytest.approx(1)


# ---------------------------------------------------------------- for views and other programs


def test_the_cube_is_shown_as_a_p1_cell_of_ten_angstroms() -> None:
    sample = unit_cell_sample(perovskite())
    shown = cube_map(gaussian_density(sample.positions, sample.numbers), MapKind.TRUE, "it")
    assert shown.cell.parameters == (10, 10, 10, 90, 90, 90)
    assert shown.spacegroup.hm == "P 1"
    structure = cube_structure(sample, "it")
    sites = [cra.atom for cra in structure[0].all()]
    assert [a.element.atomic_number for a in sites] == sample.numbers.tolist()
    assert np.array([a.pos.tolist() for a in sites]) == pytest.approx(sample.positions)
    assert [a.name for a in sites][-3:] == ["O1", "O2", "O3"]
    for atom in sites:  # the map is highest where the heavy ones stand
        index = np.rint(np.array(atom.pos.tolist()) / SPACING).astype(int)
        assert shown.grid[tuple(index)] > 0.5


def test_atoms_of_a_window_that_lie_outside_are_not_shown() -> None:
    sample = window_sample(rock_salt())
    shown = list(cube_structure(sample)[0].all())
    assert len(shown) == int(sample.inside.sum()) < len(sample.numbers)
