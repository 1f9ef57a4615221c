"""Figures in the real window: pictures, turntables, plots and sections, each with its settings."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.figures.dialog import FigureDialog
from patterson_gui.gui.unattended import Unattended
from patterson_gui.gui.widgets.plots import ConvergencePlot
from patterson_gui.io.figures import animations
from patterson_gui.io.figures.settings import PicturePart, TurntablePart, read_settings
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def save(driver: MainWindowDriver, action: str, path: Path) -> FigureDialog:
    """Choose the action, and save with what the dialog proposes."""
    driver.press(action)
    dialog = driver.dialog(FigureDialog)
    driver.wait(lambda: dialog.preview.image is not None)
    driver.click(dialog.save_button)
    choose(driver, path)
    return dialog


def choose(driver: MainWindowDriver, path: Path) -> None:
    files = driver.dialog(QFileDialog)
    files.fileSelected.emit(str(path))
    files.close()
    driver.wait_until_idle()


def predict(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.comparison is not None)
    driver.wait_until_idle()


def test_a_picture_is_saved_as_the_dialog_says_and_made_again(
    driver: MainWindowDriver, qtbot: QtBot, tmp_path: Path
) -> None:
    predict(driver)
    driver.turn_wheel(MapKind.TRUE, 3)
    driver.press("save_picture")
    dialog = driver.dialog(FigureDialog)
    dialog.unit.setCurrentText("mm")
    for box, text in ((dialog.width_box, "85"), (dialog.height_box, "50")):
        box.selectAll()
        qtbot.keyClicks(box, text)
        qtbot.keyClick(box, Qt.Key.Key_Tab)
    dialog.background.setCurrentText("Transparent")
    driver.click(dialog.titles)
    driver.wait(lambda: dialog.preview.image is not None and dialog.preview.image.hasAlphaChannel())
    assert "1,004 × 591 pixels, 85 × 50 mm on paper" in dialog.words.text()
    driver.click(dialog.save_button)
    choose(driver, tmp_path / "a.png")
    assert "1,004 × 591 pixels at 300 dpi" in driver.toasts()[-1]
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1004, 591)
        assert image.mode == "RGBA"
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        first = np.asarray(image).astype(int)

    settings = read_settings(tmp_path / "a.png.json")
    assert settings.not_again == ""
    assert settings.crystal is not None
    assert settings.crystal.cell[:3] == (12, 12, 12)
    true = next(part for part in settings.maps if part.title == "True")
    level = driver.document.layers[LayerKey.TRUE].level
    assert driver.document.truth is not None
    assert true.level == pytest.approx(level.in_units(driver.document.truth))
    assert true.level_rmsd == pytest.approx(level.value)

    driver.window.resize(1000, 700)
    driver.turn_wheel(MapKind.TRUE, -5)
    driver.window.views.view(MapKind.TRUE).camera.look_at((0.1, 0.2, 0.3))
    again = Unattended(driver.window, deadline=float("inf"))
    again.figure(tmp_path / "a.png.json", tmp_path / "b.png")
    second = np.asarray(Image.open(tmp_path / "b.png")).astype(int)
    assert second.shape == first.shape
    assert (np.abs(first - second).max(axis=-1) > 60).mean() < 0.003
    assert driver.document.layers[LayerKey.TRUE].level.value == pytest.approx(level.value)


def test_a_turntable_is_saved_while_the_window_works(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    driver.open_example()
    driver.press("save_turntable")
    dialog = driver.dialog(FigureDialog)
    assert dialog.background.findText("Transparent") < 0
    dialog.frames.setValue(4)
    dialog.seconds.setValue(2.0)
    dialog.axis.setCurrentText("c of the cell")
    dialog.width_box.setValue(200)
    dialog.height_box.setValue(120)
    driver.click(dialog.save_button)
    choose(driver, tmp_path / "turn.gif")
    with Image.open(tmp_path / "turn.gif") as image:
        assert (image.n_frames, image.size, image.info["duration"]) == (4, (200, 120), 500)
    turntable = read_settings(tmp_path / "turn.gif.json").turntable
    assert turntable == TurntablePart(frames=4, seconds=2.0, axis="c")
    assert "4 frames, 2 s" in driver.toasts()[-1]


def test_a_cancelled_turntable_leaves_nothing(driver: MainWindowDriver, tmp_path: Path) -> None:
    driver.open_example()
    driver.window.figures.write_turntable(
        tmp_path / "turn.gif", PicturePart(width=400, height=200), TurntablePart(frames=2000)
    )
    (job,) = driver.workbench.runner.unfinished()
    driver.wait(lambda: job.progress is not None and job.progress.fraction > 0)
    assert "of 2000" in job.progress.message  # type: ignore[union-attr]
    driver.window.jobs.cancel_clicked.emit(job)
    driver.wait_until_idle()
    assert job.state == "cancelled"
    assert list(tmp_path.glob("turn*")) == []
    assert driver.toasts() == []


def test_without_a_library_there_is_no_mp4_and_the_dialog_says_why(
    driver: MainWindowDriver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(animations, "find_spec", lambda name: None)
    driver.open_example()
    driver.press("save_turntable")
    dialog = driver.dialog(FigureDialog)
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert any("pip install 'patterson-gui[video]'" in text for text in words)
    driver.click(dialog.save_button)
    files = driver.dialog(QFileDialog)
    assert files.nameFilters() == ["GIF (*.gif)"]
    files.close()


def test_a_name_that_is_not_utf_8_is_saved_with_its_settings(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    driver.open_example()
    path = tmp_path / "caf\udce9.png"
    driver.window.figures.write_picture(path, PicturePart(width=60, height=40))
    driver.wait_until_idle()
    assert path.exists()
    assert read_settings(path.with_name(path.name + ".json")).kind == "view"
    assert not driver.window.toasts.toasts[-1].error


def test_sizes_that_are_too_large_are_told_in_the_dialog(driver: MainWindowDriver) -> None:
    driver.open_example()
    driver.press("save_picture")
    dialog = driver.dialog(FigureDialog)
    dialog.width_box.setValue(30_000)
    dialog.height_box.setValue(30_000)
    assert "is too large" in dialog.words.text()
    assert not dialog.save_button.isEnabled()
    dialog.height_box.setValue(300)
    assert dialog.save_button.isEnabled()
    dialog.reject()
    driver.press("save_picture")
    assert driver.dialog(FigureDialog).width_box.value() == 2000  # what was not saved is forgotten


def test_a_prediction_that_is_not_kept_cannot_be_made_again(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    predict(driver)
    driver.press("save_picture")
    dialog = driver.dialog(FigureDialog)
    assert dialog.keep.isVisible()
    driver.click(dialog.keep)
    driver.click(dialog.save_button)
    choose(driver, tmp_path / "a.tif")
    assert {path.name for path in tmp_path.glob("a.*")} == {"a.tif", "a.tif.json"}
    with pytest.raises(UserError, match="was not kept beside it"):
        Unattended(driver.window, float("inf")).figure(tmp_path / "a.tif.json", tmp_path / "b.tif")


def test_the_settings_of_a_figure_open_as_a_session(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    predict(driver)
    driver.turn_wheel(MapKind.PATTERSON, 4)
    level = driver.document.layers[LayerKey.PATTERSON].level
    save(driver, "save_picture", tmp_path / "a.png")
    driver.turn_wheel(MapKind.PATTERSON, -6)
    driver.window.sessions.open_path(tmp_path / "a.png.json")
    driver.wait_until_idle()
    assert driver.document.layers[LayerKey.PATTERSON].level == level
    assert driver.document.prediction is not None
    (tmp_path / "a.png.json").write_text("{}")
    driver.window.sessions.open_path(tmp_path / "a.png.json")
    driver.wait(lambda: "has no settings of a figure" in driver.toasts()[-1])


def test_where_no_plot_or_several_are_shown_the_window_says_so_or_asks(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    driver.press("save_plot")
    assert driver.toasts()[-1].startswith("No plot is shown")
    predict(driver)
    another = ConvergencePlot()
    another.setParent(driver.window)
    another.show()
    driver.press("save_plot")
    question = driver.dialog(QMessageBox)
    assert question.text() == "Which plot do you want to save?"
    (button,) = [b for b in question.buttons() if b.text() == "phase error (°) by d (Å)"]
    driver.click(button)
    choose(driver, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").exists()


def test_sections_and_plots_have_settings_and_are_made_again(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    predict(driver)
    sections = driver.document.sections
    sections.set(axis="v", position=0.25, montage=False)
    driver.wait_until_idle()
    driver.click(driver.window.sections.save)
    choose(driver, tmp_path / "s.svg")
    driver.press("save_plot")
    choose(driver, tmp_path / "plot.svg")
    values = json.loads((tmp_path / "s.svg.json").read_text())
    assert (values["section"]["axis"], values["section"]["position"]) == ("v", 0.25)
    assert not (tmp_path / "s.svg-files").exists()  # a Patterson map needs no prediction
    plot = read_settings(tmp_path / "plot.svg.json").plot
    assert plot is not None
    assert plot.title == "phase error (°) by d (Å)"

    sections.set(axis="u", position=0.0)
    again = Unattended(driver.window, float("inf"))
    again.figure(tmp_path / "s.svg.json", tmp_path / "t.svg")
    # Dates and the numbers of clip paths differ from drawing to drawing.
    first, second = (
        [line for line in (tmp_path / name).read_text().splitlines() if line.startswith("L ")]
        for name in ("s.svg", "t.svg")
    )
    assert first == second
    assert len(first) > 20
    again.figure(tmp_path / "plot.svg.json", tmp_path / "plot.pdf")
    assert (tmp_path / "plot.pdf").read_bytes().startswith(b"%PDF")
