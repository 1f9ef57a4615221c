"""Neighbours and bonds against explicit loops over cells and known structures."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.sites.neighbours import bonds, neighbours


@pytest.mark.parametrize("parameters", [(9, 10, 11, 80, 95, 100), (3.5, 4, 5, 70, 80, 110)])
@pytest.mark.parametrize("group", ["P 1", "P -1"])
def test_finds_every_copy_in_the_cells_around(parameters: tuple[float, ...], group: str) -> None:
    cell, spacegroup = gemmi.UnitCell(*parameters), gemmi.SpaceGroup(group)
    frac = np.random.default_rng(0).random((5, 3))
    found = neighbours(frac, cell, spacegroup, 3.0)
    for i, x in enumerate(frac):
        here = np.array(cell.orthogonalize(gemmi.Fractional(*x)).tolist())
        expected = []
        for other in frac:
            for op in spacegroup.operations():
                image = np.array(op.apply_to_xyz(list(other)))
                for step in np.ndindex(9, 9, 9):
                    place = gemmi.Fractional(*(image + np.array(step) - 4))
                    length = np.linalg.norm(np.array(cell.orthogonalize(place).tolist()) - here)
                    if 1e-3 < length < 3.0:
                        expected.append(length)
        assert found.of(i).distance == pytest.approx(sorted(expected), abs=1e-6)
        assert np.linalg.norm(found.of(i).vector, axis=1) == pytest.approx(found.of(i).distance)


def test_each_ion_of_rock_salt_has_six_neighbours() -> None:
    cell, spacegroup = gemmi.UnitCell(5.64, 5.64, 5.64, 90, 90, 90), gemmi.SpaceGroup("F m -3 m")
    frac = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    found = neighbours(frac, cell, spacegroup, 3.0)
    assert list(found.atom) == [0] * 6 + [1] * 6
    assert list(found.other) == [1] * 6 + [0] * 6
    assert found.distance == pytest.approx(2.82)


def test_atoms_of_different_disorder_groups_are_not_bonded() -> None:
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    frac = np.array([[0, 0, 0], [0.15, 0, 0], [0.145, 0.03, 0]])
    found = bonds(["C", "C", "C"], frac, cell, gemmi.SpaceGroup("P 1"), np.array([0, 1, 2]))
    assert sorted(zip(found.atom.tolist(), found.other.tolist(), strict=True)) == [
        (0, 1),
        (0, 2),
        (1, 0),
        (2, 0),
    ]
