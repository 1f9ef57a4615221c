"""The main window: predicting, cancelling, prediction settings."""

import threading
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QTabBar

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import PredictionChoices, SettingsStore
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.dialogs.predict_settings import PredictSettingsDialog
from tests.app.networks.test_choices import card, keep
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_predict_runs_shows_progress_and_fills_the_window(driver: MainWindowDriver) -> None:
    driver.open_example()
    button = driver.window.predict_button
    driver.predictor.go.clear()
    driver.click(button)
    driver.wait(lambda: " R 0." in button.text())
    assert button.text().startswith("Cancel")
    assert "predicting" in driver.window.windowTitle()
    driver.predictor.go.set()
    driver.wait(lambda: driver.document.comparison is not None)
    driver.wait_until_idle()
    assert button.text() == "Predict density"
    assert driver.window.views.view(MapKind.PREDICTED).density is driver.document.aligned
    assert "aligned to the truth" in driver.window.status.frame_line.text()
    text = driver.window.result.text()
    assert f"{driver.document.comparison.aligned.r:.3f}" in text


def panel_in_front(driver: MainWindowDriver) -> str:
    """The title of the panel at the right that is in front."""
    bars = driver.window.findChildren(QTabBar)
    (bar,) = (b for b in bars if b.count() and b.tabText(0) == "Result")
    return bar.tabText(bar.currentIndex())


def test_the_result_comes_to_the_front_when_a_prediction_begins_and_only_then(
    driver: MainWindowDriver,
) -> None:
    driver.open_example()
    driver.window.show_sections()
    driver.wait(lambda: panel_in_front(driver) == "Sections")
    driver.predictor.go.clear()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: panel_in_front(driver) == "Result")
    driver.window.show_sections()  # the user may look at something else meanwhile
    driver.predictor.go.set()
    driver.wait(lambda: driver.document.comparison is not None)
    driver.wait_until_idle()
    assert panel_in_front(driver) == "Sections"


def test_shows_previews_and_keeps_the_last_when_cancelled(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.predictor.previews = True
    driver.predictor.go.clear()
    view = driver.window.views.view(MapKind.PREDICTED)
    driver.click(driver.window.predict_button)
    driver.wait(lambda: view.density is not None)
    assert view.header.title.text() == "Predicting"
    first = view.density
    driver.wait(lambda: view.density is not first)
    driver.workbench.predicting.cancel()
    driver.wait(lambda: driver.workbench.predicting.state is PredictState.IDLE)
    driver.wait_until_idle()
    assert view.header.title.text() == "Predicted"
    assert view.density is driver.document.displayed_prediction is not None


def test_the_alignment_can_be_switched_off(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.comparison is not None)
    driver.window.layers.aligned.click()
    assert driver.document.prediction is not None
    shown = driver.window.views.view(MapKind.PREDICTED).density
    assert shown is driver.document.prediction.density
    assert "not aligned" in driver.window.status.frame_line.text()


def test_built_atoms_are_drawn_in_the_predicted_view_and_move_with_its_map(
    driver: MainWindowDriver,
) -> None:
    driver.open_example()
    driver.predictor.atoms = True
    document, view = driver.document, driver.window.views.view(MapKind.PREDICTED)
    row = driver.window.layers.rows[LayerKey.ATOMS]
    assert not row.isEnabled()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: document.truth_comparison is not None)
    driver.wait_until_idle()
    assert row.isEnabled()
    assert document.truth_comparison is not None
    assert view.model is document.truth_comparison.aligned_model
    driver.window.layers.aligned.click()
    driver.wait_until_idle()
    assert document.prediction is not None
    assert view.model is document.prediction.model
    row.shown.click()
    driver.wait_until_idle()
    assert view.model is None
    driver.window.layers.aligned.click()
    driver.wait_until_idle()
    assert document.crystal is not None
    assert view.model is document.crystal.model
    assert driver.window.views.view(MapKind.TRUE).model is document.crystal.model


def test_built_atoms_are_saved_from_the_menu(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.open_example()
    action = driver.window.window_actions["save_atoms"]
    assert action.toolTip() == "Predict the density first."
    driver.predictor.atoms = True
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.truth_comparison is not None)
    driver.save_as("save_atoms", tmp_path / "atoms.pdb")
    assert "Built by patterson_gui" in (tmp_path / "atoms.pdb").read_text(encoding="utf-8")


def test_the_predict_button_cancels_a_running_prediction(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.predictor.go.clear()
    button = driver.window.predict_button
    driver.click(button)
    driver.wait(lambda: button.text().startswith("Cancel ·"))
    driver.click(button)
    driver.wait(lambda: driver.workbench.predicting.state is PredictState.IDLE)
    assert driver.document.prediction is None
    assert driver.toasts() == []
    driver.predictor.go.set()
    driver.click(button)
    driver.wait(lambda: driver.document.prediction is not None)


def test_a_failed_prediction_shows_an_error_and_can_be_repeated(driver: MainWindowDriver) -> None:
    driver.open_example()
    for error, has_details in ((UserError("Too few data: open more."), False),
                               (RuntimeError("CUDA out of memory"), True)):  # fmt: skip
        driver.window.toasts.clear()
        driver.predictor.failure = error
        driver.click(driver.window.predict_button)
        driver.wait(lambda: len(driver.toasts()) == 1)
        (toast,) = driver.window.toasts.toasts
        assert str(error) in toast.text
        assert (toast.details_button is not None) == has_details
    driver.predictor.failure = None
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.prediction is not None)


def test_settings_of_the_prediction_reach_the_predictor_and_are_remembered(
    driver: MainWindowDriver, own_settings: Path
) -> None:
    driver.open_example()
    driver.press("predict_settings")
    dialog = driver.dialog(PredictSettingsDialog)
    dialog.starts.setValue(12)
    dialog.seed.setValue(5)
    dialog.d_min.setValue(2.0)
    dialog.accept()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.prediction is not None)
    (settings,) = driver.predictor.calls
    assert (settings.starts, settings.seed, settings.d_min) == (12, 5, 2.0)
    assert SettingsStore(own_settings).settings.prediction.starts == 12


def test_choices_behind_the_arrow_reach_the_predictor_and_are_remembered(
    driver: MainWindowDriver, own_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path))
    keep(tmp_path, card("twelve", cell_edges=(12.0, 12.0)))
    keep(tmp_path, card("twenty"))
    driver.open_example()  # in a cube of 12 Å
    menu = driver.window.predict_menu
    driver.wait(lambda: any(action.text() == "twelve" for action in menu.actions()))
    assert not menu.entry("twenty").isEnabled()
    for words in ("Network, then retrieval", "twelve", "Build atoms"):
        before = driver.workbench.settings.prediction
        menu.entry(words).trigger()
        driver.wait(lambda before=before: driver.workbench.settings.prediction != before)
    assert "network “twelve”, no atoms" in driver.window.predict_button.toolTip()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.prediction is not None)
    (settings,) = driver.predictor.calls
    assert (settings.method, settings.model, settings.atoms) == ("hybrid", "twelve", False)
    saved = SettingsStore(own_settings).settings.prediction
    assert (saved.method, saved.model, saved.atoms) == ("hybrid", "twelve", False)


def test_the_settings_dialog_offers_methods_networks_and_atoms(
    driver: MainWindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path))
    keep(tmp_path, card("twelve", cell_edges=(12.0, 12.0)))
    driver.open_example()
    driver.press("predict_settings")
    dialog = driver.dialog(PredictSettingsDialog)
    assert dialog.choices() == PredictionChoices()
    assert dialog.atoms.currentText() == "Automatic (yes)"
    # A network that is trained while the dialog is open appears in it, and nothing is lost.
    dialog.method.setCurrentIndex(dialog.method.findData("hybrid"))
    keep(tmp_path, card("newer", cell_edges=(12.0, 12.0)))
    driver.workbench.networks.refresh()
    driver.wait(lambda: dialog.network.findData("newer") >= 0)
    assert dialog.method.currentData() == "hybrid"
    dialog.network.setCurrentIndex(dialog.network.findData("newer"))
    dialog.atoms.setCurrentIndex(dialog.atoms.findText("No"))
    dialog.accept()
    chosen = driver.workbench.settings.prediction
    assert (chosen.method, chosen.model, chosen.atoms) == ("hybrid", "newer", False)
    driver.press("predict_settings")
    again = driver.dialog(PredictSettingsDialog)
    assert again.choices() == chosen
    again.reject()


def test_opening_another_file_while_it_runs_asks_first(
    driver: MainWindowDriver, shared_data: Path
) -> None:
    driver.open_example()
    example = driver.document.crystal
    driver.predictor.go.clear()
    driver.click(driver.window.predict_button)
    driver.drop(shared_data / "xray" / "1yjp.pdb")
    driver.answer("Keep predicting")
    assert driver.workbench.predicting.state is PredictState.RUNNING
    assert driver.document.crystal is example
    driver.drop(shared_data / "xray" / "1yjp.pdb")
    driver.answer("Stop it and open 1yjp.pdb")
    driver.wait(lambda: driver.document.crystal is not example)
    driver.wait_until_idle()
    assert driver.workbench.predicting.state is PredictState.IDLE


def test_the_window_reacts_while_a_prediction_runs(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.predictor.go.clear()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.workbench.predicting.progress is not None)
    contours = driver.window.views.view(MapKind.TRUE).contours
    for _ in range(3):
        level = contours.level
        driver.turn_wheel(MapKind.TRUE, 1)
        assert contours.level > level
        driver.wait(lambda: contours.settled)
    assert driver.workbench.predicting.state is PredictState.RUNNING
    assert driver.predictor.threads
    assert threading.current_thread() not in driver.predictor.threads
    driver.predictor.go.set()
    driver.wait(lambda: driver.workbench.predicting.state is PredictState.IDLE)


def test_shows_predicted_minus_true_in_the_place_of_the_truth(driver: MainWindowDriver) -> None:
    document, view = driver.document, driver.window.views.view(MapKind.TRUE)
    action = driver.window.window_actions["difference"]
    driver.open_example()
    assert not action.isEnabled()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: document.difference is not None)
    driver.wait_until_idle()
    assert view.density is document.truth
    action.trigger()
    assert view.density is document.difference
    assert view.header.title.text() == "Predicted − true"
    assert driver.window.layers.rows[LayerKey.DIFFERENCE].isEnabled()
    driver.window.layers.aligned.click()  # unaligned maps have no meaningful difference
    assert view.density is document.truth
    assert view.header.title.text() == "True"
    assert not action.isEnabled()
    driver.window.layers.aligned.click()
    assert view.density is document.difference
    driver.workbench.history.undo()
    driver.workbench.history.undo()
    driver.workbench.history.undo()
    assert view.density is document.truth
    assert not action.isChecked()
