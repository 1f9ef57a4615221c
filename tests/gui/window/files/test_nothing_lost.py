"""The main window: kept predictions, what is asked before they go, undo and redo."""

import shutil
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.history.view_changes import ViewSettings
from patterson_gui.app.predict import PredictState
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.resources import resources_folder
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def opened(driver: MainWindowDriver, tmp_path: Path) -> MainWindowDriver:
    """The window with a file of the user open, which is not one of the examples."""
    path = tmp_path / "mine.pgz"
    shutil.copy(resources_folder() / "examples" / "first-light.pgz", path)
    driver.drop(path)
    driver.wait_until_idle()
    driver.predictor.truth = driver.document.crystal
    return driver


def predict(driver: MainWindowDriver) -> None:
    driver.click(driver.window.predict_button)
    driver.wait_until_idle()


def test_lists_predictions_and_shows_the_one_that_is_clicked(opened: MainWindowDriver) -> None:
    for _ in range(2):
        predict(opened)
    panel, kept = opened.window.predictions, opened.workbench.predicting.kept
    table = panel.table
    assert table.topLevelItemCount() == 2
    assert [table.topLevelItem(0).text(c) for c in (0, 2, 5)] == [
        "Prediction 2", "0.060", "not saved",
    ]  # fmt: skip
    opened.window.tables.show_tab(panel)
    opened.lay_out()
    place = table.visualItemRect(table.topLevelItem(1)).center()
    opened.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    opened.wait_until_idle()
    assert kept.shown is kept.items[0]
    assert table.topLevelItem(1).font(0).bold()


def test_compares_two_chosen_predictions_side_by_side(opened: MainWindowDriver) -> None:
    for _ in range(2):
        predict(opened)
    panel = opened.window.predictions
    for row in (0, 1):
        panel.table.topLevelItem(row).setSelected(True)
    opened.click(panel.compare)
    opened.wait_until_idle()
    view = opened.window.views.view(MapKind.TRUE)
    assert view.header.title.text() == "Prediction 1"
    assert view.density is opened.document.map_of(LayerKey.COMPARED)
    assert panel.words.text().startswith("Prediction 1 laid over")
    opened.click(panel.compare)
    opened.wait_until_idle()
    assert view.header.title.text() == "True"
    assert view.density is opened.document.truth


@pytest.mark.parametrize("answer", ["Cancel", "Discard", "Save…"])
def test_asks_before_another_file_replaces_an_unsaved_prediction(
    opened: MainWindowDriver, tmp_path: Path, answer: str
) -> None:
    predict(opened)
    opened.press("example")
    opened.answer(answer)
    if answer == "Save…":
        dialog = opened.dialog(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / "kept.pgz"))
        dialog.close()
    opened.wait_until_idle()
    stays = answer == "Cancel"
    assert (opened.document.crystal.source == tmp_path / "mine.pgz") == stays
    assert bool(opened.workbench.predicting.kept.items) == stays
    assert (tmp_path / "kept.pgz").is_file() == (answer == "Save…")


def test_asks_before_the_window_closes_with_an_unsaved_prediction(
    opened: MainWindowDriver,
) -> None:
    predict(opened)
    opened.window.close()
    opened.answer("Cancel")
    assert opened.window.isVisible()
    opened.window.close()
    with opened.qtbot.waitSignal(opened.window.closed):
        opened.answer("Discard")


def test_a_saved_prediction_goes_without_a_question(
    opened: MainWindowDriver, tmp_path: Path
) -> None:
    predict(opened)
    opened.save_as("save_bundle", tmp_path / "saved.pgz")
    with opened.qtbot.waitSignal(opened.window.closed):
        opened.window.close()


def test_stop_keeps_the_best_map_so_far(opened: MainWindowDriver) -> None:
    opened.predictor.previews = True
    opened.predictor.go.clear()
    opened.click(opened.window.predict_button)
    opened.wait(lambda: opened.workbench.predicting.preview is not None)
    opened.press("cancel")
    opened.wait_until_idle()
    assert opened.workbench.predicting.state is PredictState.IDLE
    opened.wait(lambda: "Not finished: stopped after" in opened.window.result.text())
    assert opened.window.predictions.table.topLevelItem(0).text(5) == "not finished"
    with opened.qtbot.waitSignal(opened.window.closed):  # it is not asked about
        opened.window.close()


def test_every_change_of_the_view_is_undone_and_done_again(opened: MainWindowDriver) -> None:
    window, document = opened.window, opened.document
    before = ViewSettings.of(document)
    rows = window.layers.rows
    rows[LayerKey.PATTERSON].slider.setValue(90)
    opened.click(rows[LayerKey.TRUE].surface)
    rows[LayerKey.PEAKS].shown.click()
    opened.press("link_camera")
    opened.press("surfaces")
    window.patterson.remove_origin.click()
    opened.wait_until_idle()
    names = []
    while window.window_actions["undo"].isEnabled():
        names.append(window.window_actions["undo"].text())
        opened.press("undo")
        opened.wait_until_idle()
    assert names == [
        "&Undo: Patterson settings", "&Undo: Surfaces", "&Undo: Unlink cameras",
        "&Undo: Show Peaks", "&Undo: Style of the True map", "&Undo: Level of the Patterson map",
    ]  # fmt: skip
    assert ViewSettings.of(document) == before
    assert not window.patterson.remove_origin.isChecked()
    assert not window.window_actions["surfaces"].isChecked()
    for _ in names:
        opened.press("redo")
        opened.wait_until_idle()
    assert not window.window_actions["redo"].isEnabled()
    assert document.patterson_settings.remove_origin
    assert not document.links.camera


def test_turning_the_wheel_is_one_step(opened: MainWindowDriver) -> None:
    level = opened.document.layers[LayerKey.PREDICTED].level
    for _ in range(4):
        opened.turn_wheel(MapKind.TRUE, 1)
    opened.wait_until_idle()
    assert opened.document.layers[LayerKey.PREDICTED].level != level
    opened.press("undo")
    assert opened.document.layers[LayerKey.PREDICTED].level == level
    assert opened.workbench.history.undo_name is None
