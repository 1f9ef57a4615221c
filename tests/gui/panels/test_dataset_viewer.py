"""Paging through a data set in the window, by mouse and keys."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.panels.dataset_viewer import DatasetViewer
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.models.write_materials import write_materials
from tests.app.example_datasets import N_TEST, N_TRAIN, N_VAL, write_small_dataset
from tests.crystal.example_materials import perovskite, rock_salt
from tests.gui.desk import Desk

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]
N = N_TRAIN + N_VAL + N_TEST


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    return write_small_dataset(tmp_path / "data.h5")


@pytest.fixture
def viewer(desk: Desk, data_file: Path) -> DatasetViewer:
    desk.open_example()
    desk.drop(data_file)
    desk.wait(lambda: desk.window.datasets.viewer is not None)
    desk.rest()
    viewer = desk.window.datasets.viewer
    assert viewer is not None
    desk.window.activateWindow()
    desk.qtbot.waitActive(desk.window)
    return viewer


def name(desk: Desk) -> str:
    assert desk.document.crystal is not None
    return desk.document.crystal.name


def test_a_dropped_data_set_opens_at_its_first_example(desk: Desk, viewer: DatasetViewer) -> None:
    assert desk.window.tables.currentWidget() is viewer
    assert viewer.number.text() == f"1 of {N}"
    assert viewer.name.text() == "1aaa A:1-2 ALA-GLY"
    for kind in (MapKind.PATTERSON, MapKind.TRUE):
        assert desk.window.views.view(kind).density is not None
    assert desk.window.views.view(MapKind.TRUE).model is not None
    words = {label.text() for label in viewer.facts.findChildren(QLabel)}
    assert {"hydrogen atoms", "12", "residues that are incomplete", "3"} <= words
    assert desk.window.store.settings.recent_files[0].endswith("data.h5")


def test_buttons_number_and_keys_turn_the_pages(desk: Desk, viewer: DatasetViewer) -> None:
    desk.click(viewer.next)
    desk.rest()
    assert name(desk) == "1aaa A:2-3"
    viewer.setFocus()
    key = Qt.Key
    for press, expected in (
        (key.Key_End, "3ccc A:3-4"),
        (key.Key_Left, "3ccc A:2-3"),
        (key.Key_Home, "1aaa A:1-2"),
        (key.Key_Right, "1aaa A:2-3"),
        (key.Key_PageDown, "3ccc A:3-4"),
    ):
        desk.qtbot.keyClick(viewer, press)
        desk.rest()
        assert name(desk) == expected
    viewer.number.setFocus()
    viewer.number.selectAll()
    desk.qtbot.keyClicks(viewer.number, "7")
    desk.qtbot.keyClick(viewer.number, key.Key_Return)
    desk.rest()
    assert name(desk) == "2bbb A:2-3"
    desk.qtbot.keyClick(viewer.number, key.Key_Home)
    desk.rest()
    assert name(desk) == "1aaa A:1-2"
    assert not viewer.previous.isEnabled()


def test_the_home_key_in_the_tab_does_not_reset_the_camera(
    desk: Desk, viewer: DatasetViewer
) -> None:
    view = desk.window.views.view(MapKind.TRUE)
    turned = view.camera.state.turned(40, 10)
    view.camera.follow(turned)
    viewer.setFocus()
    desk.qtbot.keyClick(viewer, Qt.Key.Key_Home)
    desk.rest()
    assert view.camera.state == turned


def test_choosing_a_split_shows_its_size_and_first_example(
    desk: Desk, viewer: DatasetViewer
) -> None:
    viewer.split.setCurrentIndex(viewer.split.findData("test"))
    desk.rest()
    assert viewer.number.text() == f"1 of {N_TEST}"
    assert name(desk) == "3ccc A:1-2"


def test_an_example_can_be_predicted_and_compared_with_the_truth(
    desk: Desk, viewer: DatasetViewer
) -> None:
    desk.predictor.truth = desk.document.crystal
    desk.click(desk.window.predict_button)
    desk.wait(lambda: desk.document.comparison is not None)
    desk.rest()


def test_asks_about_a_running_prediction_before_turning_the_page(
    desk: Desk, viewer: DatasetViewer
) -> None:
    desk.predictor.go.clear()
    desk.click(desk.window.predict_button)
    before = name(desk)
    desk.click(viewer.next)
    desk.answer("Keep predicting")
    assert name(desk) == before
    viewer.number.setValue(4)
    desk.answer("Keep predicting")
    assert viewer.number.value() == 1
    desk.click(viewer.next)
    desk.answer("Stop it and show another example")
    desk.wait(lambda: name(desk) != before)
    desk.predictor.go.set()
    desk.rest()


def test_closing_the_data_set_removes_its_tab_and_restores_the_crystal(
    desk: Desk, viewer: DatasetViewer
) -> None:
    desk.click(viewer.close_button)
    desk.rest()
    assert desk.window.datasets.viewer is None
    assert desk.window.tables.tabText(0) == "Peaks"
    assert "data set" not in name(desk)
    assert not name(desk).startswith("1aaa")


def test_a_button_returns_to_the_example_after_another_file_was_opened(
    desk: Desk, viewer: DatasetViewer
) -> None:
    assert not viewer.show_button.isVisible()
    desk.open_example()
    assert viewer.show_button.isVisible()
    desk.click(viewer.show_button)
    desk.rest()
    assert name(desk) == "1aaa A:1-2"


def test_a_second_data_set_replaces_the_first(
    desk: Desk, viewer: DatasetViewer, tmp_path: Path
) -> None:
    desk.drop(write_small_dataset(tmp_path / "other.h5", cell=None))
    desk.wait(lambda: desk.window.tables.tabToolTip(0).endswith("other.h5"))
    desk.rest()
    assert desk.window.tables.count() == 6
    assert "extent + 3 Å" in {label.text() for label in viewer.findChildren(QLabel)}


def test_refuses_an_hdf5_file_that_is_not_a_data_set(desk: Desk, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    desk.open_example()
    desk.drop(tmp_path / "other.h5")
    desk.rest()
    (toast,) = desk.toasts()
    assert "not a data set of this program" in toast
    assert desk.window.datasets.viewer is None


def test_pages_through_a_data_set_of_crystals(desk: Desk, tmp_path: Path) -> None:
    source, data = tmp_path / "two.extxyz", tmp_path / "c.h5"
    write_materials(source, [rock_salt(), perovskite()])
    build_material_dataset([source], data, MaterialDataSetSettings(kind="lattice"))
    desk.drop(data)
    desk.wait(lambda: desk.window.datasets.viewer is not None)
    desk.rest()
    viewer = desk.window.datasets.viewer
    assert viewer is not None
    assert viewer.number.text() == "1 of 2"
    assert viewer.name.text() == "NaCl salt"
    desk.click(viewer.next)
    desk.rest()
    assert name(desk) == "CaTiO3 perovskite"
    for kind in (MapKind.PATTERSON, MapKind.TRUE):
        assert desk.window.views.view(kind).density is not None
    words = {label.text() for label in viewer.facts.findChildren(QLabel)}
    assert "lattice, windows of 10 Å" in words
