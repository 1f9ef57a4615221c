"""The main window: sending to other programs, fetching, the dialog of programs."""

import json
import threading
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.predict import PredictState
from patterson_gui.app.settings import SettingsStore
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.gui.application import make_window
from patterson_gui.gui.dialogs.other_programs import SEARCHING, ViewersDialog
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.viewer_scene import Fetched, PluginStatus, Viewer
from tests.app.fakes import fake_services
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

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


# ---------------------------------------------------------------------- programs and plugins
@pytest.fixture
def dialog(driver: MainWindowDriver) -> ViewersDialog:
    driver.programs.found = {Viewer.CHIMERAX: "/opt/UCSF/ChimeraX-1.9/bin/ChimeraX"}
    driver.programs.plugins = {Viewer.PYMOL}
    driver.press("viewers")
    made = driver.dialog(ViewersDialog)
    driver.wait(lambda: not driver.workbench.runner.busy)
    return made


def cut(dialog: ViewersDialog) -> list[QWidget]:
    """The visible widgets that are smaller than their text needs."""
    parts = [w for w in dialog.findChildren(QWidget) if w.isVisible()]
    labels = [w for w in parts if isinstance(w, QLabel) and w.wordWrap()]
    controls = [w for w in parts if isinstance(w, QPushButton | QLineEdit)]
    inside = {w: not_none(w.parentWidget()).rect().contains(w.geometry()) for w in parts}
    return [
        *(w for w in labels if w.height() < w.heightForWidth(w.width())),
        *(w for w in controls if w.height() < w.sizeHint().height() or not inside[w]),
    ]


def test_shows_where_programs_are_and_which_plugins_are_installed(
    driver: MainWindowDriver, dialog: ViewersDialog
) -> None:
    found = {viewer: one.found.text() for viewer, one in dialog.programs.items()}
    assert found[Viewer.CHIMERAX] == "/opt/UCSF/ChimeraX-1.9/bin/ChimeraX"
    assert found[Viewer.COOT] == "No Coot was found: set its path, or install it."
    pymol, coot = dialog.programs[Viewer.PYMOL], dialog.programs[Viewer.COOT]
    assert (pymol.install.isEnabled(), pymol.remove.isEnabled()) == (False, True)
    assert (coot.install.isEnabled(), coot.remove.isEnabled()) == (True, False)
    dialog.reject()


def test_plugins_are_installed_and_removed_by_a_click(
    driver: MainWindowDriver, dialog: ViewersDialog
) -> None:
    coot = dialog.programs[Viewer.COOT]
    driver.click(coot.install)
    driver.wait(lambda: coot.plugin.text() == "Installed in Coot.")
    assert driver.programs.plugins == {Viewer.PYMOL, Viewer.COOT}
    driver.click(coot.remove)
    driver.wait(lambda: coot.plugin.text() == "Removed from Coot.")
    assert coot.install.isEnabled()
    coot.show_plugin(PluginStatus(True, "Another version.", outdated=True))
    assert coot.install.text() == "Update plugin"
    assert coot.install.isEnabled()
    dialog.reject()


def test_a_plugin_that_cannot_be_installed_says_why(
    driver: MainWindowDriver, dialog: ViewersDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    chimerax = dialog.programs[Viewer.CHIMERAX]

    def refuse(viewer: Viewer, program: Path | None) -> PluginStatus:
        raise UserError("No ChimeraX was found: set CHIMERAX.")

    monkeypatch.setattr(driver.programs, "install", refuse)
    driver.click(chimerax.install)
    driver.wait(lambda: chimerax.plugin.text() == "No ChimeraX was found: set CHIMERAX.")
    assert chimerax.install.isEnabled()
    dialog.reject()


def test_shows_errors_of_paths_and_ports_beside_the_field(
    driver: MainWindowDriver, dialog: ViewersDialog, tmp_path: Path
) -> None:
    coot = dialog.programs[Viewer.COOT]
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert ok is not None
    coot.path.setText("/no/such/coot")
    assert "There is no such file" in coot.path_trouble.text()
    assert not ok.isEnabled()
    coot.path.setText("")
    assert ok.isEnabled()
    for words, expected in (("abc", "'abc' is not a port"), ("0", "'0'"), ("65536", "'65536'"),
                        (" ".join(["1"] * 17), "at most 16")):  # fmt: skip
        coot.ports.setText(words)
        assert expected in coot.ports_trouble.text()
        assert not ok.isEnabled()
    program = tmp_path / "coot"
    program.touch()
    coot.path.setText(str(program))
    coot.ports.setText("9090, 9091")
    driver.click(ok)
    options = driver.window.viewers.options(Viewer.COOT)
    assert (options.program, options.ports) == (program, (9090, 9091))


@pytest.mark.parametrize(
    "words", ["~nobody-of-this-name/coot", "/" + "x" * 300, "a\0b", "."],
    ids=["nobody's home", "too long", "zero byte", "a folder"],
)  # fmt: skip
def test_rejects_impossible_paths(
    driver: MainWindowDriver, dialog: ViewersDialog, words: str
) -> None:
    coot = dialog.programs[Viewer.COOT]
    coot.path.setText(words)
    assert "There is no such file" in coot.path_trouble.text()
    assert coot.path_trouble.isVisible()
    assert not not_none(dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)).isEnabled()
    dialog.reject()


def test_rejects_a_path_in_an_unreadable_folder(
    driver: MainWindowDriver, dialog: ViewersDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.stat", refuse)
    dialog.programs[Viewer.COOT].path.setText("/locked/coot")
    monkeypatch.undo()
    assert "There is no such file" in dialog.programs[Viewer.COOT].path_trouble.text()
    dialog.reject()


def test_rejects_impossible_ports(driver: MainWindowDriver, dialog: ViewersDialog) -> None:
    coot = dialog.programs[Viewer.COOT]
    width, field = dialog.width(), coot.ports.width()
    for words in ("9" * 5000, "z" * 3000, "²", "-5", "80.5"):
        coot.ports.setText(words)
        assert "is not a port" in coot.ports_trouble.text()
        assert len(coot.ports_trouble.text()) < 80
        driver.lay_out()
        assert (dialog.width(), coot.ports.width()) == (width, field)
    dialog.reject()


def test_wraps_a_long_path(driver: MainWindowDriver) -> None:
    driver.programs.found = {Viewer.COOT: "/opt/" + "a-very-long-folder-name/" * 8 + "coot"}
    driver.press("viewers")
    dialog = driver.dialog(ViewersDialog)
    driver.wait(lambda: not driver.workbench.runner.busy)
    coot = dialog.programs[Viewer.COOT]
    assert dialog.minimumSizeHint().width() <= dialog.width() <= 800
    one = dialog.programs[Viewer.CHIMERAX]
    field = one.ports.geometry()
    one.show_plugin_trouble("The folder /opt/a/rather/long/one could not be written. " * 6)
    one.ports.setText("nine")
    driver.wait(lambda: not cut(dialog))
    assert one.ports.width() == field.width()
    assert one.ports.x() == one.path.x()
    assert coot.browse.mapTo(dialog, coot.browse.rect().topRight()).x() < dialog.width()
    dialog.reject()


def test_uses_the_chosen_path_and_checks_its_plugin(
    driver: MainWindowDriver, dialog: ViewersDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path | None] = []

    def status(viewer: Viewer, program: Path | None) -> PluginStatus:
        asked.append(program)
        return PluginStatus(True, "It is in this one.")

    monkeypatch.setattr(driver.programs, "status", status)
    program = tmp_path / "coot"
    program.touch()
    coot = dialog.programs[Viewer.COOT]
    coot.path.setText(str(tmp_path / "cootx"))
    coot.path.editingFinished.emit()
    assert asked == []
    coot.path.setText(str(program))
    coot.path.editingFinished.emit()
    driver.wait(lambda: coot.plugin.text() == "It is in this one.")
    assert coot.found.text() == "The path above is used."
    coot.path.editingFinished.emit()  # once more, with nothing new
    driver.wait_until_idle()
    assert asked == [program]
    coot.path.clear()
    assert coot.found.text() == "No Coot was found: set its path, or install it."
    dialog.reject()


def test_the_dialog_of_programs_is_not_modal_and_opens_once(
    driver: MainWindowDriver, dialog: ViewersDialog
) -> None:
    assert not dialog.isModal()
    driver.press("viewers")
    assert [w for w in shown_windows() if isinstance(w, ViewersDialog)] == [dialog]
    dialog.reject()
    driver.press("viewers")
    assert driver.dialog(ViewersDialog) is not dialog
    driver.wait(lambda: not driver.workbench.runner.busy)
    with driver.qtbot.waitSignal(driver.window.closed):
        driver.window.close()


def test_reports_an_installation_after_the_dialog_has_closed(
    driver: MainWindowDriver, dialog: ViewersDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow(viewer: Viewer, program: Path | None) -> PluginStatus:
        go.wait(20)
        return PluginStatus(True, "Installed after a while.")

    monkeypatch.setattr(driver.programs, "install", slow)
    coot = dialog.programs[Viewer.COOT]
    driver.click(coot.install)
    assert coot.plugin.text() == "installing …"
    assert not coot.install.isEnabled()
    assert not coot.path.isEnabled()
    dialog.reject()
    driver.window.close()
    driver.answer("Keep working")
    go.set()
    driver.wait(lambda: "Installed after a while." in driver.toasts())


def test_a_cancelled_installation_can_be_repeated(
    driver: MainWindowDriver, dialog: ViewersDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow(viewer: Viewer, program: Path | None) -> PluginStatus:
        go.wait(20)
        raise Cancelled

    monkeypatch.setattr(driver.programs, "install", slow)
    coot = dialog.programs[Viewer.COOT]
    driver.click(coot.install)
    driver.workbench.runner.cancel(driver.workbench.runner.unfinished()[0])
    go.set()
    driver.wait(lambda: coot.plugin.text() == "It is not installed.")
    assert coot.install.isEnabled()
    assert coot.path.isEnabled()
    dialog.reject()


def test_restores_paths_and_ports_at_the_next_start(
    driver: MainWindowDriver, dialog: ViewersDialog, own_settings: Path, qtbot: QtBot
) -> None:
    dialog.programs[Viewer.PYMOL].ports.setText("9200")
    dialog.accept()
    saved = json.loads((own_settings / "settings.json").read_text())
    assert saved["viewers"]["pymol"] == {"program": "", "ports": [9200]}
    driver.press("viewers")
    again = driver.dialog(ViewersDialog)
    assert again.programs[Viewer.PYMOL].ports.text() == "9200"
    again.reject()
    driver.wait(lambda: not driver.workbench.runner.busy)


def test_cancelling_the_dialog_changes_nothing(
    driver: MainWindowDriver, dialog: ViewersDialog
) -> None:
    dialog.programs[Viewer.PYMOL].ports.setText("9200")
    dialog.reject()
    assert driver.window.viewers.options(Viewer.PYMOL).ports == ()


def test_closing_during_the_search_for_programs_ends_cleanly(
    driver: MainWindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr(driver.programs, "find", lambda viewer: str(go.wait(20)))
    driver.press("viewers")
    dialog = driver.dialog(ViewersDialog)
    assert dialog.programs[Viewer.COOT].found.text() == SEARCHING
    dialog.reject()
    go.set()
    driver.wait(lambda: not driver.workbench.runner.busy)
    go.clear()
    driver.press("viewers")
    threading.Timer(0.2, go.set).start()
    with driver.qtbot.waitSignal(driver.window.closed):
        driver.window.close()
