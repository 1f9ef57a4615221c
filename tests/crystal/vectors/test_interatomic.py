import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.maps.patterson import patterson_group
from patterson_gui.crystal.vectors.interatomic import interatomic_vectors

CELLS = {
    "triclinic": (9.0, 10.0, 11.0, 80.0, 95.0, 105.0),
    "monoclinic": (9.0, 10.0, 11.0, 90.0, 105.0, 90.0),
    "orthorhombic": (9.0, 10.0, 11.0, 90.0, 90.0, 90.0),
    "tetragonal": (9.0, 9.0, 11.0, 90.0, 90.0, 90.0),
    "hexagonal": (9.0, 9.0, 11.0, 90.0, 90.0, 120.0),
    "cubic": (9.0, 9.0, 9.0, 90.0, 90.0, 90.0),
}
GROUPS = [
    ("P 1", "triclinic"), ("P -1", "triclinic"), ("P 1 21 1", "monoclinic"),
    ("C 1 2 1", "monoclinic"), ("P 1 21/c 1", "monoclinic"), ("P 21 21 21", "orthorhombic"),
    ("P 43 21 2", "tetragonal"), ("I 41/a", "tetragonal"), ("R 3:H", "hexagonal"),
    ("P 61 2 2", "hexagonal"), ("F 4 3 2", "cubic"),
]  # fmt: skip


def all_pairs(atoms: AsymmetricUnit, group: gemmi.SpaceGroup) -> list[tuple[np.ndarray, float]]:
    """u and Z_i Z_j of every ordered pair in the cell, from gemmi's list of images."""
    places, weights = [], []
    for x, element, occ in zip(atoms.frac, atoms.elements, atoms.occ, strict=True):
        mine: list[np.ndarray] = []
        for op in group.operations():
            image = np.array(op.apply_to_xyz(x.tolist())) % 1.0
            if not any(np.abs((d := image - p) - np.rint(d)).max() < 1e-6 for p in mine):
                mine.append(image)
        places += mine
        weights += [gemmi.Element(element).atomic_number * occ] * len(mine)
    return [
        (p - q, a * b)
        for p, a in zip(places, weights, strict=True)
        for q, b in zip(places, weights, strict=True)
    ]


@pytest.mark.parametrize(("name", "cell"), GROUPS)
def test_vectors_and_weights_are_those_of_all_pairs_in_the_cell(name: str, cell: str) -> None:
    group = gemmi.SpaceGroup(name)
    # The second atom lies on an axis or a centre in several of the groups.
    atoms = AsymmetricUnit.isotropic(
        ("Au", "S"), np.array([[0.1234, 0.3217, 0.2718], [0.0, 0.0, 0.0]])
    )
    vectors = interatomic_vectors(atoms, gemmi.UnitCell(*CELLS[cell]), group)
    pairs = all_pairs(atoms, group)
    operations = patterson_group(group).operations()
    covered = 0.0
    for u, weight in zip(vectors.frac, vectors.weight, strict=True):
        images = []
        for op in operations:
            image = np.array(op.apply_to_xyz(u.tolist())) % 1.0
            if not any(np.abs((d := image - p) - np.rint(d)).max() < 1e-6 for p in images):
                images.append(image)
        there = [w for v, w in pairs if np.abs((d := v - u) - np.rint(d)).max() < 1e-6]
        # Other pairs may have a vector at the same place by chance of the special position.
        assert sum(there) >= weight - 1e-6
        covered += weight * len(images)
    lattice = np.array(group.operations().cen_ops) / 24
    zero = sum(w for v, w in pairs if np.abs((d := v - lattice) - np.rint(d)).max(1).min() < 1e-6)
    assert covered == pytest.approx(sum(w for _, w in pairs) - zero, rel=1e-9)


def test_each_harker_vector_of_p21_has_the_weight_of_one_pair() -> None:
    atoms = AsymmetricUnit.isotropic(("Hg",), np.array([[0.1, 0.2, 0.3]]))
    cell, group = gemmi.UnitCell(30, 40, 50, 90, 100, 90), gemmi.SpaceGroup("P 1 21 1")
    vectors = interatomic_vectors(atoms, cell, group)
    assert len(vectors) == 1
    u = vectors.frac[0]
    assert sorted([tuple(np.round(u, 6)), tuple(np.round(-u % 1, 6))]) == [
        (0.2, 0.5, 0.6), (0.8, 0.5, 0.4),
    ]  # fmt: skip
    assert vectors.weight[0] == pytest.approx(80.0**2)


def test_the_lightest_pairs_are_left_out_and_counted() -> None:
    frac = np.random.default_rng(1).random((20, 3))
    atoms = AsymmetricUnit.isotropic(("I",) * 2 + ("C",) * 18, frac)
    cell = gemmi.UnitCell(*CELLS["triclinic"])
    vectors = interatomic_vectors(atoms, cell, gemmi.SpaceGroup("P 1"), most=10)
    assert vectors.left_out == 200
    assert {tuple(sorted(p)) for p in zip(vectors.first, vectors.second, strict=True)} >= {(0, 1)}
    assert vectors.weight[0] == pytest.approx(53.0**2)


def test_the_vectors_of_an_atom_are_found() -> None:
    atoms = AsymmetricUnit.isotropic(("I", "C"), np.array([[0.1, 0.2, 0.3], [0.4, 0.1, 0.7]]))
    vectors = interatomic_vectors(
        atoms, gemmi.UnitCell(*CELLS["monoclinic"]), gemmi.SpaceGroup("P 1 21 1")
    )
    rows = vectors.of_atom(0)
    assert len(rows) == 3  # one to its image, two to the other atom
    assert all(0 in (vectors.first[r], vectors.second[r]) for r in rows)
