"""Screen readers find a name for every control; every command is reached without the mouse."""

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu, QToolBar, QToolButton, QWidget

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.dialogs.find.find_command import commands_of
from patterson_gui.gui.dialogs.preferences.dialog import PreferencesDialog
from patterson_gui.gui.startup import give_keys_to_the_first_view
from tests.gui.accessible_names import controls_of, jumps_up, nameless, tab_order
from tests.gui.main_window_driver import MainWindowDriver, shown_windows

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]

DIALOGS = (
    "preferences", "find_command", "about", "predict_settings", "networks", "fragment", "bounds",
    "go_to", "viewers", "save_picture", "save_turntable", "train", "solve_folder", "doctor",
)  # fmt: skip


@pytest.fixture
def opened(driver: MainWindowDriver) -> MainWindowDriver:
    driver.open_example()
    return driver


def test_every_control_of_the_window_has_a_name(opened: MainWindowDriver) -> None:
    assert len(controls_of(opened.window)) > 50
    assert nameless(opened.window) == []


def test_every_control_of_the_dialogs_has_a_name(opened: MainWindowDriver) -> None:
    window = opened.window
    for name in DIALOGS:
        window.window_actions[name].trigger()
        opened.wait(lambda: len(shown_windows()) > 1)
        for dialog in shown_windows():
            if isinstance(dialog, QWidget) and dialog is not window:
                assert nameless(dialog) == [], name
                dialog.close()
        opened.wait_until_idle()


def test_every_control_of_the_explorer_has_a_name(opened: MainWindowDriver) -> None:
    opened.press("explore")
    explorer = opened.window.explorer.window
    assert explorer is not None
    assert nameless(explorer) == []
    explorer.close()


def test_every_action_is_in_the_list_of_commands(opened: MainWindowDriver) -> None:
    listed = {command.action for command in commands_of(opened.window)}
    hidden = {
        name
        for name, action in opened.window.window_actions.by_name.items()
        if action not in listed and action.isVisible()
    }
    assert hidden == set()


def test_every_button_of_the_toolbar_is_a_command_or_takes_the_focus(
    opened: MainWindowDriver,
) -> None:
    listed = {command.action for command in commands_of(opened.window)}
    for bar in opened.window.findChildren(QToolBar):
        for button in bar.findChildren(QToolButton):
            if button.objectName() == "qt_toolbar_ext_button":
                continue  # its menu has actions of the toolbar
            action = button.defaultAction()
            reached = bool(button.focusPolicy() & Qt.FocusPolicy.TabFocus)
            assert action in listed or reached, button.text()


def test_every_menu_of_a_button_opens_by_key(opened: MainWindowDriver) -> None:
    for button in opened.window.findChildren(QToolButton):
        menu = button.menu()
        if menu is None or not button.isVisible():
            continue
        reached = bool(button.focusPolicy() & Qt.FocusPolicy.TabFocus)
        listed = {command.action for command in commands_of(opened.window)}
        assert reached or set(_actions(menu)) <= listed, button.text()


def _actions(menu: QMenu) -> Iterator[object]:
    for action in menu.actions():
        if action.menu() is not None:
            yield from _actions(action.menu())
        elif not action.isSeparator():
            yield action


def test_the_first_view_has_the_keys_after_the_start(opened: MainWindowDriver) -> None:
    window, view = opened.window, opened.window.views.view(MapKind.PATTERSON)
    view.header.button.setFocus()  # what Qt does by itself
    give_keys_to_the_first_view(window)
    assert window.focusWidget() is view.viewport
    window.peaks.table.setFocus()
    give_keys_to_the_first_view(window)
    assert window.focusWidget() is window.peaks.table


@pytest.mark.parametrize("name", ["layers", "patterson", "peaks", "vectors", "sites", "sections"])
def test_tab_goes_down_a_panel(opened: MainWindowDriver, name: str) -> None:
    window = opened.window
    panel = getattr(window, name)
    if name in ("peaks", "vectors", "sites"):
        window.tables.setCurrentWidget(panel)
    if name == "sections":
        window.show_sections()
        opened.wait_until_idle()
    opened.lay_out()
    assert tab_order(panel)
    assert jumps_up(panel) == []


def test_tab_goes_down_each_page_of_the_preferences(opened: MainWindowDriver) -> None:
    opened.press("preferences")
    dialog = opened.dialog(PreferencesDialog)
    for row in range(dialog.list.count()):
        dialog.list.setCurrentRow(row)
        opened.lay_out()
        page = dialog.pages.currentWidget()
        assert page is not None
        assert jumps_up(page) == []
    dialog.close()


def test_the_preferences_are_changed_by_keys_alone(opened: MainWindowDriver) -> None:
    window = opened.window
    window.activateWindow()
    opened.wait(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = opened.dialog(PreferencesDialog)
    opened.wait(dialog.isActiveWindow)
    assert dialog.list.hasFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.pages.currentIndex() == 1
    QTest.keyClick(dialog.list, Qt.Key.Key_Up)
    QTest.keyClick(dialog.list, Qt.Key.Key_Tab)
    field = QApplication.focusWidget()
    assert field is dialog.fields["theme"].editor
    QTest.keyClick(field, Qt.Key.Key_End)  # the last choice: dark
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    opened.wait(lambda: not dialog.isVisible())
    assert window.store.settings.theme == "dark"
