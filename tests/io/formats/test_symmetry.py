"""Cells and space groups from numbers, names and triplets."""

import math

import gemmi
import pytest

from patterson_gui.io.formats.symmetry import (
    operations_of_triplets,
    sane_cell,
    spacegroup_named,
    spacegroup_of_triplets,
)


@pytest.mark.parametrize(
    "values",
    [
        (1.5, 1.5, 1.5, 90, 90, 90),
        (1e5, 10, 10, 90, 90, 90),
        (5, 6, 7, 1, 90, 90),
        (5, 6, 7, 179, 90, 90),
        (5, 6, 7, 60.1, 60, 120),
    ],
)
def test_accepts_possible_cells(values: tuple[float, ...]):
    cell = sane_cell(values)
    assert cell is not None
    assert cell.parameters == pytest.approx(values)


@pytest.mark.parametrize(
    "values",
    [
        (),
        (5, 6, 7),
        (5, 6, 7, 90, 90, 90, 90),
        (0, 0, 0, 0, 0, 0),
        (1, 1, 1, 90, 90, 90),  # the placeholder of the PDB
        (1.49, 10, 10, 90, 90, 90),
        (10, 10, 1.001e5, 90, 90, 90),
        (5, 6, -7, 90, 90, 90),
        (5, 6, 7, 90, 90, 0),
        (5, 6, 7, 90, 90, 180),
        (5, 6, math.nan, 90, 90, 90),
        (5, math.inf, 7, 90, 90, 90),
        (5, 6, 7, 60, 60, 120),  # three axes in one plane: no volume
        (5, 6, 7, 40, 50, 120),  # the angles contradict each other
    ],
)
def test_rejects_impossible_cells(values: tuple[float, ...]):
    assert sane_cell(values) is None


def test_the_angles_decide_between_the_settings_of_a_rhombohedral_group():
    hexagonal = gemmi.UnitCell(10, 10, 20, 90, 90, 120)
    rhombohedral = gemmi.UnitCell(10, 10, 10, 80, 80, 80)
    assert spacegroup_named("R 3", hexagonal).xhm() == "R 3:H"
    assert spacegroup_named("R 3", rhombohedral).xhm() == "R 3:R"
    assert spacegroup_named("R 3", None).xhm() == "R 3:H"
    assert spacegroup_named("p21/c", None).xhm() == "P 1 21/c 1"
    assert spacegroup_named("P 99", None) is None


def test_triplets_generate_the_whole_group():
    operations = operations_of_triplets(["x,y,z", "-x,y+1/2,-z+1/2", "-x,-y,-z"])
    tabulated = gemmi.SpaceGroup("P 1 21/c 1").operations()
    assert {op.triplet() for op in operations} == {op.triplet() for op in tabulated}
    assert spacegroup_of_triplets(["x,y,z", "-x,y+1/2,-z+1/2", "-x,-y,-z"]).xhm() == "P 1 21/c 1"


@pytest.mark.parametrize("triplets", [[], ["nonsense"], ["x,y"]])
def test_other_text_gives_no_group(triplets: list[str]):
    assert operations_of_triplets(triplets) is None
    assert spacegroup_of_triplets(triplets) is None
