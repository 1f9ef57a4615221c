import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.comparison.truth import refuse_other_cell, truth_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError

CELL = gemmi.UnitCell(10, 12, 14, 90, 100, 90)


def crystal(**known):
    return Crystal("some", CELL, p1(), **known)


def some_map():
    return DensityMap(np.zeros((4, 4, 4), np.float32), CELL, p1(), MapKind.DENSITY)


def model_in(cell):
    structure = gemmi.Structure()
    structure.cell = cell
    return structure


def test_a_crystal_without_model_and_map_has_no_truth():
    assert truth_of(crystal()) is None


def test_an_opened_map_is_the_truth_where_no_other_is_known():
    opened, true = some_map(), some_map()
    assert truth_of(crystal(opened_map=opened)).truth is opened
    assert truth_of(crystal(opened_map=opened, truth=true)).truth is true


def test_a_model_is_its_own_truth():
    model = model_in(CELL)
    assert truth_of(crystal(model=model)).model is model


def test_refuses_a_model_of_another_cell_as_truth():
    refuse_other_cell(model_in(gemmi.UnitCell(10.05, 12, 14, 90, 100, 90)), crystal())
    with pytest.raises(UserError, match="cannot be their truth"):
        refuse_other_cell(model_in(gemmi.UnitCell(11, 12, 14, 90, 100, 90)), crystal())
