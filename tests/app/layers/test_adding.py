"""Layers that are added to an open crystal: undone, done again, and kept in sessions."""

from pathlib import Path

import pytest

from patterson_gui.app.document.added_layers import AddedLayer
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.history.view_changes import ViewSettings
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.maps.ccp4 import write_map
from tests.app.conftest import WorkbenchDriver


@pytest.fixture
def other(fragment: Crystal, tmp_path: Path) -> Path:
    """A map of the same crystal."""
    assert fragment.truth is not None
    write_map(tmp_path / "other.ccp4", fragment.truth)
    return tmp_path / "other.ccp4"


@pytest.fixture
def added(driver: WorkbenchDriver, fragment: Crystal, other: Path) -> WorkbenchDriver:
    """A workbench with two added layers."""
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    for _ in range(2):
        driver.workbench.layer_adding.add(other)
        driver.wait_until_idle()
    assert driver.errors() == []
    return driver


def names(driver: WorkbenchDriver) -> list[str]:
    return [layer.name for layer in driver.document.added]


def test_adds_a_map_in_a_colour_of_its_own_beside_maps_of_its_kind(added: WorkbenchDriver) -> None:
    one, two = added.document.added
    assert one.name == "other"
    assert one.colour != two.colour
    assert one.views == {MapKind.TRUE}  # nothing is predicted yet


def test_each_change_of_a_layer_is_undone_and_done_again(added: WorkbenchDriver) -> None:
    changes, history, document = (
        added.workbench.layer_changes, added.workbench.history, added.document,
    )  # fmt: skip
    key = document.added[0].key
    for change in (
        lambda: changes.set_level(key, 4.0),
        lambda: changes.set_style(key, "surface"),
        lambda: changes.set_colour(key, "#00ff00"),
        lambda: changes.set_visible(key, False),
        lambda: changes.set_views(key, {MapKind.PATTERSON}),
        lambda: changes.rename(key, "  mine "),
        lambda: changes.move(key, 1),
        lambda: changes.add_level(key),
        lambda: changes.add_level(LayerKey.TRUE),
        lambda: changes.remove(key),
    ):
        before = ViewSettings.of(document)
        change()
        after = ViewSettings.of(document)
        assert before != after
        history.undo()
        assert ViewSettings.of(document) == before
        history.redo()
        assert ViewSettings.of(document) == after
    assert names(added) == ["other", "mine, level 2", "True, level 2"]


def test_a_further_level_is_inside_a_wire_and_around_a_surface(added: WorkbenchDriver) -> None:
    changes, document = added.workbench.layer_changes, added.document
    changes.add_level(LayerKey.TRUE)
    higher = document.added[-1]
    assert higher.of is LayerKey.TRUE
    assert document.added_content(higher) is document.truth
    assert higher.level.value > document.layers[LayerKey.TRUE].level.value
    changes.set_style(document.added[0].key, "surface")
    changes.add_level(document.added[0].key)
    lower = document.added[-1]
    assert lower.level.value < document.added[0].level.value
    assert lower.content is document.added[0].content


def test_another_crystal_has_no_added_layers(added: WorkbenchDriver, fragment: Crystal) -> None:
    added.workbench.show(fragment)
    assert added.document.added == ()


def test_a_file_that_was_read_for_another_crystal_is_not_added(
    added: WorkbenchDriver, fragment: Crystal, other: Path
) -> None:
    added.workbench.layer_adding.add(other)
    added.workbench.show(fragment)
    added.wait_until_idle()
    assert added.document.added == ()


def test_wrong_files_and_no_crystal_are_told_in_a_sentence(
    driver: WorkbenchDriver, fragment: Crystal, other: Path, tmp_path: Path
) -> None:
    assert driver.workbench.layer_adding.add(other) is None
    driver.workbench.show(fragment)
    driver.workbench.layer_adding.add(tmp_path / "missing.ccp4")
    driver.wait_until_idle()
    assert len(driver.errors()) == 2
    assert driver.errors()[0].startswith("Open a file first")
    assert driver.document.added == ()


def test_removed_layers_are_forgotten_by_later_changes(added: WorkbenchDriver) -> None:
    changes = added.workbench.layer_changes
    key = added.document.added[0].key
    changes.remove(key)
    before: tuple[AddedLayer, ...] = added.document.added
    changes.set_level(key, 3.0)
    changes.rename(key, "ghost")
    changes.add_level(key)
    assert added.document.added == before
