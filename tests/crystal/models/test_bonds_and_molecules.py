"""Bonds through symmetry, and molecules put together along them."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.models.atom_images import AtomImages, Operations
from patterson_gui.crystal.models.bonds import are_bonded, find_bonds
from patterson_gui.crystal.models.formula import contents_of, formula_text
from patterson_gui.crystal.models.molecules import (
    connected,
    filled_cell,
    grown,
    packed,
    with_neighbours,
)

CELL = gemmi.UnitCell(9, 10, 11, 90, 100, 90)
GROUP = gemmi.SpaceGroup("P 1 21/c 1")


def chain(elements: str, start: tuple[float, float, float], step: float) -> AsymmetricUnit:
    """Atoms `step` Å apart along a."""
    along = np.arange(len(elements))
    steps = np.stack([along * step / CELL.a, 0.02 * (along % 2), 0.0 * along], axis=1)
    return AsymmetricUnit.isotropic(tuple(elements), np.array(start) + steps)


def moved(model: AsymmetricUnit, row: int, triplet: str, cells: list[int]) -> AsymmetricUnit:
    """The model with one atom replaced by a symmetry image."""
    frac = model.frac.copy()
    frac[row] = np.array(gemmi.Op(triplet).apply_to_xyz(frac[row].tolist())) + cells
    return replace(model, frac=frac)


def all_places(frac: NDArray[np.float64], group: gemmi.SpaceGroup) -> set[tuple[float, ...]]:
    return {
        tuple(np.round(np.array(op.apply_to_xyz(x)) % 1.0, 4) % 1.0)
        for x in frac.tolist()
        for op in group.operations()
    }


def test_the_product_of_operations_is_what_they_do_one_after_another() -> None:
    ops = Operations.of(gemmi.SpaceGroup("I 41/a:2"))
    number, shift = ops.products
    x = np.array([0.123, 0.234, 0.345])
    for a in range(len(ops)):
        for b in range(0, len(ops), 5):
            step = ops.rotations[b] @ x + ops.translations[b]
            twice = ops.rotations[a] @ step + ops.translations[a]
            c = number[a, b]
            once = ops.rotations[c] @ x + ops.translations[c] + shift[a, b]
            assert twice == pytest.approx(once)


@pytest.mark.parametrize("name", ["F m -3 m", "P -4 21 m", "R -3 c:H", "P 1 21/c 1"])
def test_multiplicities_are_those_of_gemmi(name: str) -> None:
    group = gemmi.SpaceGroup(name)
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 120 if name.endswith("H") else 90)
    frac = np.array([[0, 0, 0], [0.5, 0, 0.25], [0.1, 0.1, 0.1], [0.21, 0.13, 0.34], [0, 0, 0.3]])
    images = AtomImages.of(frac, cell, group)
    for i, x in enumerate(frac.tolist()):
        small = gemmi.SmallStructure()
        small.cell, small.spacegroup = cell, group
        site = gemmi.SmallStructure.Site()
        site.fract, site.occ, site.element = gemmi.Fractional(*x), 1.0, gemmi.Element("C")
        small.add_site(site)
        small.setup_cell_images()
        assert images.multiplicity[i] == len(small.get_all_unit_cell_sites())


def test_bond_lengths_equal_those_of_gemmis_neighbour_search() -> None:
    rng = np.random.default_rng(2)
    cell = gemmi.UnitCell(7, 6, 8, 75, 100, 110)
    group = gemmi.SpaceGroup("P -1")
    model = AsymmetricUnit.isotropic(("C",) * 6, rng.uniform(-1, 2, (6, 3)))
    bonds = find_bonds(model, cell, group)
    small = gemmi.SmallStructure()
    small.cell, small.spacegroup = cell, group
    for i, x in enumerate(model.frac):
        site = gemmi.SmallStructure.Site()
        site.label, site.fract, site.element = f"C{i}", gemmi.Fractional(*x), gemmi.Element("C")
        small.add_site(site)
    small.setup_cell_images()
    search = gemmi.NeighborSearch(small, 3.0).populate()
    for i in range(6):
        found = search.find_site_neighbors(small.sites[i], min_dist=0.9, max_dist=1.86)
        position = cell.orthogonalize(small.sites[i].fract)
        expected = sorted(search.dist(mark.pos, position) for mark in found)
        assert np.sort(bonds.length[bonds.atom == i]) == pytest.approx(expected, abs=1e-3)
    vectors = (bonds.places(model.frac) - model.frac[bonds.atom]) @ orthogonalization(cell).T
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(bonds.length)
    assert len(bonds) > 0


@pytest.mark.parametrize(
    ("one", "other", "length", "bonded"),
    [
        ("C", "C", 1.54, True),
        ("C", "C", 2.2, False),
        ("C", "H", 0.96, True),
        ("H", "H", 0.74, False),
        ("Cu", "O", 1.95, True),
        ("Na", "Cl", 2.82, True),
        ("Na", "Na", 3.0, False),
        ("Fe", "Fe", 2.9, False),
        ("C", "O", 0.6, False),
    ],
)
def test_elements_and_distance_decide_what_is_a_bond(
    one: str, other: str, length: float, bonded: bool
) -> None:
    assert are_bonded([one], [other], np.array([length]))[0] == bonded


def test_atoms_of_different_disorder_groups_are_not_bonded() -> None:
    model = chain("CCC", (0.2, 0.3, 0.3), 1.5)
    assert len(find_bonds(model, CELL, GROUP)) == 4
    apart = replace(model, part=np.array([0, 1, 2]))
    assert len(find_bonds(apart, CELL, GROUP)) == 2


def test_a_riding_hydrogen_is_bonded_to_its_parent_alone() -> None:
    model = replace(chain("CHO", (0.2, 0.3, 0.3), 1.0), parent=np.array([-1, 0, -1]))
    bonds = find_bonds(model, CELL, GROUP)
    pairs = set(zip(bonds.atom.tolist(), bonds.neighbour.tolist(), strict=True))
    assert pairs == {(0, 1), (1, 0)}


def test_scattered_atoms_are_joined_to_one_molecule() -> None:
    whole = chain("CNOCS", (0.25, 0.3, 0.3), 1.45)
    split = moved(whole, 1, "-x,-y,-z", [2, 0, 1])
    split = moved(split, 3, "-x,y+1/2,-z+1/2", [0, -1, 0])
    split = moved(split, 4, "x,-y+1/2,z+1/2", [0, 3, 0])
    assert len(find_bonds(whole, CELL, GROUP)) == 8
    joined = connected(split, CELL, find_bonds(split, CELL, GROUP))
    axes = orthogonalization(CELL).T
    steps = np.linalg.norm(np.diff(joined.frac, axis=0) @ axes, axis=1)
    assert (steps < 1.6).all()
    assert all_places(joined.frac, GROUP) == all_places(whole.frac, GROUP)
    centre = joined.frac.mean(axis=0)
    assert ((centre >= 0) & (centre < 1)).all()


def test_displacements_turn_with_their_atom() -> None:
    whole = chain("CN", (0.25, 0.3, 0.3), 1.45)
    u = np.array([[0.03, 0.02, 0.05, 0.004, 0.006, -0.003]] * 2)
    split = replace(moved(whole, 1, "-x,y+1/2,-z+1/2", [0, 0, 0]), u_aniso=u)
    joined = connected(split, CELL, find_bonds(split, CELL, GROUP))
    # Under a twofold axis along b only U12 and U23 change their sign.
    which = int(np.flatnonzero((joined.u_aniso != u).any(axis=1))[0])
    assert joined.u_aniso[which] == pytest.approx(u[1] * [1, 1, 1, -1, 1, -1])


def test_ions_are_placed_beside_the_molecule() -> None:
    whole = chain("CNOC", (0.3, 0.5, 0.3), 1.45)
    chlorine = [3.7, -0.8, -3.3]  # an image of it is 3 Å from the first atom
    far = AsymmetricUnit.isotropic((*whole.elements, "Cl"), np.vstack([whole.frac, chlorine]))
    model = connected(far, CELL, find_bonds(far, CELL, GROUP))
    axes = orthogonalization(CELL).T
    nearest = np.linalg.norm((model.frac[:4] - model.frac[4]) @ axes, axis=1).min()
    everywhere = np.array(sorted(all_places(np.array([chlorine]), GROUP)))
    assert nearest == pytest.approx(
        distances(everywhere[:, None] - whole.frac, axes).min(), abs=1e-3
    )
    assert all_places(model.frac, GROUP) == all_places(far.frac, GROUP)


def test_a_molecule_on_a_centre_of_symmetry_grows_to_its_whole() -> None:
    half = chain("CNO", (0.08, 0.0, 0.0), 1.45)  # C–C over the origin is 1.44 Å
    bonds = find_bonds(half, CELL, GROUP)
    atoms = grown(half, bonds)
    assert len(atoms) == 6
    assert atoms.molecule.max() == 0
    assert not atoms.endless[0]
    assert sorted(atoms.atom.tolist()) == [0, 0, 1, 1, 2, 2]
    assert atoms.frac.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    contents = contents_of(half, CELL, bonds)
    assert contents.z == 2
    assert contents.formula == "C2 N2 O2"


def test_the_packed_cell_has_every_atom_once() -> None:
    model = chain("CNOCS", (0.25, 0.3, 0.3), 1.45)
    bonds = find_bonds(model, CELL, GROUP)
    atoms = packed(model, CELL, bonds)
    assert len(atoms) == 20
    assert atoms.molecule.max() == 3
    found = {tuple(np.round(x % 1.0, 4) % 1.0) for x in atoms.frac}
    assert found == all_places(model.frac, GROUP)
    for number in range(4):
        centre = atoms.frac[atoms.molecule == number].mean(axis=0)
        assert ((centre > -1e-5) & (centre < 1)).all()


def test_rock_salt_is_one_endless_framework() -> None:
    cell, group = gemmi.UnitCell(5.64, 5.64, 5.64, 90, 90, 90), gemmi.SpaceGroup("F m -3 m")
    model = AsymmetricUnit.isotropic(("Na", "Cl"), np.array([[0, 0, 0], [0.5, 0.5, 0.5]]))
    bonds = find_bonds(model, cell, group)
    assert (np.bincount(bonds.atom) == 6).all()
    atoms = packed(model, cell, bonds)
    assert len(atoms) == 8
    assert atoms.endless.all()
    contents = contents_of(model, cell, bonds)
    assert (contents.z, contents.formula) == (4, "Cl Na")
    # The density of halite is 2.16 g/cm³.
    assert contents.density == pytest.approx(2.16, abs=0.01)
    assert contents.f000 == 4 * (11 + 17)


def test_a_chain_through_cells_grows_to_one_repeat() -> None:
    cell = gemmi.UnitCell(2.9, 10, 11, 90, 90, 90)
    model = AsymmetricUnit.isotropic(("C", "N"), np.array([[0, 0, 0], [0.5, 0.02, 0]]))
    atoms = grown(model, find_bonds(model, cell, gemmi.SpaceGroup("P 1")))
    assert len(atoms) == 2
    assert atoms.endless.tolist() == [True]


def test_no_atoms_make_no_bonds() -> None:
    model = AsymmetricUnit.isotropic((), np.zeros((0, 3)))
    bonds = find_bonds(model, CELL, GROUP)
    assert len(bonds) == len(packed(model, CELL, bonds)) == len(connected(model, CELL, bonds)) == 0
    assert contents_of(model, CELL, bonds).formula == ""


def test_formulas_are_in_hill_order() -> None:
    assert formula_text({"S": 1, "O": 2, "H": 10, "C": 11}) == "C11 H10 O2 S"
    assert formula_text({"Na": 1, "Cl": 1.5}) == "Cl1.5 Na"


@pytest.mark.parametrize(
    ("name", "formula", "z"),
    [
        ("ylid2", "C11 H10 O2 S", 4),
        ("epoxide", "C2 H4 O", 4),
        ("cuacetate", "C8 H16 Cu2 O10", 4),
        ("so2", "O2 S", 4),
        ("caf2_erice", "Ca F2", 4),
        ("urea_xh", "C H4 N2 O", 2),
        ("sucrose_ox", "C12 H22 O11", 2),
    ],
)
def test_formulas_of_measured_crystals(shared_data, name: str, formula: str, z: int) -> None:
    from tests.io.solved_crystals import model_of_cif

    model, cell, group = model_of_cif(shared_data / "solve" / name / f"{name}_truth.cif")
    contents = contents_of(model, cell, find_bonds(model, cell, group))
    assert (contents.formula, contents.z) == (formula, z)


def test_surroundings_hold_the_neighbours_of_each_independent_atom_once() -> None:
    cell, group = gemmi.UnitCell(5.64, 5.64, 5.64, 90, 90, 90), gemmi.SpaceGroup("F m -3 m")
    model = AsymmetricUnit.isotropic(("Na", "Cl"), np.array([[0, 0, 0], [0.5, 0.5, 0.5]]))
    atoms = with_neighbours(model, find_bonds(model, cell, group))
    # Six Cl around Na and six Na around Cl; neither has the other for a neighbour here.
    assert len(atoms) == 2 + 6 + 6
    assert len(np.unique(atoms.frac.round(6), axis=0)) == len(atoms)


def test_the_filled_cell_has_atoms_on_all_its_faces() -> None:
    cell, group = gemmi.UnitCell(5.64, 5.64, 5.64, 90, 90, 90), gemmi.SpaceGroup("F m -3 m")
    model = AsymmetricUnit.isotropic(("Na", "Cl"), np.array([[0, 0, 0], [0.5, 0.5, 0.5]]))
    atoms = filled_cell(model, find_bonds(model, cell, group))
    # Na: 8 corners and 6 faces; Cl: 12 edges and the centre.
    assert np.bincount(atoms.atom).tolist() == [14, 13]
    assert (atoms.frac > -0.02).all()
    assert (atoms.frac < 1.02).all()


def test_atoms_of_a_negative_disorder_group_are_not_bonded_to_their_images() -> None:
    cell, group = gemmi.UnitCell(9, 10, 11, 90, 90, 90), gemmi.SpaceGroup("P -1")
    beside = np.array([[0.5 / 9, 0.5 / 10, 0.4 / 11], [1.5 / 9, 1.0 / 10, 1.0 / 11]])
    model = AsymmetricUnit.isotropic(("C", "C"), beside)
    own = int((find_bonds(model, cell, group).atom == 0).sum())
    negative = find_bonds(replace(model, part=np.array([-1, -1])), cell, group)
    assert own == 2  # the other atom, and the image by the centre
    assert sorted(zip(negative.atom.tolist(), negative.neighbour.tolist(), strict=True)) == [
        (0, 1), (1, 0),
    ]  # fmt: skip
