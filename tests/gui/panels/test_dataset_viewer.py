"""Paging through a data set in the window, by mouse and keys."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.panels.dataset_viewer import DatasetViewer
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.models.writers.materials import write_materials
from tests.app.example_datasets import N_TEST, N_TRAIN, N_VAL, write_small_dataset
from tests.crystal.example_materials import perovskite, rock_salt
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]
N = N_TRAIN + N_VAL + N_TEST


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    return write_small_dataset(tmp_path / "data.h5")


@pytest.fixture
def viewer(driver: MainWindowDriver, data_file: Path) -> DatasetViewer:
    driver.open_example()
    driver.drop(data_file)
    driver.wait(lambda: driver.window.datasets.viewer is not None)
    driver.wait_until_idle()
    viewer = driver.window.datasets.viewer
    assert viewer is not None
    driver.window.activateWindow()
    driver.qtbot.waitActive(driver.window)
    return viewer


def name(driver: MainWindowDriver) -> str:
    assert driver.document.crystal is not None
    return driver.document.crystal.name


def test_a_dropped_data_set_opens_at_its_first_example(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    assert driver.window.tables.currentWidget() is viewer
    assert viewer.number.text() == f"1 of {N}"
    assert viewer.name.text() == "1aaa A:1-2 ALA-GLY"
    for kind in (MapKind.PATTERSON, MapKind.TRUE):
        assert driver.window.views.view(kind).density is not None
    assert driver.window.views.view(MapKind.TRUE).model is not None
    words = {label.text() for label in viewer.facts.findChildren(QLabel)}
    assert {"hydrogen atoms", "12", "residues that are incomplete", "3"} <= words
    assert driver.window.store.settings.recent_files[0].endswith("data.h5")


def test_buttons_number_and_keys_turn_the_pages(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    driver.click(viewer.next)
    driver.wait_until_idle()
    assert name(driver) == "1aaa A:2-3"
    viewer.setFocus()
    key = Qt.Key
    for press, expected in (
        (key.Key_End, "3ccc A:3-4"),
        (key.Key_Left, "3ccc A:2-3"),
        (key.Key_Home, "1aaa A:1-2"),
        (key.Key_Right, "1aaa A:2-3"),
        (key.Key_PageDown, "3ccc A:3-4"),
    ):
        driver.qtbot.keyClick(viewer, press)
        driver.wait_until_idle()
        assert name(driver) == expected
    viewer.number.setFocus()
    viewer.number.selectAll()
    driver.qtbot.keyClicks(viewer.number, "7")
    driver.qtbot.keyClick(viewer.number, key.Key_Return)
    driver.wait_until_idle()
    assert name(driver) == "2bbb A:2-3"
    driver.qtbot.keyClick(viewer.number, key.Key_Home)
    driver.wait_until_idle()
    assert name(driver) == "1aaa A:1-2"
    assert not viewer.previous.isEnabled()


def test_the_home_key_in_the_tab_does_not_reset_the_camera(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    view = driver.window.views.view(MapKind.TRUE)
    turned = view.camera.state.turned(40, 10)
    view.camera.follow(turned)
    viewer.setFocus()
    driver.qtbot.keyClick(viewer, Qt.Key.Key_Home)
    driver.wait_until_idle()
    assert view.camera.state == turned


def test_choosing_a_split_shows_its_size_and_first_example(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    viewer.split.setCurrentIndex(viewer.split.findData("test"))
    driver.wait_until_idle()
    assert viewer.number.text() == f"1 of {N_TEST}"
    assert name(driver) == "3ccc A:1-2"


def test_an_example_can_be_predicted_and_compared_with_the_truth(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    driver.predictor.truth = driver.document.crystal
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.document.comparison is not None)
    driver.wait_until_idle()


def test_asks_about_a_running_prediction_before_turning_the_page(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    driver.predictor.go.clear()
    driver.click(driver.window.predict_button)
    before = name(driver)
    driver.click(viewer.next)
    driver.answer("Keep predicting")
    assert name(driver) == before
    viewer.number.setValue(4)
    driver.answer("Keep predicting")
    assert viewer.number.value() == 1
    driver.click(viewer.next)
    driver.answer("Stop it and show another example")
    driver.wait(lambda: name(driver) != before)
    driver.predictor.go.set()
    driver.wait_until_idle()


def test_closing_the_data_set_removes_its_tab_and_restores_the_crystal(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    driver.click(viewer.close_button)
    driver.wait_until_idle()
    assert driver.window.datasets.viewer is None
    assert driver.window.tables.tabText(0) == "Peaks"
    assert "data set" not in name(driver)
    assert not name(driver).startswith("1aaa")


def test_a_button_returns_to_the_example_after_another_file_was_opened(
    driver: MainWindowDriver, viewer: DatasetViewer
) -> None:
    assert not viewer.show_button.isVisible()
    driver.open_example()
    assert viewer.show_button.isVisible()
    driver.click(viewer.show_button)
    driver.wait_until_idle()
    assert name(driver) == "1aaa A:1-2"


def test_a_second_data_set_replaces_the_first(
    driver: MainWindowDriver, viewer: DatasetViewer, tmp_path: Path
) -> None:
    driver.drop(write_small_dataset(tmp_path / "other.h5", cell=None))
    driver.wait(lambda: driver.window.tables.tabToolTip(0).endswith("other.h5"))
    driver.wait_until_idle()
    assert driver.window.tables.count() == 9
    assert "extent + 3 Å" in {label.text() for label in viewer.findChildren(QLabel)}


def test_refuses_an_hdf5_file_that_is_not_a_data_set(
    driver: MainWindowDriver, tmp_path: Path
) -> None:
    import h5py

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    driver.open_example()
    driver.drop(tmp_path / "other.h5")
    driver.wait_until_idle()
    (toast,) = driver.toasts()
    assert "not a data set of this program" in toast
    assert driver.window.datasets.viewer is None


def test_pages_through_a_data_set_of_crystals(driver: MainWindowDriver, tmp_path: Path) -> None:
    source, data = tmp_path / "two.extxyz", tmp_path / "c.h5"
    write_materials(source, [rock_salt(), perovskite()])
    build_material_dataset([source], data, MaterialDataSetSettings(kind="lattice"))
    driver.drop(data)
    driver.wait(lambda: driver.window.datasets.viewer is not None)
    driver.wait_until_idle()
    viewer = driver.window.datasets.viewer
    assert viewer is not None
    assert viewer.number.text() == "1 of 2"
    assert viewer.name.text() == "NaCl salt"
    driver.click(viewer.next)
    driver.wait_until_idle()
    assert name(driver) == "CaTiO3 perovskite"
    for kind in (MapKind.PATTERSON, MapKind.TRUE):
        assert driver.window.views.view(kind).density is not None
    words = {label.text() for label in viewer.facts.findChildren(QLabel)}
    assert "lattice, windows of 10 Å" in words
