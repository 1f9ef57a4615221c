"""Cells and space groups from numbers, names and triplets."""

import math

import gemmi
import pytest

from patterson_gui.io.formats.symmetry import (
    StatedSymmetry,
    operations_of_triplets,
    sane_cell,
    symmetry_of,
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


def named(name: str, cell: gemmi.UnitCell | None) -> gemmi.SpaceGroup | None:
    return symmetry_of(StatedSymmetry(names=(name,)), cell, "a.cif").spacegroup


def test_the_angles_decide_between_the_settings_of_a_rhombohedral_group():
    hexagonal = gemmi.UnitCell(10, 10, 20, 90, 90, 120)
    rhombohedral = gemmi.UnitCell(10, 10, 10, 80, 80, 80)
    assert named("R 3", hexagonal).xhm() == "R 3:H"
    assert named("R 3", rhombohedral).xhm() == "R 3:R"
    assert named("R 3", None).xhm() == "R 3:H"
    assert named("p21/c", None).xhm() == "P 1 21/c 1"
    assert named("P 99", None) is None


def test_triplets_generate_the_whole_group():
    operations = operations_of_triplets(["x,y,z", "-x,y+1/2,-z+1/2", "-x,-y,-z"])
    tabulated = gemmi.SpaceGroup("P 1 21/c 1").operations()
    assert {op.triplet() for op in operations} == {op.triplet() for op in tabulated}
    assert gemmi.find_spacegroup_by_ops(operations).xhm() == "P 1 21/c 1"


@pytest.mark.parametrize("triplets", [[], ["nonsense"], ["x,y"]])
def test_other_text_gives_no_group(triplets: list[str]):
    assert operations_of_triplets(triplets) is None


B_CELL = gemmi.UnitCell(7, 8, 9, 90, 104, 90)
C_CELL = gemmi.UnitCell(7, 8, 9, 90, 90, 104)
RIGHT_ANGLES = gemmi.UnitCell(7, 8, 9, 90, 90, 90)
HEXAGONAL = gemmi.UnitCell(5, 5, 13, 90, 90, 120)
RHOMBOHEDRAL = gemmi.UnitCell(5.1, 5.1, 5.1, 55, 55, 55)
CUBIC = gemmi.UnitCell(8, 8, 8, 90, 90, 90)
C2C_WITHOUT_C = ("x,y,z", "-x,y,-z+1/2", "-x,-y,-z", "x,-y,z+1/2")


def stated(names: tuple[str, ...] = (), number: int | None = None, **rest: object):
    return StatedSymmetry(names=names, number=number, **rest)


@pytest.mark.parametrize(
    ("what", "cell", "setting", "note"),
    [
        (stated(("P 21/b",)), C_CELL, "P 1 1 21/b", ""),
        (stated(("P 21/c",)), B_CELL, "P 1 21/c 1", ""),
        (stated(("P 21",)), C_CELL, "P 1 1 21", ""),
        (stated(("P 21",)), RIGHT_ANGLES, "P 1 21 1", ""),
        (stated(("R -3 c",)), RHOMBOHEDRAL, "R -3 c:R", ""),
        (stated(("F d -3 m Z",), 227), CUBIC, "F d -3 m:2", ""),
        (stated(("F d -3 m",), code="2"), CUBIC, "F d -3 m:2", ""),
        (stated(("C 1 2/c 1",), 14), B_CELL, "C 1 2/c 1", "gives the number 14: the name"),
        (stated((), 14), B_CELL, "P 1 21/c 1", "standard setting P 1 21/c 1 is assumed"),
        (stated((), 4), C_CELL, "P 1 1 21", "by its cell"),
        (stated((), 167), RHOMBOHEDRAL, "R -3 c:R", "by its cell"),
        (stated((), 167, number_gives_setting=True), HEXAGONAL, "R -3 c:H", ""),
        (stated((), 19), RIGHT_ANGLES, "P 21 21 21", ""),
        (stated(("P 2x 2x 2x", "P 21 21 21")), RIGHT_ANGLES, "P 21 21 21", "“P 2x 2x 2x”"),
        (stated(("P 21 21 2x",), 19), RIGHT_ANGLES, "P 21 21 21", "its number 19 is used"),
        (stated((), reference="F m -3 m"), CUBIC, "F m -3 m", ""),
        (stated(("-P 2ybc",)), B_CELL, "P 1 21/c 1", ""),
        (stated(("P 21/c",), hall="-P 2yn"), B_CELL, "P 1 21/n 1", "Hall symbol is that of"),
        (stated(("P 21/n",), hall="-P 2yn"), B_CELL, "P 1 21/n 1", ""),
        (stated(("P 21/n",), hall="odd"), B_CELL, "P 1 21/n 1", "Hall symbol, “odd”"),
        (stated(("F d -3 m S",), hall="-F 4vw 2vw 3"), CUBIC, "F d -3 m:2", "names the"),
        (stated(("C 2/c",), triplets=C2C_WITHOUT_C), B_CELL, "P 1 2/c 1", "operations are those"),
        (stated((), 15, triplets=C2C_WITHOUT_C), B_CELL, "P 1 2/c 1", "number 15, but its"),
        (stated(("P 21",), triplets=("x,y,z",)), B_CELL, "P 1 21 1", "only the operation x,y,z"),
        (stated(("P 1",), triplets=("x,y,z",)), B_CELL, "P 1", ""),
        (stated(("P 21/cc",), triplets=("x,y,z",)), B_CELL, "P 1", "P 1 is assumed"),
        (stated(("P 21",), triplets=("x,y,z", "q")), B_CELL, "P 1 21 1", "not those of a space"),
    ],
)  # fmt: skip
def test_tells_what_contradicts_and_what_was_assumed(
    what: StatedSymmetry, cell: gemmi.UnitCell, setting: str, note: str
):
    found = symmetry_of(what, cell, "a.cif")
    assert found.spacegroup is not None
    assert found.spacegroup.xhm() == setting
    assert found.operations is None
    assert note in " ".join(found.notes)
    assert bool(note) == bool(found.notes)


@pytest.mark.parametrize(
    ("what", "cell", "problem"),
    [
        (stated(("I 1 2/n 1",), 15), B_CELL, "“I 1 2/n 1” (number 15), which is not known"),
        (stated(("P 99",)), B_CELL, "which is not known"),
        (stated(("P 1 21/c 1",)), C_CELL, "its unit cell cannot have"),
        (stated(("P 41",)), RIGHT_ANGLES, "its unit cell cannot have"),
        (stated(triplets=("x,y,z", "1/2-x,1/3+y,z")), B_CELL, "not those of a space group"),
        (stated(triplets=("x,y,z", "x+0.3,y,z")), B_CELL, "not those of a space group"),
        (stated((), 14), C_CELL, "in several settings"),
        (stated(), B_CELL, ""),
    ],
)
def test_guesses_no_group_that_nothing_supports(
    what: StatedSymmetry, cell: gemmi.UnitCell, problem: str
):
    found = symmetry_of(what, cell, "a.cif")
    assert not found.known
    assert problem in found.problem
    assert bool(problem) == bool(found.problem)


def test_keeps_the_operations_of_a_setting_that_is_in_no_table():
    shifted = ("x,y,z", "-x,-y,z+1/2", "x+1/2,-y,-z", "-x+1/2,y,-z+1/2")
    found = symmetry_of(stated(("P 21 2 21",), triplets=shifted), RIGHT_ANGLES, "a.cif")
    assert found.spacegroup is None
    assert found.operations is not None
    assert {op.triplet() for op in found.operations} == set(shifted)
    assert "expanded to P 1 by its 4 operations" in found.notes[0]
