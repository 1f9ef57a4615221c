"""The main window: the dialog of the other programs, their paths, ports and plugins."""

import json
import threading
from pathlib import Path

import pytest
from PyQt6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from patterson_gui.errors import Cancelled, UserError
from patterson_gui.gui.dialogs.other_programs import SEARCHING, ViewersDialog
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.io.viewers.scene import PluginStatus, Viewer
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


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
