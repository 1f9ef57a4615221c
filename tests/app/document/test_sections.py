"""Which section is shown: Harker sections first, steps, cursor, montage."""

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.sections import SectionChoices, SectionState, section_step
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.sampling import CELL, CENTRED

UNIT_CELL = gemmi.UnitCell(8, 9, 10, 90, 100, 90)


def crystal_in(symbol: str) -> Crystal:
    hkl = np.array([[1, 0, 0], [0, 2, 0], [1, 1, 1]], np.int32)
    group = gemmi.SpaceGroup(symbol)
    amplitudes = Amplitudes(hkl, np.ones(3, np.float32), UNIT_CELL, group)
    return Crystal("one", UNIT_CELL, group, amplitudes)


@pytest.fixture
def density() -> DensityMap:
    grid = np.random.default_rng(1).normal(size=(16, 18, 20)).astype(np.float32)
    return DensityMap(grid, UNIT_CELL, gemmi.SpaceGroup("P 1 2/m 1"), MapKind.PATTERSON, 1.5)


@pytest.fixture
def state() -> SectionState:
    state = SectionState()
    state.open(crystal_in("P 1 21/c 1"))
    return state


def test_a_crystal_opens_on_its_first_harker_section(state: SectionState) -> None:
    assert [section.label for section in state.harker] == ["u, ½, w", "0, v, ½"]
    choices = state.choices
    assert (choices.layer, choices.axis, choices.position) == (LayerKey.PATTERSON, "v", 0.5)
    assert choices.harker is state.harker[0]


def test_a_crystal_without_harker_sections_opens_on_the_section_through_the_origin() -> None:
    state = SectionState()
    state.open(crystal_in("P 1"))
    assert (state.choices.axis, state.choices.position, state.choices.harker) == ("w", 0.0, None)


def test_the_wheel_goes_on_from_a_harker_section_and_stops_at_the_bounds(
    state: SectionState, density: DensityMap
) -> None:
    heard = []
    state.changed.connect(lambda: heard.append(state.choices.position))
    state.step(1, density)
    assert state.choices.harker is None
    assert state.choices.position == pytest.approx(0.5 + 1 / 18)
    state.step(-1, density)
    assert state.choices.position == pytest.approx(0.5)
    state.step(1000, density)
    assert state.choices.position == 2.0
    state.home()
    assert heard[-1] == 0.0


def test_a_harker_section_that_is_no_axis_plane_is_stepped_along_its_normal(
    density: DensityMap,
) -> None:
    state = SectionState()
    state.open(crystal_in("P 3 2 1"))
    state.show_harker(state.harker[0])
    assert (state.choices.axis, state.choices.hkl) == ("hkl", (2, -1, 0))
    assert state.choices.plane(UNIT_CELL).label == "u, 2u, w"
    state.step(2, density)
    step = section_step(state.choices, density)
    assert state.choices.position == pytest.approx(2 * step)
    assert state.choices.plane(UNIT_CELL).offset == pytest.approx(2 * step)


def test_goes_through_the_cursor(state: SectionState) -> None:
    state.through((0.1, 0.2, 0.3))
    assert state.choices.position == pytest.approx(0.2)
    state.set(axis="hkl", hkl=(1, 1, 1), position=0.0)
    state.through((0.1, 0.2, 0.3))
    assert state.choices.position == pytest.approx(0.6)
    state.set(axis="u", position=0.0)
    state.through((3.25, 0.2, 0.3))
    assert state.choices.position == pytest.approx(0.25)


def test_levels_belong_to_a_map_and_the_rest_stays(state: SectionState) -> None:
    state.set(levels=ContourLevels(5.0, 2.0), bounds="three")
    state.set(layer=LayerKey.TRUE)
    assert state.choices.levels is None
    state.set(levels=ContourLevels(3.0, 2.0), montage=True)
    state.open(crystal_in("P 1"))
    assert (state.choices.bounds, state.choices.levels) == ("three", None)
    assert not state.choices.montage


def test_bounds_suit_the_kind_of_the_map(density: DensityMap) -> None:
    assert SectionChoices().bounds_for(density) == CENTRED
    other = density.with_grid(density.grid, kind=MapKind.TRUE)
    assert SectionChoices().bounds_for(other) == CELL
    assert SectionChoices(bounds="centred").bounds_for(other) == CENTRED


def test_a_montage_has_half_of_a_patterson_map_and_all_of_a_density(density: DensityMap) -> None:
    planes = SectionChoices(axis="u").montage_planes(density)
    assert [plane.offset for plane in planes] == pytest.approx([i / 16 for i in range(9)])
    other = density.with_grid(density.grid, kind=MapKind.TRUE)
    assert len(SectionChoices(axis="u").montage_planes(other)) == 16
    tall = density.with_grid(np.zeros((4, 4, 200), np.float32), kind=MapKind.TRUE)
    planes = SectionChoices(axis="w").montage_planes(tall)
    assert len(planes) == 40  # every fifth
    assert planes[1].offset == pytest.approx(5 / 200)


def test_says_nothing_where_nothing_changes(state: SectionState) -> None:
    heard = []
    state.changed.connect(lambda: heard.append(1))
    state.set(bounds=state.choices.bounds)
    assert heard == []
