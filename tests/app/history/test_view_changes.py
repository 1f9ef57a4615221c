"""Changes of the view, undone and done again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import MAP_LAYERS, LayerKey
from patterson_gui.app.history.steps import History
from patterson_gui.app.history.view_changes import ViewChanges, ViewSettings
from patterson_gui.crystal.maps.patterson import PattersonSettings


@pytest.fixture
def document() -> Document:
    return Document()


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def changes(document: Document, history: History) -> ViewChanges:
    return ViewChanges(document, history, document.set_patterson_settings)


CHANGES: dict[str, Callable[[ViewChanges], None]] = {
    "Level of the Predicted map": lambda c: c.set_level(LayerKey.PREDICTED, 4.2),
    "Level of the Patterson map": lambda c: c.set_level(LayerKey.PATTERSON, 7.0),
    "Hide Patterson": lambda c: c.set_visible(LayerKey.PATTERSON, False),
    "Show Peaks": lambda c: c.set_visible(LayerKey.PEAKS, True),
    "Style of the True map": lambda c: c.set_style(LayerKey.TRUE, "surface"),
    "Surfaces": lambda c: c.set_all_styles("surface"),
    "Unlink cameras": lambda c: c.set_link("camera", False),
    "Show as predicted": lambda c: c.set_show_aligned(False),
    "Show predicted − true": lambda c: c.set_show_difference(True),
    "Colour by local correlation": lambda c: c.set_colour_by_correlation(True),
    "Patterson settings": lambda c: c.set_patterson(PattersonSettings(remove_origin=True)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_undone_and_done_again(
    document: Document, history: History, changes: ViewChanges, name: str
) -> None:
    before = ViewSettings.of(document)
    CHANGES[name](changes)
    after = ViewSettings.of(document)
    assert before != after
    assert history.undo_name == name
    history.undo()
    assert ViewSettings.of(document) == before
    history.redo()
    assert ViewSettings.of(document) == after


def test_what_changes_nothing_is_no_step(history: History, changes: ViewChanges) -> None:
    changes.set_link("camera", True)
    changes.set_show_aligned(True)
    changes.set_visible(LayerKey.PATTERSON, True)
    assert history.undo_name is None


def test_many_changes_in_a_row_are_all_undone(
    document: Document, history: History, changes: ViewChanges
) -> None:
    before = ViewSettings.of(document)
    for change in CHANGES.values():
        change(changes)
    while history.undo():
        pass
    assert ViewSettings.of(document) == before


def test_linking_levels_is_undone_with_the_levels_that_it_changed(
    document: Document, history: History, changes: ViewChanges
) -> None:
    changes.set_link("levels", False)
    changes.set_level(LayerKey.TRUE, 1.1)
    changes.set_link("levels", True)
    history.undo()
    assert not document.links.levels
    assert document.layers[LayerKey.TRUE].level.value == 1.1


def test_undo_leaves_what_the_program_changed_since(
    document: Document, history: History, changes: ViewChanges
) -> None:
    changes.set_style(LayerKey.TRUE, "surface")
    document.set_layer(
        LayerKey.PATTERSON, replace(document.layers[LayerKey.PATTERSON], visible=False)
    )
    history.undo()
    assert not document.layers[LayerKey.PATTERSON].visible
    assert {document.layers[key].style for key in MAP_LAYERS} == {"wire"}
