"""Intensities expanded to P1 of the primitive cell."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, direct
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.solvers.structure.expansion import expand_to_p1

D_MIN = 0.9


def intensities(name: str, cell: gemmi.UnitCell, stated: bool = True) -> Intensities:
    """Unique intensities of a few atoms, without absences, as COD files are."""
    group = gemmi.SpaceGroup(name)
    hkl = unique_reflections(cell, group, D_MIN)
    rng = np.random.default_rng(3)
    atoms = Scatterers(("C", "O", "S"), rng.random((3, 3)), np.full(3, 2.0), np.ones(3))
    value = np.abs(direct(atoms, cell, group, hkl)).astype(float) ** 2
    return Intensities(hkl, value, 0.02 * value + 1.0, cell, group, stated=stated)


@pytest.mark.parametrize(
    ("name", "cell", "laue", "points"),
    [
        ("P 21 21 21", (6.1, 7.3, 8.9, 90, 90, 90), "mmm", 1),
        ("C 1 2/c 1", (9.1, 7.3, 8.9, 90, 104, 90), "2/m", 2),
        ("I 41/a:2", (8.0, 8.0, 9.9, 90, 90, 90), "4/m", 2),
        ("F m -3 m", (9.03, 9.03, 9.03, 90, 90, 90), "m-3m", 4),
        ("R -3:H", (9.0, 9.0, 10.0, 90, 90, 120), "-3", 3),
    ],
)
def test_fills_the_hemisphere_of_the_primitive_cell(name, cell, laue, points):
    data = intensities(name, gemmi.UnitCell(*cell))
    p1 = expand_to_p1(data, find_centring(data)[0])
    assert p1.laue.symbol == laue
    assert p1.cell.volume == pytest.approx(data.cell.volume / points, rel=1e-9)
    # A position in the primitive axes has the same phase for every reflection.
    x = np.array([0.12, 0.34, 0.41])
    assert p1.primitive @ np.linalg.inv(p1.axes) @ x == pytest.approx(p1.hkl @ x)
    every = gemmi.make_miller_array(p1.cell, gemmi.SpaceGroup("P 1"), D_MIN)
    absent = data.spacegroup.operations().systematic_absences(p1.hkl)
    assert not np.asarray(absent).any()
    assert 0.85 * len(every) < len(p1.hkl) <= 1.01 * len(every)  # some lie on the limit
    spacing = np.asarray(data.cell.calculate_d_array(p1.hkl))
    assert np.allclose(np.asarray(p1.cell.calculate_d_array(p1.primitive)), spacing)


def test_equivalents_get_the_intensity_that_symmetry_demands():
    cell = gemmi.UnitCell(9.1, 7.3, 8.9, 90, 104, 90)
    data = intensities("C 1 2/c 1", cell)
    p1 = expand_to_p1(data, find_centring(data)[0])
    known = {tuple(h): v for h, v in zip(p1.hkl.tolist(), p1.value, strict=True)}
    for hkl in p1.hkl[:200]:
        mate = tuple(hkl * [1, -1, 1])
        value = known.get(mate) or known.get(tuple(-i for i in mate))
        assert value == pytest.approx(known[tuple(hkl)])


def test_does_not_merge_in_a_laue_class_whose_equivalents_differ():
    # All of P -1 in a cell that happens to be orthorhombic, with no group stated.
    data = intensities("P -1", gemmi.UnitCell(6.1, 7.3, 8.9, 90, 90, 90), stated=False)
    assert expand_to_p1(data, find_centring(data)[0]).laue.symbol == "-1"


def test_e_squared_averages_one_at_all_resolutions():
    data = intensities("P 21 21 21", gemmi.UnitCell(9.1, 10.3, 11.9, 90, 90, 90))
    p1 = expand_to_p1(data, find_centring(data)[0])
    d = np.asarray(p1.cell.calculate_d_array(p1.primitive))
    for low, high in ((0.9, 1.0), (1.0, 1.3), (1.3, 2.0)):
        shell = (d >= low) & (d < high)
        assert (p1.e[shell] ** 2).mean() == pytest.approx(1.0, abs=0.15)


def test_incomplete_data_are_not_filled_by_a_class_whose_equivalents_differ():
    data = intensities("P -1", gemmi.UnitCell(6.1, 7.3, 8.9, 90, 90, 90), stated=False)
    kept = data.select(np.random.default_rng(5).random(len(data)) < 0.5)
    assert expand_to_p1(kept, find_centring(kept)[0]).laue.symbol == "-1"


def test_a_faulty_measurement_is_left_out():
    data = intensities("P 21 21 21", gemmi.UnitCell(6.1, 7.3, 8.9, 90, 90, 90))
    four = replace(
        data,
        hkl=np.tile(data.hkl, (4, 1)),
        value=np.tile(data.value, 4),
        sigma=np.tile(data.sigma, 4),
    )
    noise = np.random.default_rng(6).normal(0.0, 1.0, len(four)) * four.sigma
    four = replace(four, value=four.value + noise)
    strong = int(data.value.argmax())
    wrong = four.value.copy()
    wrong[strong] *= 20.0
    right = expand_to_p1(four, find_centring(four)[0])
    found = expand_to_p1(replace(four, value=wrong), find_centring(four)[0])
    assert found.value == pytest.approx(right.value, rel=0.05, abs=5.0)


def test_a_stated_p1_does_not_keep_equivalents_from_filling_the_data():
    # SHELX instructions without SYMM state P1, whatever was measured.
    data = intensities("P 21 21 21", gemmi.UnitCell(6.1, 7.3, 8.9, 90, 90, 90))
    some = data.hkl[::10] * [-1, -1, 1]  # a tenth was measured twice
    measured = replace(
        data,
        hkl=np.concatenate([data.hkl, some]).astype(np.int32),
        value=np.concatenate([data.value, data.value[::10]]),
        sigma=np.concatenate([data.sigma, data.sigma[::10]]),
        spacegroup=gemmi.SpaceGroup("P 1"),
    )
    centring = find_centring(measured)[0]
    assert expand_to_p1(measured, centring).laue.symbol == "mmm"
    differing = measured.value * np.where(np.arange(len(measured)) < len(data), 1.0, 2.0)
    assert expand_to_p1(replace(measured, value=differing), centring).laue.symbol == "-1"
    assert expand_to_p1(replace(data, spacegroup=measured.spacegroup), centring).laue.symbol == "-1"
