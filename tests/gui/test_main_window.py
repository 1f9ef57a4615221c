"""What a person does in the window, with the mouse and the keys."""

import itertools
import json
import zipfile
from pathlib import Path

import gemmi
import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton

from patterson_gui.app.settings import SettingsStore
from patterson_gui.app.view_state import LayerKey
from patterson_gui.app.workbench import PredictState
from patterson_gui.crystal.density import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.dialogs.about import CITATIONS, AboutDialog
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from patterson_gui.gui.dialogs.fragment import FragmentDialog
from patterson_gui.gui.dialogs.p1_box import BoxDialog
from patterson_gui.gui.dialogs.predict_settings import PredictSettingsDialog
from patterson_gui.gui.heartbeat import Heartbeat
from tests.gui.conftest import Desk, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def press(desk: Desk, name: str) -> None:
    """Choose an action as the menu does."""
    action = desk.window.actions_[name]
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def drop(desk: Desk, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(400, 300), copy, data, left, keys)
    QApplication.sendEvent(desk.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(desk.window, QDropEvent(QPointF(400, 300), copy, data, left, keys))


def save_as(desk: Desk, name: str, path: Path) -> None:
    """Choose a save action and type a path."""
    press(desk, name)
    dialog = desk.dialog(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()
    desk.rest()


def turn_wheel(desk: Desk, kind: MapKind, steps: int) -> None:
    port = desk.window.views.view(kind).viewport
    middle = QPointF(port.rect().center())
    event = QWheelEvent(
        middle, port.mapToGlobal(middle), QPoint(0, 0), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


# ---------------------------------------------------------------------- opening
def test_the_example_fills_the_window_and_it_is_not_blank(desk: Desk) -> None:
    desk.open_example()
    assert desk.toasts() == []
    assert desk.window.peaks.model.rowCount() > 1
    image = desk.window.views.view(MapKind.PATTERSON).grab_image()
    places = itertools.product(range(0, image.width(), 3), range(0, image.height(), 3))
    colours = {image.pixel(x, y) for x, y in places}
    assert len(colours) > 20
    assert desk.document.crystal is not None
    assert desk.document.crystal.name in desk.window.windowTitle()


def test_an_empty_window_says_what_would_fill_it_and_why_nothing_can_be_done(
    desk: Desk,
) -> None:
    assert not desk.window.predict_button.isEnabled()
    assert "Open" in desk.window.predict_button.toolTip()
    for name in ("fragment", "save_phases", "chimerax", "save_bundle"):
        action = desk.window.actions_[name]
        assert not action.isEnabled()
        assert action.toolTip().endswith(".")
    words = [label.text() for label in desk.window.views.findChildren(QLabel)]
    assert any("Patterson map of what you open" in text for text in words)


def test_a_dropped_structure_opens_and_is_remembered(desk: Desk, shared_data: Path) -> None:
    path = shared_data / "xray" / "1yjp.pdb"
    drop(desk, path)
    desk.rest()
    assert desk.document.crystal is not None
    assert desk.document.crystal.source == path
    assert [a.toolTip() for a in desk.window.actions_.recent.actions()] == [str(path)]
    assert desk.window.store.settings.recent_files == [str(path)]


def test_a_dropped_folder_is_refused_with_a_sentence(desk: Desk, tmp_path: Path) -> None:
    desk.open_example()
    before = desk.document.crystal
    drop(desk, tmp_path)
    desk.wait(lambda: len(desk.toasts()) == 1)
    assert "folder" in desk.toasts()[0]
    assert desk.document.crystal is before


@pytest.mark.parametrize("name", ["empty.pdb", "cut.mtz", "words.cif", "ünï cödé.ccp4"])
def test_bad_files_get_one_sentence_and_what_is_open_stays(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    desk.open_example()
    before = desk.document.crystal
    path = tmp_path / name
    content = {"empty.pdb": b"", "cut.mtz": b"MTZ \x15\x00\x00\x00DA\x00\x00" + bytes(40)}
    path.write_bytes(content.get(name, b"nothing that anybody could read\n"))
    drop(desk, path)
    desk.wait(lambda: len(desk.toasts()) == 1)
    (toast,) = desk.window.toasts.toasts
    assert toast.error
    assert toast.details is None
    assert toast.text.endswith(".")
    assert desk.document.crystal is before


def test_a_model_without_a_cell_is_offered_a_box(
    desk: Desk, shared_data: Path, tmp_path: Path
) -> None:
    lines = (shared_data / "xray" / "1yjp.pdb").read_text().splitlines(keepends=True)
    path = tmp_path / "bare.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    drop(desk, path)
    dialog = desk.dialog(BoxDialog)
    assert dialog.box_button is not None
    desk.qtbot.mouseClick(dialog.box_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.crystal is not None)
    desk.rest()
    assert desk.document.patterson is not None


def test_declining_the_box_opens_nothing(desk: Desk, shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "xray" / "1yjp.pdb").read_text().splitlines(keepends=True)
    path = tmp_path / "bare.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    drop(desk, path)
    dialog = desk.dialog(BoxDialog)
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    desk.rest()
    assert desk.document.crystal is None


def test_a_file_with_several_columns_asks_which(desk: Desk, tmp_path: Path) -> None:
    path = two_column_mtz(tmp_path / "two columns.mtz")
    drop(desk, path)
    dialog = desk.dialog(ColumnsDialog)
    labels = [dialog.list.topLevelItem(i).text(0) for i in range(dialog.list.topLevelItemCount())]
    assert set(labels) == {"FP", "FNAT"}
    row = dialog.list.visualItemRect(dialog.list.topLevelItem(1))
    assert row.height() >= dialog.list.fontMetrics().height() + 8  # nothing is cut off
    dialog.list.setCurrentItem(dialog.list.topLevelItem(labels.index("FNAT")))
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    desk.wait(lambda: desk.document.crystal is not None)
    desk.rest()
    data = desk.document.crystal.amplitudes
    assert data is not None
    assert "FNAT" in data.label


def two_column_mtz(path: Path) -> Path:
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.SpaceGroup("P 1")
    mtz.set_cell_for_all(gemmi.UnitCell(8, 9, 10, 90, 90, 90))
    mtz.add_dataset("made")
    for label, kind in (("FP", "F"), ("SIGFP", "Q"), ("FNAT", "F"), ("SIGFNAT", "Q")):
        mtz.add_column(label, kind)
    hkl = gemmi.make_miller_array(mtz.cell, mtz.spacegroup, 1.5)
    f = np.random.default_rng(0).uniform(1, 10, (len(hkl), 1))
    mtz.set_data(np.hstack([hkl, f, 0.1 * f, 2 * f, 0.2 * f]).astype(np.float32))
    mtz.write_to_file(str(path))
    return path


# ---------------------------------------------------------------------- looking
def test_the_wheel_changes_the_level_and_the_panel_follows(desk: Desk) -> None:
    desk.open_example()
    before = desk.document.layers[LayerKey.TRUE].level.value
    turn_wheel(desk, MapKind.TRUE, 3)
    desk.rest()
    level = desk.document.layers[LayerKey.TRUE].level.value
    assert level > before
    row = desk.window.layers.rows[LayerKey.TRUE]
    assert row.level is not None
    assert row.level.value() == pytest.approx(level, abs=0.01)


def test_the_keys_plus_and_minus_change_the_level(desk: Desk) -> None:
    desk.open_example()
    port = desk.window.views.view(MapKind.PATTERSON).viewport
    before = desk.document.layers[LayerKey.PATTERSON].level.value
    desk.qtbot.keyClick(port, Qt.Key.Key_Plus)
    assert desk.document.layers[LayerKey.PATTERSON].level.value > before
    desk.qtbot.keyClick(port, Qt.Key.Key_Minus)
    assert desk.document.layers[LayerKey.PATTERSON].level.value == pytest.approx(before)


def test_linked_levels_follow_and_unlinked_ones_do_not(desk: Desk) -> None:
    desk.open_example()
    views = desk.window.views
    turn_wheel(desk, MapKind.TRUE, 2)
    assert views.view(MapKind.PREDICTED).level == views.view(MapKind.TRUE).level
    press(desk, "link_levels")
    stays = views.view(MapKind.PREDICTED).level
    turn_wheel(desk, MapKind.TRUE, 4)
    assert views.view(MapKind.PREDICTED).level == stays


def test_a_click_on_a_peak_takes_the_view_there(desk: Desk) -> None:
    desk.open_example()
    table = desk.window.peaks.table
    view = desk.window.views.view(MapKind.PATTERSON)
    before = view.camera_state()
    place = table.visualRect(desk.window.peaks.model.index(1, 1)).center()
    desk.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.camera_state() != before
    assert desk.document.cursor == desk.document.peaks[1].frac
    assert "u " in desk.window.cursor_line.text()
    assert "Patterson" in desk.window.cursor_line.text()


def test_patterson_settings_are_computed_at_once(desk: Desk) -> None:
    desk.open_example()
    first = desk.document.patterson
    desk.window.patterson.remove_origin.click()
    desk.wait(lambda: desk.document.patterson is not first)
    desk.rest()
    assert desk.document.patterson_settings.remove_origin
    origin = float(desk.document.patterson.grid[0, 0, 0])
    assert origin < 0.5 * float(first.grid[0, 0, 0])


def test_a_layer_switched_off_gives_its_room_to_the_others(desk: Desk) -> None:
    desk.open_example()
    row = desk.window.layers.rows[LayerKey.PATTERSON]
    row.shown.click()
    assert not desk.window.views.view(MapKind.PATTERSON).isVisible()
    row.shown.click()
    assert desk.window.views.view(MapKind.PATTERSON).isVisible()


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_themes_change_the_window_while_it_stands(desk: Desk, theme: str) -> None:
    desk.open_example()
    press(desk, f"theme_{theme}")
    desk.rest()
    assert desk.window.store.settings.theme == theme
    if theme != "system":
        background = desk.window.palette().window().color().lightness()
        assert (background > 128) == (theme == "light")


# ---------------------------------------------------------------------- fragments
def test_a_fragment_is_proposed_previewed_and_used(desk: Desk, shared_data: Path) -> None:
    drop(desk, shared_data / "xray" / "1aba.pdb")
    desk.rest()
    press(desk, "fragment")
    dialog = desk.dialog(FragmentDialog)
    desk.wait(dialog.use.isEnabled)
    assert dialog.last.currentIndex() == dialog.first.currentIndex() + 1
    desk.qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.crystal is not None and desk.document.crystal.is_fragment)
    desk.rest()
    assert desk.document.truth is not None
    assert desk.document.crystal.cell.a == 12.0
    press(desk, "whole")
    desk.rest()
    assert not desk.document.crystal.is_fragment


def test_what_cannot_be_cut_is_said_below_its_field(desk: Desk, shared_data: Path) -> None:
    drop(desk, shared_data / "xray" / "1aba.pdb")
    desk.rest()
    press(desk, "fragment")
    dialog = desk.dialog(FragmentDialog)
    desk.wait(dialog.use.isEnabled)
    dialog.last.setCurrentIndex(dialog.first.currentIndex() + 25)
    desk.wait(dialog.cell_error.isVisible)
    assert "too large" in dialog.cell_error.text()
    assert not dialog.use.isEnabled()
    dialog.extent.click()
    desk.wait(dialog.use.isEnabled)
    assert not dialog.cell_error.isVisible()
    dialog.last.setCurrentIndex(dialog.first.currentIndex() - 1)
    desk.wait(dialog.residue_error.isVisible)
    dialog.reject()


# ---------------------------------------------------------------------- predicting
def test_predict_runs_shows_progress_and_fills_the_window(desk: Desk) -> None:
    desk.open_example()
    button = desk.window.predict_button
    desk.predictor.steps = 20
    desk.predictor.step_seconds = 0.03
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: " R 0." in button.text())
    assert button.text().startswith("Cancel")
    assert "predicting" in desk.window.windowTitle()
    desk.wait(lambda: desk.document.comparison is not None)
    desk.rest()
    assert button.text() == "Predict density"
    assert desk.window.views.view(MapKind.PREDICTED).density is desk.document.aligned
    assert "aligned to the truth" in desk.window.frame_line.text()
    text = desk.window.result.text()
    assert f"{desk.document.comparison.aligned.r:.3f}" in text


def test_what_it_looks_like_half_way_is_shown_and_goes_when_cancelled(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.previews = True
    desk.predictor.steps = 10_000
    view = desk.window.views.view(MapKind.PREDICTED)
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: view.density is not None)
    assert view.title == "Predicting"
    first = view.density
    desk.wait(lambda: view.density is not first)
    desk.workbench.cancel_prediction()
    desk.wait(lambda: desk.workbench.predict_state is PredictState.IDLE)
    assert view.density is None


def test_the_alignment_can_be_switched_off_and_the_window_says_so(desk: Desk) -> None:
    desk.open_example()
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.comparison is not None)
    desk.window.layers.aligned.click()
    assert desk.document.prediction is not None
    shown = desk.window.views.view(MapKind.PREDICTED).density
    assert shown is desk.document.prediction.density
    assert "not aligned" in desk.window.frame_line.text()


def test_the_same_button_cancels_and_the_window_lives_on(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.steps = 10_000
    button = desk.window.predict_button
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: button.text().startswith("Cancel ·"))
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.workbench.predict_state is PredictState.IDLE)
    assert desk.document.prediction is None
    assert desk.toasts() == []
    desk.predictor.steps = 3
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.prediction is not None)


def test_a_failing_prediction_shows_an_error_and_the_window_lives_on(desk: Desk) -> None:
    desk.open_example()
    for error, has_details in ((UserError("Too few data: open more."), False),
                               (RuntimeError("CUDA out of memory"), True)):  # fmt: skip
        desk.window.toasts.clear()
        desk.predictor.failure = error
        desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
        desk.wait(lambda: len(desk.toasts()) == 1)
        (toast,) = desk.window.toasts.toasts
        assert str(error) in toast.text
        assert (toast.details_button is not None) == has_details
    desk.predictor.failure = None
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.prediction is not None)


def test_settings_of_the_prediction_reach_the_predictor_and_are_remembered(
    desk: Desk, own_settings: Path
) -> None:
    desk.open_example()
    press(desk, "predict_settings")
    dialog = desk.dialog(PredictSettingsDialog)
    dialog.starts.setValue(12)
    dialog.seed.setValue(5)
    dialog.d_min.setValue(2.0)
    dialog.accept()
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.prediction is not None)
    (settings,) = desk.predictor.calls
    assert (settings.starts, settings.seed, settings.d_min) == (12, 5, 2.0)
    assert SettingsStore(own_settings).settings.prediction.starts == 12


def test_opening_another_file_while_it_runs_asks_first(desk: Desk, shared_data: Path) -> None:
    desk.open_example()
    example = desk.document.crystal
    desk.predictor.steps = 10_000
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    drop(desk, shared_data / "xray" / "1yjp.pdb")
    answer(desk, "Keep predicting")
    assert desk.workbench.predict_state is PredictState.RUNNING
    assert desk.document.crystal is example
    drop(desk, shared_data / "xray" / "1yjp.pdb")
    answer(desk, "Stop it and open 1yjp.pdb")
    desk.wait(lambda: desk.document.crystal is not example)
    desk.rest()
    assert desk.workbench.predict_state is PredictState.IDLE


def answer(desk: Desk, words: str) -> None:
    box = desk.dialog(QMessageBox)
    button = next(b for b in box.buttons() if b.text().replace("&", "") == words)
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: not any(isinstance(w, QMessageBox) for w in shown_windows()))


def test_the_window_does_not_stall_while_a_prediction_runs(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.steps = 60
    desk.predictor.step_seconds = 0.02
    heart = Heartbeat()
    heart.start()
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    for _ in range(10):
        turn_wheel(desk, MapKind.TRUE, 1)
        desk.qtbot.wait(50)
    desk.wait(lambda: desk.workbench.predict_state is PredictState.IDLE)
    # Not a measurement (see the benchmarks): only that nothing is computed in this thread.
    assert heart.stop() < 1000


# ---------------------------------------------------------------------- closing
def test_closing_while_busy_asks_and_ends_cleanly(desk: Desk) -> None:
    desk.open_example()
    desk.predictor.steps = 10_000
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.window.close()
    answer(desk, "Keep working")
    assert desk.window.isVisible()
    assert desk.workbench.predict_state is PredictState.RUNNING
    desk.window.close()
    with desk.qtbot.waitSignal(desk.window.closed):
        answer_only(desk, "Stop it and close")
    assert not desk.workbench.runner.busy


def answer_only(desk: Desk, words: str) -> None:
    box = desk.dialog(QMessageBox)
    next(b for b in box.buttons() if b.text().replace("&", "") == words).click()


def test_what_was_chosen_is_there_again_at_the_next_start(desk: Desk, own_settings: Path) -> None:
    press(desk, "link_camera")
    press(desk, "aligned")
    press(desk, "theme_light")
    desk.window.close()
    settings = SettingsStore(own_settings).settings
    assert not settings.link_camera
    assert not settings.show_aligned
    assert settings.theme == "light"
    assert settings.window_geometry


# ---------------------------------------------------------------------- saving and sending
def test_everything_can_be_saved_and_read_again(desk: Desk, tmp_path: Path) -> None:
    desk.open_example()
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.comparison is not None)
    folder = tmp_path / "Ångström und mehr"
    folder.mkdir()
    for name, file in (
        ("save_patterson", "p.ccp4"),
        ("save_predicted", "d.ccp4"),
        ("save_true", "t.ccp4"),
        ("save_phases", "ph.mtz"),
        ("save_model", "m.pdb"),
        ("save_figures", "f.json"),
        ("save_peaks", "p.csv"),
        ("save_picture", "v.png"),
        ("save_bundle", "b.pgz"),
    ):
        save_as(desk, name, folder / file)
        assert (folder / file).stat().st_size > 0, desk.toasts()
    grid = np.array(gemmi.read_ccp4_map(str(folder / "d.ccp4")).grid, copy=False)
    assert desk.document.aligned is not None
    np.testing.assert_allclose(grid, desk.document.aligned.grid, atol=1e-5)
    mtz = gemmi.read_mtz_file(str(folder / "ph.mtz"))
    assert {"FWT", "PHWT", "FOM"} <= set(mtz.column_labels())
    figures = json.loads((folder / "f.json").read_text())
    assert figures["aligned"]["r"] == pytest.approx(desk.document.comparison.aligned.r, abs=1e-4)
    assert "manifest.json" in zipfile.ZipFile(folder / "b.pgz").namelist()
    drop(desk, folder / "b.pgz")
    desk.wait(lambda: desk.document.comparison is not None and desk.document.patterson is not None)
    assert desk.document.prediction is not None


def test_a_target_that_cannot_be_written_gets_a_sentence(desk: Desk, tmp_path: Path) -> None:
    desk.open_example()
    save_as(desk, "save_patterson", tmp_path / "no such folder" / "p.ccp4")
    desk.wait(lambda: len(desk.toasts()) == 1)
    assert desk.window.toasts.toasts[0].error
    assert desk.window.toasts.toasts[0].details is None


def test_maps_are_sent_as_they_stand_with_absolute_levels(desk: Desk) -> None:
    desk.open_example()
    desk.qtbot.mouseClick(desk.window.predict_button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.document.comparison is not None)
    desk.window.layers.rows[LayerKey.PATTERSON].shown.click()
    press(desk, "chimerax")
    desk.wait(lambda: len(desk.sender.sent) == 1)
    items = {item.kind: item for item in desk.sender.sent[0]}
    assert set(items) == {MapKind.PREDICTED, MapKind.TRUE, None}
    predicted = items[MapKind.PREDICTED]
    level = desk.document.layers[LayerKey.PREDICTED].level
    assert desk.document.aligned is not None
    assert predicted.level == pytest.approx(level.in_units(desk.document.aligned))
    assert predicted.path.exists()
    desk.wait(lambda: desk.toasts() == ["Sent to ChimeraX."])


def test_the_about_box_cites_both_papers(desk: Desk) -> None:
    press(desk, "about")
    dialog = desk.dialog(AboutDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert all(citation in texts for citation in CITATIONS)
    copy = next(b for b in dialog.findChildren(QPushButton) if "Copy" in b.text())
    desk.qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert "IUCrJ" in QApplication.clipboard().text()
    dialog.close()
