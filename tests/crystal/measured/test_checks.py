"""Bad data, cells, groups and contents: each is told in a sentence."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.checks import check
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.reciprocal.equivalents import expand, unique_reflections
from patterson_gui.errors import UserError
from tests.crystal.measured.simulated import crystal

CELL = gemmi.UnitCell(7, 9, 11, 90, 100, 90)  # 682 Å³
FITTING = Contents(("C", "H"), {"C": 40, "H": 40}, "the formula C10 H10 with Z = 4")


def good(name: str = "P 1 21/c 1", cell: gemmi.UnitCell = CELL) -> Intensities:
    """Intensities of 40 atoms with noise."""
    data, _ = crystal(name, cell, 0.85)
    noise = np.random.default_rng(2).normal(0.0, 1.0, len(data))
    return replace(data, value=data.value + noise * data.sigma)


def in_p1(data: Intensities, name: str) -> Intensities:
    """All equivalents of the data under another group, said to belong to that group."""
    hkl, source, _ = expand(data.hkl, data.spacegroup)
    return replace(
        data,
        hkl=hkl,
        value=data.value[source],
        sigma=data.sigma[source],
        spacegroup=gemmi.SpaceGroup(name),
    )


def only_note(data: Intensities, contents: Contents | None = FITTING) -> str:
    """The one doubt about the data."""
    (note,) = check(data, contents)
    return note


@pytest.mark.parametrize("name", ["P 1 21/c 1", "P 1 21 1", "P -1"])
def test_nothing_is_said_of_good_data(name: str) -> None:
    assert check(good(name), FITTING) == ()
    assert check(replace(good(name), stated=False), None) == ()


def test_a_cell_without_room_for_an_atom_is_refused() -> None:
    with pytest.raises(UserError, match="no crystal has an atom"):
        check(replace(good(), cell=gemmi.UnitCell(1.9, 1.9, 1.9, 90, 90, 90)))


def test_a_cell_far_too_large_is_refused() -> None:
    with pytest.raises(UserError, match="does not fit the indices"):
        check(replace(good(), cell=gemmi.UnitCell(700, 0.9, 1100, 90, 100, 90)))


def test_a_handful_of_reflections_is_refused() -> None:
    data = good()
    with pytest.raises(UserError, match="Only 5 different"):
        check(data.select(np.arange(len(data)) < 5))


def test_a_cell_in_which_the_reflections_end_too_early_is_refused() -> None:
    with pytest.raises(UserError, match="show no atoms"):
        check(replace(good(), cell=gemmi.UnitCell(90, 90, 110, 90, 90, 90)))


def test_negative_values_are_refused() -> None:
    data = good()
    with pytest.raises(UserError, match="as noise gives"):
        check(replace(data, value=-np.abs(data.value)))


def test_noise_is_refused() -> None:
    data = good()
    noise = np.random.default_rng(3).normal(0.0, 1.0, len(data))
    with pytest.raises(UserError, match="as noise gives"):
        check(replace(data, value=noise * data.sigma))


def test_equal_values_are_refused() -> None:
    data = good()
    with pytest.raises(UserError, match="alike"):
        check(replace(data, value=np.full(len(data), 7.0)))


def test_contents_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError, match="do not fit into the cell"):
        check(good(), Contents(("C",), {"C": 400}, "UNIT"))


@pytest.mark.parametrize(("number", "text"), [(100, "dense"), (26, "loosely"), (4, "not fill")])
def test_contents_that_are_unlikely_are_told(number: int, text: str) -> None:
    assert text in only_note(good(), Contents(("C",), {"C": number}, "UNIT"))


def test_interchanged_axes_are_told() -> None:
    notes = check(replace(good(), cell=gemmi.UnitCell(11, 9, 7, 90, 100, 90)), FITTING)
    assert any("interchanged" in note for note in notes)


def test_a_doubled_axis_is_told() -> None:
    notes = check(replace(good(), cell=gemmi.UnitCell(14, 9, 11, 90, 100, 90)))
    assert any("axes of the cell may be wrong" in note for note in notes)


def test_a_wavelength_too_long_for_the_resolution_is_told() -> None:
    assert "cannot be measured with 2.2900 Å" in only_note(replace(good(), wavelength=2.29))


def test_a_group_with_strong_forbidden_reflections_is_told() -> None:
    data = in_p1(good("P 1 2/m 1"), "P 1 21/c 1")
    assert "P 1 21/c 1 forbids" in only_note(data)


def test_a_laue_class_that_is_too_high_is_told() -> None:
    cell = gemmi.UnitCell(7, 9, 11, 90, 90, 90)
    hkl = unique_reflections(cell, gemmi.SpaceGroup("P 1"), 0.85)
    data = good("P 1 21/c 1", cell)
    every = in_p1(data, "P 2 2 2")
    both = replace(
        every,
        hkl=np.concatenate([every.hkl, -every.hkl]),
        value=np.tile(every.value, 2),
        sigma=np.tile(every.sigma, 2),
    )
    assert len(hkl) >= len(every)
    assert "symmetry is probably lower" in only_note(both)


def test_a_cell_without_the_symmetry_of_its_group_is_told() -> None:
    notes = check(replace(good(), spacegroup=gemmi.SpaceGroup("P 21 21 21")), FITTING)
    assert any("does not have the symmetry of P 21 21 21" in note for note in notes)


def test_30_percent_of_the_reflections_are_told() -> None:
    data = good()
    kept = np.random.default_rng(4).random(len(data)) < 0.3
    assert "% of the reflections to 0.85 Å" in only_note(data.select(kept))
    assert "% of the reflections to 0.85 Å" in only_note(replace(data.select(kept), stated=False))


def test_a_merged_file_without_a_group_is_not_called_incomplete() -> None:
    data = good("C 1 2/c 1", gemmi.UnitCell(14, 9, 11, 90, 100, 90))
    unknown = replace(data, stated=False, spacegroup=gemmi.SpaceGroup("P 1"))
    assert check(unknown) == ()


def test_coarse_data_are_told() -> None:
    data = good()
    assert "end at 1.3" in only_note(data.select(data.d > 1.3))


def test_values_cut_by_their_columns_are_told() -> None:
    data = good()
    value = data.value * (40_000.0 / np.sort(data.value)[-4])
    cut = replace(data, value=np.minimum(value * 3, 99_999.99), sigma=data.sigma * 100)
    assert any("reflections have the value 99999.99" in note for note in check(cut, FITTING))


def test_two_lists_on_different_scales_are_told() -> None:
    data = good()
    both = replace(
        data,
        hkl=np.tile(data.hkl, (2, 1)),
        value=np.concatenate([data.value, 4.0 * data.value]),
        sigma=np.concatenate([data.sigma, 4.0 * data.sigma]),
    )
    assert any("4 times the first" in note for note in check(both, FITTING))


@pytest.mark.parametrize("name", ["P 1 21/c 1", "P 1 21 1"])
def test_amplitudes_called_intensities_are_told(name: str) -> None:
    data = good(name)
    data = data.select(data.value > 0)
    root = np.sqrt(data.value)
    called = replace(data, value=root, sigma=data.sigma / (2 * root))
    assert "look like amplitudes" in only_note(called)


def test_intensities_without_falloff_are_told() -> None:
    data = good()
    assert any("fall off" in note for note in check(_flat(data), FITTING))


def _flat(data: Intensities) -> Intensities:
    """The same with an overall B of −5 Å²."""
    factor = np.exp(2.0 * 8.0 / (4.0 * data.d**2))
    kept = data.value > 0
    flat = replace(data, value=data.value * factor, sigma=data.sigma * factor)
    return flat.select(kept)
