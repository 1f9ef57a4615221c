"""The main window: difference Patterson maps of data sets, chosen with mouse and keys."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.patterson_source import NATIVE, PattersonSource
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from tests.app.test_patterson_maps import NATIVE_F, derivative_file
from tests.gui.main_window_driver import MainWindowDriver
from tests.io.opening.test_friedel_pairs import SIGMA, mtz

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def opened(driver: MainWindowDriver, tmp_path: Path) -> MainWindowDriver:
    """A window with a file of a native and a derivative."""
    driver.drop(derivative_file(tmp_path))
    driver.dialog(ColumnsDialog).accept()
    driver.wait_until_idle()
    return driver


def click_entry(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """Open the list of a box and click an entry."""
    box.showPopup()
    view = box.view()
    assert view is not None
    index = view.model().index(box.findText(text), 0)
    assert index.isValid(), text
    view.scrollTo(index)
    port = view.viewport()
    qtbot.mouseMove(port, view.visualRect(index).center())
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


def test_the_mouse_chooses_isomorphous_differences(opened: MainWindowDriver, qtbot: QtBot) -> None:
    rows, document = opened.window.patterson.source, opened.document
    click_entry(qtbot, rows.kind, "Isomorphous ΔF")
    opened.wait(lambda: document.differences is not None)
    opened.wait_until_idle()
    assert document.patterson_source == PattersonSource("isomorphous", "FHG(+)", "FNAT")
    assert rows.result.text().startswith("R_iso")
    assert document.patterson is not None
    assert document.patterson.name == "Isomorphous difference Patterson"
    opened.window.tables.setCurrentWidget(opened.window.statistics)
    opened.lay_out()
    words = [label.text() for label in opened.window.statistics.findChildren(QLabel)]
    assert "Bijvoet pairs" not in words
    assert "R_iso" in words
    opened.window.patterson.d_max.setValue(8.0)
    opened.wait_until_idle()
    assert document.patterson_source.kind == "isomorphous"
    assert document.patterson_settings.d_max == 8.0


def test_keys_choose_anomalous_differences_and_undo_them(
    opened: MainWindowDriver, qtbot: QtBot
) -> None:
    rows, document = opened.window.patterson.source, opened.document
    rows.kind.setFocus()
    qtbot.keyClick(rows.kind, Qt.Key.Key_Down)
    opened.wait(lambda: document.differences is not None)
    opened.wait_until_idle()
    assert document.patterson_source == PattersonSource("anomalous", "FHG(+)")
    assert rows.data_set.isVisible()
    assert not rows.native.isVisible()
    opened.press("undo")
    opened.wait_until_idle()
    assert document.patterson_source == NATIVE
    assert rows.kind.currentText() == "Native"


def test_another_file_gives_the_native(
    opened: MainWindowDriver, qtbot: QtBot, tmp_path: Path
) -> None:
    rows, document = opened.window.patterson.source, opened.document
    other = mtz(tmp_path / "other.mtz", [("FP", "F", NATIVE_F), ("SIGFP", "Q", SIGMA)])
    click_entry(qtbot, rows.kind, "Isomorphous ΔF")
    opened.wait_until_idle()
    click_entry(qtbot, rows.native, "Another file…")
    dialog = opened.dialog(QFileDialog)
    dialog.fileSelected.emit(str(other))
    dialog.close()
    opened.wait(lambda: document.patterson_source.native_file == other)
    opened.wait_until_idle()
    assert rows.native.currentText() == "FP of other.mtz"


def test_a_file_that_cannot_be_the_native_is_refused_and_the_choice_stays(
    opened: MainWindowDriver, qtbot: QtBot, tmp_path: Path, shared_data: Path
) -> None:
    rows, document = opened.window.patterson.source, opened.document
    click_entry(qtbot, rows.kind, "Isomorphous ΔF")
    opened.wait_until_idle()
    for path in (shared_data / "xray" / "1aba.pdb", shared_data / "xray" / "1aba-sf.mtz"):
        qtbot.keyClick(rows.native, Qt.Key.Key_End)
        dialog = opened.dialog(QFileDialog)
        dialog.fileSelected.emit(str(path))
        dialog.close()
        opened.wait_until_idle()
    assert len(opened.toasts()) == 2
    assert "holds no reflections" in opened.toasts()[0]
    assert "space group" in opened.toasts()[1]
    assert rows.native.currentText() == "FNAT"
    assert document.patterson_source == PattersonSource("isomorphous", "FHG(+)", "FNAT")


def test_a_model_offers_no_differences(driver: MainWindowDriver, shared_data: Path) -> None:
    driver.drop(shared_data / "xray" / "1yjp.pdb")
    driver.wait_until_idle()
    assert not driver.window.patterson.source.kind.isVisible()
