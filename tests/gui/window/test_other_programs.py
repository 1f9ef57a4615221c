"""The main window: sending to other programs and fetching from them."""

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QToolButton,
)
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import SettingsStore
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.application import make_window
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.viewers.scene import Fetched, Viewer
from tests.app.fakes import fake_services
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def last_sent(driver: MainWindowDriver) -> Viewer:
    return driver.programs.scenes[-1][0]


# ---------------------------------------------------------------------- sending
def test_the_button_sends_to_the_program_used_last(
    driver: MainWindowDriver, own_settings: Path
) -> None:
    driver.open_example()
    button = driver.window.sending.button
    assert button.text() == "ChimeraX"
    driver.click(button)
    driver.wait_until_idle()
    assert last_sent(driver) is Viewer.CHIMERAX
    driver.press("send_pymol")
    driver.wait_until_idle()
    assert last_sent(driver) is Viewer.PYMOL
    assert button.text() == "PyMOL"
    keys = {v: driver.window.window_actions[f"send_{v}"].shortcut().toString() for v in Viewer}
    assert keys == {Viewer.CHIMERAX: "", Viewer.COOT: "", Viewer.PYMOL: "Ctrl+Shift+X"}
    assert SettingsStore(own_settings).settings.viewer is Viewer.PYMOL


@pytest.mark.parametrize("viewer", Viewer)
def test_the_menu_and_the_key_send_to_each_program(
    driver: MainWindowDriver, viewer: Viewer, own_settings: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    driver.open_example()
    entries = {a.text().replace("&", ""): a for a in driver.window.window_actions.send.actions()}
    entries[f"Send to {viewer.label}"].trigger()
    driver.wait_until_idle()
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(driver.window, Qt.Key.Key_X, control_shift)
    driver.wait(lambda: len(driver.programs.scenes) == 2)
    driver.wait_until_idle()
    assert [to for to, _ in driver.programs.scenes] == [viewer, viewer]
    other = make_window(fake_services(), SettingsStore(own_settings), tmp_path / "sent")
    assert other.sending.button.text() == viewer.label
    other.close_now()


def test_the_send_button_shows_that_it_is_busy_and_keeps_its_width(
    driver: MainWindowDriver,
) -> None:
    driver.open_example()
    button = driver.window.sending.button
    width = button.width()
    driver.programs.go.clear()
    driver.click(button)
    assert button.text() == "Busy…"
    driver.lay_out()
    assert button.width() == width
    assert not driver.window.window_actions["send_coot"].isEnabled()
    assert (
        driver.window.window_actions["send_coot"].toolTip()
        == "ChimeraX is busy with an earlier request."
    )
    driver.programs.go.set()
    driver.wait_until_idle()
    assert button.text() == "ChimeraX"
    for viewer in Viewer:
        driver.press(f"send_{viewer}")
        driver.wait_until_idle()
        assert button.text() == viewer.label
        driver.lay_out()
        assert button.width() == width
    assert driver.window.window_actions["send_coot"].isEnabled()


def test_can_fetch_but_not_send_while_nothing_is_open(driver: MainWindowDriver) -> None:
    button = driver.window.sending.button
    assert button.toolTip() == "Open a file first."
    assert not driver.window.window_actions["send_chimerax"].isEnabled()
    assert driver.window.window_actions["fetch_coot"].isEnabled()
    assert driver.window.window_actions["viewers"].isEnabled()
    assert button.isEnabled()
    assert button.property("blocked") is True
    assert button.menu() is driver.window.window_actions.send
    driver.click(button)
    assert driver.toasts() == ["Open a file first: there is nothing to send."]


def test_the_whole_toolbar_fits_a_window_of_usual_size(driver: MainWindowDriver) -> None:
    extension = driver.window.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert driver.window.width() == 1280
    assert extension is None or not extension.isVisible()


@pytest.mark.parametrize("look", ["theme_dark", "theme_light"])
def test_a_narrow_window_shows_the_arrow_of_the_toolbar(
    driver: MainWindowDriver, look: str
) -> None:
    driver.press(look)
    driver.window.resize(960, 600)
    extension = driver.window.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert extension is not None
    driver.wait(extension.isVisible)
    picture = extension.grab().toImage()
    colours = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
    assert len(colours) > 1


# ---------------------------------------------------------------------- the link
def test_sends_level_changes_while_kept_in_sync(
    driver: MainWindowDriver, own_settings: Path
) -> None:
    driver.open_example()
    driver.press("live_link")
    assert SettingsStore(own_settings).settings.live_link
    driver.click(driver.window.sending.button)
    driver.wait_until_idle()
    driver.turn_wheel(MapKind.PATTERSON, 2)
    driver.wait(lambda: bool(driver.programs.followed))
    driver.wait_until_idle()
    item = {item.key: item for item in driver.programs.followed[-1]}["patterson"]
    density = driver.document.patterson
    assert density is not None
    level = driver.document.layers[LayerKey.PATTERSON].level
    assert item.level == pytest.approx(level.in_units(density))
    slider = driver.window.layers.rows[LayerKey.PATTERSON].slider
    assert slider is not None
    slider.setValue(slider.value() + 7)
    driver.wait_until_idle()
    item = {item.key: item for item in driver.programs.followed[-1]}["patterson"]
    moved = driver.document.layers[LayerKey.PATTERSON].level
    assert moved != level
    assert item.level == pytest.approx(moved.in_units(density))
    driver.press("surfaces")
    driver.wait(
        lambda: {i.style for i in driver.programs.followed[-1] if i.kind is not None} == {"surface"}
    )
    driver.press("live_link")
    driver.wait_until_idle()
    count = len(driver.programs.followed)
    driver.turn_wheel(MapKind.PATTERSON, 2)
    driver.wait_until_idle()
    assert len(driver.programs.followed) == count


# ---------------------------------------------------------------------- fetching
@pytest.fixture
def theirs(driver: MainWindowDriver, tmp_path: Path) -> Fetched:
    """A model and a map, as another program wrote them."""
    driver.open_example()
    crystal = driver.document.crystal
    assert crystal is not None
    assert crystal.model is not None
    assert driver.document.truth is not None
    write_model(tmp_path / "theirs.pdb", crystal.model)
    write_map(tmp_path / "theirs.ccp4", driver.document.truth)
    return Fetched(tmp_path / "theirs.pdb", tmp_path / "theirs.ccp4", "Fetched both from Coot.")


def test_opens_fetched_model_and_map(driver: MainWindowDriver, theirs: Fetched) -> None:
    driver.programs.there = theirs
    driver.press("fetch_coot")
    driver.wait(lambda: driver.document.map_of(LayerKey.DENSITY) is not None)
    driver.wait_until_idle()
    assert "Fetched both from Coot." in driver.toasts()
    crystal = driver.document.crystal
    assert crystal is not None
    assert crystal.model is not None


def test_fetching_while_a_prediction_runs_asks_first(
    driver: MainWindowDriver, theirs: Fetched
) -> None:
    driver.programs.there = theirs
    driver.predictor.go.clear()
    driver.click(driver.window.predict_button)
    driver.wait(lambda: driver.workbench.predicting.state is PredictState.RUNNING)
    driver.press("fetch_coot")
    driver.answer("Keep predicting")
    assert driver.document.map_of(LayerKey.DENSITY) is None
    driver.press("fetch_coot")
    driver.answer("Stop it and open theirs.ccp4")
    driver.wait(lambda: driver.document.map_of(LayerKey.DENSITY) is not None)
    driver.predictor.go.set()
    driver.wait_until_idle()


def test_says_that_there_is_nothing_to_fetch(driver: MainWindowDriver) -> None:
    driver.programs.there = UserError("No running Coot can be sent to: start it.")
    driver.press("fetch_coot")
    driver.wait(lambda: driver.toasts() == ["No running Coot can be sent to: start it."])
