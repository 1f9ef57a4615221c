"""Laue classes that a lattice allows, and the agreement of equivalents in each."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.laue_classes import laue_agreement, laue_classes
from patterson_gui.crystal.reciprocal.equivalents import expand
from tests.crystal.measured.simulated import crystal

# The numbers of subgroups of the groups of rotations 1, 2, 222, 422, 32, 622 and 432.
LATTICES = [
    ((7, 8, 9, 80, 95, 100), "P", 1),
    ((7, 8, 9, 90, 100, 90), "P", 2),
    ((7, 8, 9, 90, 90, 90), "C", 5),
    ((7, 7, 9, 90, 90, 90), "I", 10),
    ((7, 7, 30, 90, 90, 120), "R", 6),
    ((7, 7, 9, 90, 90, 120), "P", 16),
    ((7, 7, 7, 90, 90, 90), "F", 30),
]


@pytest.mark.parametrize(("cell", "centring", "number"), LATTICES)
def test_every_subgroup_of_the_lattice_is_listed(
    cell: tuple[float, ...], centring: str, number: int
) -> None:
    assert len(laue_classes(gemmi.UnitCell(*cell), centring)) == number


def test_names_tell_the_axis() -> None:
    names = [each.name for each in laue_classes(gemmi.UnitCell(7, 7, 9, 90, 90, 120), "P")]
    assert {"-1", "2/m (c)", "-3 (c)", "-3m1", "-31m", "6/m (c)", "6/mmm (c)"} <= set(names)
    assert len(set(names)) == len(names)


def test_a_nearly_cubic_centred_cell_gives_a_group() -> None:
    # c/a is near √2: some rotations of a cubic lattice miss the tolerance, others do not.
    classes = laue_classes(gemmi.UnitCell(7.146, 7.146, 9.964, 90, 90, 90), "I")
    assert "4/mmm (c)" in [each.name for each in classes]


def test_only_the_right_class_agrees() -> None:
    data, _ = crystal("P 4", gemmi.UnitCell(9, 9, 12, 90, 90, 90), 1.0)
    hkl, source, _ = expand(data.hkl, data.spacegroup)
    every = replace(data, hkl=hkl, value=data.value[source], sigma=data.sigma[source])
    rows = {
        row.laue.name: row.statistics.r_int
        for row in laue_agreement(every, laue_classes(data.cell, "P"))
    }
    assert rows["4/m (c)"] == pytest.approx(0.0, abs=1e-6)
    assert rows["2/m (c)"] == pytest.approx(0.0, abs=1e-6)
    assert rows["4/mmm (c)"] > 0.3
    assert rows["2/m (a)"] > 0.3
    assert np.isnan(rows["-1"])  # one hemisphere: nothing is measured twice
