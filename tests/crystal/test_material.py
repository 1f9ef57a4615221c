import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.material import Material

CELL = gemmi.UnitCell(5, 6, 7, 75, 85, 110)


def some(numbers, lattice=None):
    return Material(np.zeros((len(numbers), 3)), np.array(numbers), lattice)


def test_the_cell_has_the_edges_angles_and_volume_of_the_lattice():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    material = some([6], orthogonalization(CELL).T @ turn)
    assert material.cell.parameters == pytest.approx(CELL.parameters)
    assert material.volume == pytest.approx(CELL.volume)


def test_atoms_without_a_lattice_have_no_cell_and_no_volume():
    material = some([6])
    assert material.cell is None
    assert np.isnan(material.volume)
    with pytest.raises(ValueError, match="no fractional coordinates"):
        _ = material.frac


@pytest.mark.parametrize(
    ("numbers", "formula"),
    [
        ([8, 1, 6, 6, 1, 7], "C2H2NO"),  # carbon, hydrogen, then by letter
        ([8, 20, 22, 8, 8], "CaO3Ti"),
        ([1, 1, 8], "H2O"),  # without carbon all by letter
        ([1, 35], "BrH"),
    ],
)
def test_the_formula_is_in_hills_order(numbers, formula):
    assert some(numbers).formula == formula
