"""The main window: predicting, cancelling, prediction settings."""

import threading
from pathlib import Path

import pytest

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import PredictionChoices, SettingsStore
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.dialogs.predict_settings import PredictSettingsDialog
from tests.app.test_networks import card, keep
from tests.gui.desk import Desk

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_predict_runs_shows_progress_and_fills_the_window(desk: Desk) -> None:
    desk.open_example()
    button = desk.window.predict_button
    desk.predictor.go.clear()
    desk.click(button)
    desk.wait(lambda: " R 0." in button.text())
    assert button.text().startswith("Cancel")
    assert "predicting" in desk.window.windowTitle()
    desk.predictor.go.set()
    desk.wait(lambda: desk.document.comparison is not None)
    desk.rest()
    assert button.text() == "Predict density"
    assert desk.window.views.view(MapKind.PREDICTED).density is desk.document.aligned
    assert "aligned to the truth" in desk.window.status.frame_line.text()
    text = desk.window.result.text()
    assert f"{desk.document.comparison.aligned.r:.3f}" in text


def test_shows_previews_and_removes_them_when_cancelled(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.previews = True
    desk.predictor.go.clear()
    view = desk.window.views.view(MapKind.PREDICTED)
    desk.click(desk.window.predict_button)
    desk.wait(lambda: view.density is not None)
    assert view.header.title.text() == "Predicting"
    first = view.density
    desk.wait(lambda: view.density is not first)
    desk.workbench.predicting.cancel()
    desk.wait(lambda: desk.workbench.predicting.state is PredictState.IDLE)
    assert view.density is None


def test_the_alignment_can_be_switched_off(desk: Desk) -> None:
    desk.open_example()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.comparison is not None)
    desk.window.layers.aligned.click()
    assert desk.document.prediction is not None
    shown = desk.window.views.view(MapKind.PREDICTED).density
    assert shown is desk.document.prediction.density
    assert "not aligned" in desk.window.status.frame_line.text()


def test_built_atoms_are_drawn_in_the_predicted_view_and_move_with_its_map(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.atoms = True
    document, view = desk.document, desk.window.views.view(MapKind.PREDICTED)
    row = desk.window.layers.rows[LayerKey.ATOMS]
    assert not row.isEnabled()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: document.truth_comparison is not None)
    desk.rest()
    assert row.isEnabled()
    assert document.truth_comparison is not None
    assert view.model is document.truth_comparison.aligned_model
    desk.window.layers.aligned.click()
    desk.rest()
    assert document.prediction is not None
    assert view.model is document.prediction.model
    row.shown.click()
    desk.rest()
    assert view.model is None
    desk.window.layers.aligned.click()
    desk.rest()
    assert document.crystal is not None
    assert view.model is document.crystal.model
    assert desk.window.views.view(MapKind.TRUE).model is document.crystal.model


def test_built_atoms_are_saved_from_the_menu(desk: Desk, tmp_path: Path) -> None:
    desk.open_example()
    action = desk.window.window_actions["save_atoms"]
    assert action.toolTip() == "Predict the density first."
    desk.predictor.atoms = True
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.truth_comparison is not None)
    desk.save_as("save_atoms", tmp_path / "atoms.pdb")
    assert "Built by patterson_gui" in (tmp_path / "atoms.pdb").read_text(encoding="utf-8")


def test_the_predict_button_cancels_a_running_prediction(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.go.clear()
    button = desk.window.predict_button
    desk.click(button)
    desk.wait(lambda: button.text().startswith("Cancel ·"))
    desk.click(button)
    desk.wait(lambda: desk.workbench.predicting.state is PredictState.IDLE)
    assert desk.document.prediction is None
    assert desk.toasts() == []
    desk.predictor.go.set()
    desk.click(button)
    desk.wait(lambda: desk.document.prediction is not None)


def test_a_failed_prediction_shows_an_error_and_can_be_repeated(desk: Desk) -> None:
    desk.open_example()
    for error, has_details in ((UserError("Too few data: open more."), False),
                               (RuntimeError("CUDA out of memory"), True)):  # fmt: skip
        desk.window.toasts.clear()
        desk.predictor.failure = error
        desk.click(desk.window.predict_button)
        desk.wait(lambda: len(desk.toasts()) == 1)
        (toast,) = desk.window.toasts.toasts
        assert str(error) in toast.text
        assert (toast.details_button is not None) == has_details
    desk.predictor.failure = None
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.prediction is not None)


def test_settings_of_the_prediction_reach_the_predictor_and_are_remembered(
    desk: Desk, own_settings: Path
) -> None:
    desk.open_example()
    desk.press("predict_settings")
    dialog = desk.dialog(PredictSettingsDialog)
    dialog.starts.setValue(12)
    dialog.seed.setValue(5)
    dialog.d_min.setValue(2.0)
    dialog.accept()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.prediction is not None)
    (settings,) = desk.predictor.calls
    assert (settings.starts, settings.seed, settings.d_min) == (12, 5, 2.0)
    assert SettingsStore(own_settings).settings.prediction.starts == 12


def test_choices_behind_the_arrow_reach_the_predictor_and_are_remembered(
    desk: Desk, own_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path))
    keep(tmp_path, card("twelve", cell_edges=(12.0, 12.0)))
    keep(tmp_path, card("twenty"))
    desk.open_example()  # in a cube of 12 Å
    menu = desk.window.predict_menu
    desk.wait(lambda: any(action.text() == "twelve" for action in menu.actions()))
    assert not menu.entry("twenty").isEnabled()
    for words in ("Network, then retrieval", "twelve", "Build atoms"):
        before = desk.workbench.settings.prediction
        menu.entry(words).trigger()
        desk.wait(lambda before=before: desk.workbench.settings.prediction != before)
    assert "network “twelve”, no atoms" in desk.window.predict_button.toolTip()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.prediction is not None)
    (settings,) = desk.predictor.calls
    assert (settings.method, settings.model, settings.atoms) == ("hybrid", "twelve", False)
    saved = SettingsStore(own_settings).settings.prediction
    assert (saved.method, saved.model, saved.atoms) == ("hybrid", "twelve", False)


def test_the_settings_dialog_offers_methods_networks_and_atoms(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path))
    keep(tmp_path, card("twelve", cell_edges=(12.0, 12.0)))
    desk.open_example()
    desk.press("predict_settings")
    dialog = desk.dialog(PredictSettingsDialog)
    assert dialog.choices() == PredictionChoices()
    assert dialog.atoms.currentText() == "automatic: yes"
    # A network that is trained while the dialog is open appears in it, and nothing is lost.
    dialog.method.setCurrentIndex(dialog.method.findData("hybrid"))
    keep(tmp_path, card("newer", cell_edges=(12.0, 12.0)))
    desk.workbench.networks.refresh()
    desk.wait(lambda: dialog.network.findData("newer") >= 0)
    assert dialog.method.currentData() == "hybrid"
    dialog.network.setCurrentIndex(dialog.network.findData("newer"))
    dialog.atoms.setCurrentIndex(dialog.atoms.findText("no"))
    dialog.accept()
    chosen = desk.workbench.settings.prediction
    assert (chosen.method, chosen.model, chosen.atoms) == ("hybrid", "newer", False)
    desk.press("predict_settings")
    again = desk.dialog(PredictSettingsDialog)
    assert again.choices() == chosen
    again.reject()


def test_opening_another_file_while_it_runs_asks_first(desk: Desk, shared_data: Path) -> None:
    desk.open_example()
    example = desk.document.crystal
    desk.predictor.go.clear()
    desk.click(desk.window.predict_button)
    desk.drop(shared_data / "xray" / "1yjp.pdb")
    desk.answer("Keep predicting")
    assert desk.workbench.predicting.state is PredictState.RUNNING
    assert desk.document.crystal is example
    desk.drop(shared_data / "xray" / "1yjp.pdb")
    desk.answer("Stop it and open 1yjp.pdb")
    desk.wait(lambda: desk.document.crystal is not example)
    desk.rest()
    assert desk.workbench.predicting.state is PredictState.IDLE


def test_the_window_reacts_while_a_prediction_runs(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.go.clear()
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.workbench.predicting.progress is not None)
    contours = desk.window.views.view(MapKind.TRUE).contours
    for _ in range(3):
        level = contours.level
        desk.turn_wheel(MapKind.TRUE, 1)
        assert contours.level > level
        desk.wait(lambda: contours.settled)
    assert desk.workbench.predicting.state is PredictState.RUNNING
    assert desk.predictor.threads
    assert threading.current_thread() not in desk.predictor.threads
    desk.predictor.go.set()
    desk.wait(lambda: desk.workbench.predicting.state is PredictState.IDLE)
