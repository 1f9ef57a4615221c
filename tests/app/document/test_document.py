"""The document: signals, levels and links."""

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.solved import SolvedView
from patterson_gui.app.document.view_state import ContourLevel, LayerKey, LevelPolicy, Links
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.first_level import first_level


def cube(edge: float = 10.0) -> gemmi.UnitCell:
    return gemmi.UnitCell(edge, edge, edge, 90, 90, 90)


def some_map(kind: MapKind, scale: float = 1.0) -> DensityMap:
    grid = np.random.default_rng(1).normal(0, scale, (8, 8, 8)).astype(np.float32)
    return DensityMap(grid, cube(), p1(), kind)


def some_crystal(name: str = "one") -> Crystal:
    return Crystal(name, cube(), p1(), truth=some_map(MapKind.TRUE))


@pytest.fixture
def document() -> Document:
    document = Document()
    document.open(some_crystal())
    return document


def test_opening_a_crystal_clears_the_results_of_the_last_one(document: Document) -> None:
    document.set_patterson(some_map(MapKind.PATTERSON))
    document.set_cursor((0.1, 0.2, 0.3))
    before = document.generation
    document.open(some_crystal("two"))
    assert document.generation == before + 1
    assert document.patterson is None
    assert document.cursor is None
    assert document.peaks == ()


def test_linked_levels_of_the_densities_are_equal(document: Document) -> None:
    changed: list[LayerKey] = []
    document.layer_changed.connect(changed.append)
    document.set_level(LayerKey.TRUE, 1.7)
    assert document.layers[LayerKey.PREDICTED].level.value == 1.7
    assert set(changed) == {
        LayerKey.PREDICTED, LayerKey.TRUE, LayerKey.DENSITY, LayerKey.COMPARED,
    }  # fmt: skip
    document.set_links(Links(levels=False))
    document.set_level(LayerKey.TRUE, 3.1)
    assert document.layers[LayerKey.PREDICTED].level.value == 1.7


def test_levels_become_equal_when_they_are_linked_again(document: Document) -> None:
    document.set_true_map(some_map(MapKind.TRUE))
    document.set_links(Links(levels=False))
    document.set_level(LayerKey.TRUE, 1.3)
    document.set_links(Links(levels=True))
    assert document.layers[LayerKey.PREDICTED].level.value == 1.3


def test_the_level_of_the_patterson_map_is_independent(document: Document) -> None:
    before = document.layers[LayerKey.TRUE]
    document.set_level(LayerKey.PATTERSON, 9.0)
    assert document.layers[LayerKey.TRUE] == before


def test_lowers_a_level_that_is_above_the_maximum_of_the_map(document: Document) -> None:
    grid = np.zeros((8, 8, 8), dtype=np.float32)
    grid[::2, ::2, ::2] = 1.0  # its highest value is 3 rmsd
    document.set_level(LayerKey.PATTERSON, 25.0)
    document.set_patterson(DensityMap(grid, cube(), p1(), MapKind.DENSITY))
    level = document.layers[LayerKey.PATTERSON].level.value
    assert 1.0 < level < 2.0


def map_with_highest(rmsd: float) -> DensityMap:
    """A map of an isolated peak in a field of noise, with this height in rmsd, about."""
    grid = np.random.default_rng(0).normal(size=(16, 16, 16)).clip(-1.5, 1.5)
    grid[0, 0, 0] = rmsd * grid.std()
    return DensityMap(grid.astype(np.float32), cube(), p1(), MapKind.DENSITY)


def test_a_lowered_level_returns_when_the_next_map_is_higher(document: Document) -> None:
    document.set_level(LayerKey.PATTERSON, 5.0)
    document.set_patterson(map_with_highest(3.0))
    assert document.layers[LayerKey.PATTERSON].level.value < 3.0
    document.set_patterson(map_with_highest(8.0))
    assert document.layers[LayerKey.PATTERSON].level.value == 5.0


def test_a_level_chosen_after_it_was_lowered_stays_for_the_next_map(document: Document) -> None:
    document.set_level(LayerKey.PATTERSON, 5.0)
    document.set_patterson(map_with_highest(3.0))
    document.set_level(LayerKey.PATTERSON, 2.0)
    document.set_patterson(map_with_highest(8.0))
    assert document.layers[LayerKey.PATTERSON].level.value == 2.0


def test_setting_the_same_value_again_emits_nothing(document: Document) -> None:
    emitted: list[object] = []
    document.layer_changed.connect(emitted.append)
    document.links_changed.connect(lambda: emitted.append("links"))
    document.set_layer(LayerKey.MODEL, document.layers[LayerKey.MODEL])
    document.set_links(document.links)
    assert emitted == []


def test_an_absolute_level_does_not_change_with_the_scale_of_the_map() -> None:
    level = ContourLevel(2.0, LevelPolicy.ABSOLUTE)
    weak, strong = some_map(MapKind.TRUE, 1.0), some_map(MapKind.TRUE, 2.0)
    assert level.in_units(weak) == level.in_units(strong) == 2.0
    assert level.in_rmsd(weak) == pytest.approx(2 * level.in_rmsd(strong), rel=1e-5)


def test_a_level_in_rmsd_changes_with_the_scale_of_the_map() -> None:
    level = ContourLevel(2.0)
    strong = some_map(MapKind.TRUE, 2.0)
    assert level.in_rmsd(strong) == 2.0
    assert level.in_units(strong) == pytest.approx(2 * strong.rmsd)


def test_levels_of_densities_return_to_the_first_for_another_crystal(document: Document) -> None:
    document.open(some_crystal())
    document.set_level(LayerKey.TRUE, 4.0)
    document.open(some_crystal())
    for key in (LayerKey.TRUE, LayerKey.PREDICTED, LayerKey.DENSITY):
        assert document.layers[key].level.value == first_level(MapKind.DENSITY)


def test_keeps_the_level_of_a_difference_map_that_shows_its_negative_side(
    document: Document,
) -> None:
    grid = np.zeros((8, 8, 8), dtype=np.float32)
    grid[0, 0, 0] = -1.0
    grid[4, 4, 4] = 0.01
    difference = DensityMap(grid, cube(), p1(), MapKind.DIFFERENCE)
    before = document.layers[LayerKey.DIFFERENCE].level
    document.set_solved(SolvedView(some_map(MapKind.DENSITY), difference))
    assert document.layers[LayerKey.DIFFERENCE].level == before


def test_the_maps_that_are_there_are_listed_and_their_changes_told(document: Document) -> None:
    told: list[list[LayerKey]] = []
    for signal in document.maps_signals:
        signal.connect(lambda: told.append(list(document.maps)))
    assert document.maps == {LayerKey.TRUE: document.truth}
    document.set_patterson(some_map(MapKind.PATTERSON))
    assert told == [[LayerKey.PATTERSON, LayerKey.TRUE]]
    document.set_solved(SolvedView(some_map(MapKind.DENSITY)))
    assert told[1:] == [[LayerKey.PATTERSON, LayerKey.TRUE, LayerKey.DENSITY]]
