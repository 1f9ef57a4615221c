"""The preferences in the window: applied, shown in the menus too, keys changed and in conflict."""

import json
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.settings import SettingsStore
from patterson_gui.crystal.colours import PALETTES
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.application import make_window
from patterson_gui.gui.dialogs.predict_settings import PredictSettingsDialog
from patterson_gui.gui.dialogs.preferences.dialog import PreferencesDialog
from patterson_gui.gui.widgets import theme
from patterson_gui.io.viewers.scene import Viewer
from tests.app.fake_solver import FakeSolver
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def opened(driver: MainWindowDriver) -> PreferencesDialog:
    driver.press("preferences")
    return driver.dialog(PreferencesDialog)


def choose(dialog: PreferencesDialog, path: str, value: object) -> None:
    """Choose from a list as a user does."""
    field = dialog.fields[path]
    assert isinstance(field.editor, QComboBox)
    row = [v for v, _ in field.preference.choices].index(value)
    field.editor.setCurrentIndex(row)
    field.editor.activated.emit(row)


def write(dialog: PreferencesDialog, path: str, text: str) -> None:
    editor = dialog.fields[path].editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    QTest.keyClick(editor, Qt.Key.Key_Backspace)
    QTest.keyClicks(editor, text)


def test_apply_changes_the_window_and_the_menus_show_it(driver: MainWindowDriver) -> None:
    dialog = opened(driver)
    assert not dialog.apply_button.isEnabled()
    choose(dialog, "theme", "light")
    choose(dialog, "style", "surface")
    link = dialog.fields["link_camera"].editor
    assert isinstance(link, QCheckBox)
    link.click()
    assert driver.window.store.settings.theme != "light"  # nothing changes before Apply
    driver.click(dialog.apply_button)
    actions = driver.window.window_actions
    assert actions["theme_light"].isChecked()
    assert actions["surfaces"].isChecked()
    assert not actions["link_camera"].isChecked()
    assert not driver.document.links.camera
    assert driver.document.layers[LayerKey.TRUE].style == "surface"
    assert driver.window.palette().window().color().lightness() > 128
    assert not dialog.apply_button.isEnabled()
    dialog.close()


def test_other_colours_of_maps_reach_views_panels_and_other_programs(
    driver: MainWindowDriver,
) -> None:
    driver.open_example()
    view = driver.window.views.view(MapKind.TRUE)
    before = view.viewport.grab().toImage()
    dialog = opened(driver)
    choose(dialog, "palette", "okabe-ito")
    driver.click(dialog.ok_button)
    driver.wait_until_idle()
    try:
        assert theme.maps() is PALETTES["okabe-ito"]
        assert view.viewport.grab().toImage() != before
        driver.window.viewers.send(Viewer.CHIMERAX)
        driver.wait_until_idle()
        items = driver.programs.sent[-1]
        colours = {item.kind: item.colour for item in items if item.kind is not None}
        assert colours[MapKind.TRUE] == PALETTES["okabe-ito"].maps[MapKind.TRUE]
    finally:
        driver.window.store.settings.palette = "usual"
        driver.window.view.use_map_colours()
    assert theme.maps() is PALETTES["usual"]


def test_the_dialog_shows_what_was_changed_in_a_menu(driver: MainWindowDriver) -> None:
    driver.press("theme_light")
    driver.press("link_levels")
    dialog = opened(driver)
    assert dialog.fields["theme"].preference.value(driver.window.store.settings) == "light"
    editor = dialog.fields["theme"].editor
    assert isinstance(editor, QComboBox)
    assert editor.currentText() == "Light"
    levels = dialog.fields["link_levels"].editor
    assert isinstance(levels, QCheckBox)
    assert not levels.isChecked()
    dialog.close()


def test_escape_changes_nothing(driver: MainWindowDriver) -> None:
    before = driver.window.store.settings.model_copy(deep=True)
    dialog = opened(driver)
    choose(dialog, "theme", "light")
    write(dialog, "prediction.starts", "12")
    dialog.keys.choose_command("open")
    dialog.keys.record("F5")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    driver.wait(lambda: not dialog.isVisible())
    assert driver.window.store.settings == before
    assert driver.window.window_actions["open"].shortcut().toString() == "Ctrl+O"


def test_a_wrong_value_has_a_sentence_at_its_field_and_is_not_applied(
    driver: MainWindowDriver,
) -> None:
    dialog = opened(driver)
    write(dialog, "prediction.starts", "0")
    assert dialog.fields["prediction.starts"].sentence.startswith("Write a whole number from 1")
    assert not dialog.ok_button.isEnabled()
    assert "Prediction: Random starts" in dialog.wrong.text()
    write(dialog, "prediction.starts", "7")
    assert dialog.fields["prediction.starts"].sentence == ""
    driver.click(dialog.ok_button)
    assert driver.window.store.settings.prediction.starts == 7


def test_defaults_are_restored_page_by_page(driver: MainWindowDriver) -> None:
    driver.window.store.settings.theme = "light"
    driver.window.store.settings.prediction.seed = 5
    dialog = opened(driver)
    dialog.show_page("Prediction")
    driver.click(dialog.restore_button)
    driver.click(dialog.ok_button)
    settings = driver.window.store.settings
    assert settings.prediction.seed == 0
    assert settings.theme == "light"


def test_the_button_of_a_page_opens_the_other_dialog(driver: MainWindowDriver) -> None:
    dialog = opened(driver)
    write(dialog, "prediction.seed", "9")
    dialog.action_wanted.emit("predict_settings")
    other = driver.dialog(PredictSettingsDialog)
    assert other.seed.value() == 9
    other.close()


# ---------------------------------------------------------------------- keys
def test_a_recorded_key_runs_its_command_and_is_shown_everywhere(
    driver: MainWindowDriver, own_settings: Path
) -> None:
    dialog = opened(driver)
    dialog.show_page("Keys")
    dialog.keys.choose_command("surfaces")
    driver.click(dialog.keys.recorder)
    QTest.keyClick(dialog.keys.recorder, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    driver.click(dialog.ok_button)
    driver.wait(lambda: not dialog.isVisible())
    action = driver.window.window_actions["surfaces"]
    assert action.shortcut().toString() == "Shift+F6"
    assert "Shift+F6" in action.toolTip()
    before = action.isChecked()
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    QTest.keyClick(driver.window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert action.isChecked() != before
    saved = json.loads((own_settings / "settings.json").read_text())
    assert saved["keys"] == {"surfaces": "Shift+F6"}


def test_escape_while_recording_leaves_the_key_and_the_dialog(driver: MainWindowDriver) -> None:
    dialog = opened(driver)
    dialog.show_page("Keys")
    dialog.keys.choose_command("open")
    driver.click(dialog.keys.recorder)
    assert dialog.keys.recorder.waiting
    QTest.keyClick(dialog.keys.recorder, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert not dialog.keys.recorder.waiting
    assert dialog.keys.key("open") == "Ctrl+O"
    dialog.close()


def test_a_key_of_another_command_is_moved_only_when_asked(driver: MainWindowDriver) -> None:
    dialog = opened(driver)
    keys = dialog.keys
    keys.choose_command("surfaces")
    keys.record("Ctrl+O")
    assert keys.sentence.text() == "Ctrl+O is the key of “Open”."
    assert keys.key("surfaces") == "Ctrl+T"
    keys.move_button.click()
    assert (keys.key("surfaces"), keys.key("open")) == ("Ctrl+O", "")
    keys.choose_command("open")
    keys.reset.click()  # Ctrl+O is taken now
    assert "Surfaces" in keys.sentence.text()
    driver.click(dialog.ok_button)
    actions = driver.window.window_actions
    assert actions["surfaces"].shortcut().toString() == "Ctrl+O"
    assert actions["open"].shortcuts() == []


def test_keys_that_views_need_are_refused_with_a_reason(driver: MainWindowDriver) -> None:
    dialog = opened(driver)
    dialog.keys.choose_command("open")
    dialog.keys.record("+")
    assert "raises the level of a view" in dialog.keys.sentence.text()
    assert dialog.keys.chosen == {}
    dialog.close()


def test_a_shared_key_goes_to_what_it_does_now(driver: MainWindowDriver) -> None:
    dialog = opened(driver)
    dialog.keys.choose_command("run")
    dialog.keys.record("F5")
    driver.click(dialog.ok_button)
    actions = driver.window.window_actions
    assert actions["predict"].shortcut().toString() == "F5"
    actions.share_key("run", "solve")
    assert actions["predict"].shortcuts() == []
    assert actions["solve"].shortcut().toString() == "F5"
    assert "(F5)" in actions["solve"].toolTip() or not actions["solve"].isEnabled()


def test_nonsense_in_the_settings_file_becomes_a_note(
    qtbot: QtBot, own_settings: Path, tmp_path: Path
) -> None:
    own_settings.mkdir()
    keys = {
        "open": "Ctrl+Banana", "fly": "F5", "whole": "Ctrl+T", "about": "Ctrl+K", "truth": "Ctrl+K",
        "doctor": "Esc",
    }  # fmt: skip
    (own_settings / "settings.json").write_text(json.dumps({"keys": keys}))
    services = fake_services(FakePredictor(), FakeViewers(), solver=FakeSolver())
    window = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    try:
        actions = window.window_actions
        found = {
            name: [key.toString() for key in actions[name].shortcuts()]
            for name in ("open", "whole", "surfaces", "about", "truth", "find_command", "doctor")
        }
        assert found == {
            "open": ["Ctrl+O"], "whole": ["Ctrl+T"], "surfaces": [], "about": ["Ctrl+K"],
            "truth": [], "find_command": [], "doctor": [],
        }  # fmt: skip
        told = " ".join(toast.text for toast in window.toasts.toasts)
        window.show()
        actions["preferences"].trigger()
        dialog = next(w for w in shown_windows() if isinstance(w, PreferencesDialog))
        assert dialog.keys.key("open") == "Ctrl+O"
        assert dialog.keys.key("truth") == ""
        assert not dialog.apply_button.isEnabled()
        dialog.close()
        for words in ("“Ctrl+Banana” is no key", "“fly”", "chosen for two commands", "Esc closes"):
            assert words in told
    finally:
        window.close_now()
