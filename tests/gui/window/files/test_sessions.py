"""The main window: sessions saved, opened, reopened, and restored after a kill."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.settings import SettingsStore
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.application import make_window
from patterson_gui.gui.startup import start
from patterson_gui.io.resources import resources_folder
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


@pytest.fixture
def new_window(
    qtbot: QtBot, own_settings: Path, tmp_path: Path
) -> Iterator[Callable[..., MainWindowDriver]]:
    """Starts the program: a new window with the same settings and state folder."""
    drivers = []

    def make(path: Path | None = None) -> MainWindowDriver:
        predictor, programs = FakePredictor(), FakeViewers()
        store = SettingsStore(own_settings)
        store.settings.example_predicted = True
        window = make_window(
            fake_services(predictor, programs), store, tmp_path / "sent", tmp_path / "state"
        )
        window.resize(1280, 800)
        start(window, path)
        qtbot.waitExposed(window)
        driver = MainWindowDriver(window, predictor, programs, qtbot)
        driver.wait_until_idle()
        drivers.append(driver)
        return driver

    yield make
    for driver in drivers:
        if not sip.isdeleted(driver.window):
            driver.window.close_now()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "mine.pgz"
    shutil.copy(resources_folder() / "examples" / "first-light.pgz", path)
    return path


def work(driver: MainWindowDriver) -> None:
    """Predict, and change how things look."""
    driver.predictor.truth = driver.document.crystal
    driver.click(driver.window.predict_button)
    driver.wait_until_idle()
    driver.window.layers.rows[LayerKey.TRUE].surface.click()
    camera = driver.window.views.view(MapKind.TRUE).camera
    camera.look_at((0.2, 0.3, 0.4))
    driver.window.tables.setCurrentWidget(driver.window.predictions)
    driver.wait_until_idle()


def looks_the_same(driver: MainWindowDriver, state: object) -> None:
    driver.wait(lambda: driver.window.views.view(MapKind.TRUE).camera.state == state)
    assert driver.document.layers[LayerKey.TRUE].style == "surface"
    assert driver.window.tables.currentWidget() is driver.window.predictions
    assert len(driver.workbench.predicting.kept.items) == 1
    assert driver.document.prediction is not None


def test_saves_and_opens_a_session(
    new_window: Callable[..., MainWindowDriver], data: Path, tmp_path: Path
) -> None:
    driver = new_window(data)
    work(driver)
    state = driver.window.views.view(MapKind.TRUE).camera.state
    driver.save_as("save_session", tmp_path / "a.pgsession")
    with driver.qtbot.waitSignal(driver.window.closed):  # it is saved: nobody is asked
        driver.window.close()
    again = new_window()
    again.press("open_session")
    dialog = again.dialog(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "a.pgsession"))
    dialog.close()
    again.wait_until_idle()
    looks_the_same(again, state)
    assert again.workbench.settings.recent_files[0] == str(tmp_path / "a.pgsession")


def test_a_session_opens_from_the_command_line_and_by_a_drop(
    new_window: Callable[..., MainWindowDriver], data: Path, tmp_path: Path
) -> None:
    driver = new_window(data)
    work(driver)
    state = driver.window.views.view(MapKind.TRUE).camera.state
    driver.save_as("save_session", tmp_path / "a.pgsession")
    driver.press("example")
    driver.wait_until_idle()
    driver.drop(tmp_path / "a.pgsession")
    driver.wait_until_idle()
    looks_the_same(driver, state)
    driver.window.close_now()
    looks_the_same(new_window(tmp_path / "a.pgsession"), state)


def test_after_a_kill_a_bar_offers_to_restore(
    new_window: Callable[..., MainWindowDriver], data: Path, tmp_path: Path
) -> None:
    killed = new_window(data)
    work(killed)
    state = killed.window.views.view(MapKind.TRUE).camera.state
    killed.window.sessions.save_automatically()
    killed.wait_until_idle()
    shutil.copytree(tmp_path / "state", tmp_path / "killed")
    killed.press("quit")
    killed.answer("Discard")
    killed.wait(lambda: sip.isdeleted(killed.window) or not killed.window.isVisible())
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "killed").rename(tmp_path / "state")  # as the kill has left it
    driver = new_window()
    bar = driver.window.centre.recovery
    assert bar.isVisible()
    assert "mine with 1 prediction" not in bar.words.text()  # it has the name of the crystal
    assert "with 1 prediction, as of" in bar.words.text()
    assert not any(isinstance(w, QMessageBox) for w in shown_windows())  # it blocks nothing
    driver.click(bar.restore)
    driver.wait_until_idle()
    looks_the_same(driver, state)
    assert not bar.isVisible()
    assert driver.workbench.unsaved_predictions
    driver.wait(lambda: len(list((tmp_path / "state").glob("autosave-*.pgsession"))) == 1)


def test_what_a_killed_program_left_can_be_discarded(
    new_window: Callable[..., MainWindowDriver], data: Path, tmp_path: Path
) -> None:
    driver = new_window(data)
    work(driver)
    driver.window.close_now()  # nobody was asked: as after a signal
    driver = new_window()
    bar = driver.window.centre.recovery
    assert bar.isVisible()
    driver.click(bar.discard)
    assert not bar.isVisible()
    driver.window.close()
    assert [p.name for p in (tmp_path / "state").iterdir()] == ["last.pgsession"]


def test_reopens_what_was_open_last(
    new_window: Callable[..., MainWindowDriver], data: Path
) -> None:
    driver = new_window(data)
    assert not driver.window.window_actions["reopen_last"].isEnabled()
    driver.window.layers.rows[LayerKey.TRUE].surface.click()
    driver.window.close()
    again = new_window()
    assert again.document.crystal.source != data
    again.press("reopen_last")
    again.wait_until_idle()
    assert again.document.crystal.source == data
    assert again.document.layers[LayerKey.TRUE].style == "surface"


def test_the_start_opens_what_was_open_last_where_the_preferences_say_so(
    new_window: Callable[..., MainWindowDriver], data: Path
) -> None:
    driver = new_window(data)
    driver.window.store.settings.at_start = "last"
    driver.window.close()
    again = new_window()
    assert again.document.crystal is not None
    assert again.document.crystal.source == data


def test_nothing_is_saved_automatically_where_the_preferences_say_so(
    new_window: Callable[..., MainWindowDriver], data: Path, tmp_path: Path
) -> None:
    driver = new_window(data)
    driver.window.store.settings.autosave = False
    driver.window.sessions.save_automatically()
    driver.wait_until_idle()
    assert not list((tmp_path / "state").glob("autosave-*.pgsession"))
    driver.window.store.settings.autosave = True
    driver.window.sessions.save_automatically()
    driver.wait_until_idle()
    assert list((tmp_path / "state").glob("autosave-*.pgsession"))
