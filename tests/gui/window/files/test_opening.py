"""The main window: opening files and choosing fragments."""

import itertools
import threading
from pathlib import Path
from random import Random

import gemmi
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QLabel

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.columns import ColumnsDialog
from patterson_gui.gui.dialogs.fragment import FragmentDialog
from patterson_gui.gui.dialogs.p1_box import BoxDialog
from patterson_gui.io.resources import resources_folder
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def test_draws_the_example(driver: MainWindowDriver) -> None:
    driver.open_example()
    assert driver.toasts() == []
    assert driver.window.peaks.model.rowCount() > 1
    image = driver.window.views.view(MapKind.PATTERSON).grab_image()
    places = itertools.product(range(0, image.width(), 3), range(0, image.height(), 3))
    colours = {image.pixel(x, y) for x, y in places}
    assert len(colours) > 20
    assert driver.document.crystal is not None
    assert driver.document.crystal.name in driver.window.windowTitle()


def test_an_empty_window_explains_its_disabled_actions(
    driver: MainWindowDriver,
) -> None:
    assert not driver.window.predict_button.isEnabled()
    assert "Open" in driver.window.predict_button.toolTip()
    for name in ("fragment", "save_phases", "send_coot", "save_bundle"):
        action = driver.window.window_actions[name]
        assert not action.isEnabled()
        assert action.toolTip().endswith(".")
    words = [label.text() for label in driver.window.views.findChildren(QLabel)]
    assert any("Patterson map of the file you open" in text for text in words)


def test_a_dropped_structure_opens_and_is_remembered(
    driver: MainWindowDriver, shared_data: Path
) -> None:
    path = shared_data / "xray" / "1yjp.pdb"
    driver.drop(path)
    driver.wait_until_idle()
    assert driver.document.crystal is not None
    assert driver.document.crystal.source == path
    assert [a.toolTip() for a in driver.window.window_actions.recent.actions()] == [str(path)]
    assert driver.window.store.settings.recent_files == [str(path)]


def test_a_dropped_folder_is_refused_with_a_sentence(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    driver.open_example()
    before = driver.document.crystal
    driver.drop(tmp_path)
    driver.wait(lambda: len(driver.toasts()) == 1)
    assert "folder" in driver.toasts()[0]
    assert driver.document.crystal is before


@pytest.mark.parametrize("name", ["empty.pdb", "cut.mtz", "words.cif", "ünï cödé.ccp4"])
def test_a_bad_file_gives_one_sentence_and_keeps_the_open_crystal(
    driver: MainWindowDriver, tmp_path: Path, name: str
) -> None:
    driver.open_example()
    before = driver.document.crystal
    path = tmp_path / name
    content = {"empty.pdb": b"", "cut.mtz": b"MTZ \x15\x00\x00\x00DA\x00\x00" + bytes(40)}
    path.write_bytes(content.get(name, b"nothing that anybody could read\n"))
    driver.drop(path)
    driver.wait(lambda: len(driver.toasts()) == 1)
    (toast,) = driver.window.toasts.toasts
    assert toast.error
    assert toast.details is None
    assert toast.text.endswith(".")
    assert driver.document.crystal is before


def test_offers_a_box_for_a_model_without_a_cell(
    driver: MainWindowDriver, shared_data: Path, tmp_path: Path
) -> None:
    lines = (shared_data / "xray" / "1yjp.pdb").read_text().splitlines(keepends=True)
    path = tmp_path / "bare.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    driver.drop(path)
    dialog = driver.dialog(BoxDialog)
    assert dialog.box_button is not None
    driver.click(dialog.box_button)
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    assert driver.document.patterson is not None


def test_declining_the_box_opens_nothing(
    driver: MainWindowDriver, shared_data: Path, tmp_path: Path
) -> None:
    lines = (shared_data / "xray" / "1yjp.pdb").read_text().splitlines(keepends=True)
    path = tmp_path / "bare.pdb"
    path.write_text("".join(x for x in lines if not x.startswith(("CRYST1", "SCALE", "ORIGX"))))
    driver.drop(path)
    dialog = driver.dialog(BoxDialog)
    driver.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    driver.wait_until_idle()
    assert driver.document.crystal is None


def test_a_file_with_several_columns_asks_which(driver: MainWindowDriver, tmp_path: Path) -> None:
    path = two_column_mtz(tmp_path / "two columns.mtz")
    driver.drop(path)
    dialog = driver.dialog(ColumnsDialog)
    labels = [dialog.list.topLevelItem(i).text(0) for i in range(dialog.list.topLevelItemCount())]
    assert set(labels) == {"FP", "FNAT"}
    row = dialog.list.visualItemRect(dialog.list.topLevelItem(1))
    assert row.height() >= dialog.list.fontMetrics().height() + 8  # nothing is cut off
    dialog.list.setCurrentItem(dialog.list.topLevelItem(labels.index("FNAT")))
    driver.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    driver.wait(lambda: driver.document.crystal is not None)
    driver.wait_until_idle()
    data = driver.document.crystal.amplitudes
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


def test_suggests_previews_and_uses_a_fragment(driver: MainWindowDriver, shared_data: Path) -> None:
    driver.drop(shared_data / "xray" / "1aba.pdb")
    driver.wait_until_idle()
    driver.press("fragment")
    dialog = driver.dialog(FragmentDialog)
    driver.wait(dialog.use.isEnabled)
    assert dialog.last.currentIndex() == dialog.first.currentIndex() + 1
    driver.click(dialog.use)
    driver.wait(lambda: driver.document.crystal is not None and driver.document.crystal.is_fragment)
    driver.wait_until_idle()
    assert driver.document.truth is not None
    assert driver.document.crystal.cell.a == 12.0
    driver.press("whole")
    driver.wait_until_idle()
    assert not driver.document.crystal.is_fragment


def test_shows_errors_of_a_fragment_below_their_field(
    driver: MainWindowDriver, shared_data: Path
) -> None:
    driver.drop(shared_data / "xray" / "1aba.pdb")
    driver.wait_until_idle()
    driver.press("fragment")
    dialog = driver.dialog(FragmentDialog)
    driver.wait(dialog.use.isEnabled)
    dialog.last.setCurrentIndex(dialog.first.currentIndex() + 25)
    driver.wait(dialog.cell_error.isVisible)
    assert "too large" in dialog.cell_error.text()
    assert not dialog.use.isEnabled()
    dialog.extent.click()
    driver.wait(dialog.use.isEnabled)
    assert not dialog.cell_error.isVisible()
    dialog.last.setCurrentIndex(dialog.first.currentIndex() - 1)
    driver.wait(dialog.residue_error.isVisible)
    dialog.reject()


def test_files_that_vanish_or_change_while_they_are_opened_end_in_a_sentence(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    """Another program removes, cuts and writes the files again and again."""
    names = ("sucrose.hkl", "sucrose.ins", "1yjp.pdb")
    contents = {name: (resources_folder() / "examples" / name).read_bytes() for name in names}
    stop, random = threading.Event(), Random(1)

    def disturb() -> None:
        while not stop.wait(0.002):
            path = tmp_path / random.choice(names)
            what = random.randrange(3)
            if what == 0:
                path.unlink(missing_ok=True)
            else:
                whole = contents[path.name]
                path.write_bytes(whole if what == 1 else whole[: len(whole) // 2])

    other = threading.Thread(target=disturb)
    other.start()
    try:
        for _ in range(12):
            driver.window.opening.open_path(tmp_path / random.choice(("sucrose.hkl", "1yjp.pdb")))
            driver.wait_until_idle()
            for box in [w for w in shown_windows() if isinstance(w, QDialog)]:
                box.reject()
    finally:
        stop.set()
        other.join()
    for toast in driver.window.toasts.toasts:
        assert toast.details is None, toast.details
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    driver.window.opening.open_path(tmp_path / "sucrose.hkl")
    driver.wait_until_idle()
    assert driver.document.crystal is not None
    assert driver.document.crystal.name == "sucrose"
