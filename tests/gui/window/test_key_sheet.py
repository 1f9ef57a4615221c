"""The sheet of keys: made from the actions, closed by any key or click."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from patterson_gui.gui.dialogs.find.find_command import commands_of
from patterson_gui.gui.dialogs.find.key_sheet import KeySheet, share
from patterson_gui.gui.widgets.keys import shown_key
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]


def shown(driver: MainWindowDriver) -> list[KeySheet]:
    return [sheet for sheet in driver.window.findChildren(KeySheet) if sheet.isVisible()]


@pytest.mark.parametrize("key", [Qt.Key.Key_H, Qt.Key.Key_Question])
def test_h_and_question_mark_show_the_sheet(driver: MainWindowDriver, key: Qt.Key) -> None:
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    QTest.keyClick(driver.window, key)
    (sheet,) = shown(driver)
    assert sheet.geometry() == driver.window.rect()
    assert sheet.hasFocus()


def test_lists_every_command_that_has_a_key_now(driver: MainWindowDriver) -> None:
    actions = driver.window.window_actions
    actions.choose_keys({"surfaces": "Shift+F6", "open": ""})
    driver.press("show_keys")
    rows = {row for group in shown(driver)[0].groups for row in group.rows}
    assert ("Shift+F6", "Surfaces instead of chicken wire") in rows
    assert not any(words == "Open" for _, words in rows)
    keys = {key for key, _ in rows}
    for command in commands_of(driver.window):
        for key in command.action.shortcuts():
            assert any(shown_key(key.toString()) in listed for listed in keys), command.name


def test_any_key_closes_it_and_runs_nothing(driver: MainWindowDriver) -> None:
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    before = driver.window.window_actions["surfaces"].isChecked()
    for key, modifiers in (
        (Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_H, Qt.KeyboardModifier.NoModifier),
    ):
        driver.press("show_keys")
        (sheet,) = shown(driver)
        QTest.keyClick(sheet, Qt.Key.Key_Control)
        assert shown(driver)  # a modifier alone is no key
        QTest.keyClick(sheet, key, modifiers)
        assert not shown(driver)
    assert driver.window.window_actions["surfaces"].isChecked() == before


def test_a_click_closes_it(driver: MainWindowDriver) -> None:
    driver.press("show_keys")
    (sheet,) = shown(driver)
    QTest.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert not shown(driver)


def test_it_covers_the_window_at_any_size(driver: MainWindowDriver) -> None:
    driver.press("show_keys")
    (sheet,) = shown(driver)
    driver.window.resize(960, 600)
    driver.wait(lambda: sheet.geometry() == driver.window.rect())


def test_asking_twice_shows_one_sheet(driver: MainWindowDriver) -> None:
    driver.press("show_keys")
    driver.press("show_keys")
    assert len(shown(driver)) == 1


def test_groups_keep_their_order_in_columns_of_about_one_height() -> None:
    assert share([3, 3, 3, 3], 2) == [[0, 1], [2, 3]]
    assert share([8, 1, 1, 1], 2) == [[0], [1, 2, 3]]
    assert share([5], 4) == [[0]]
    assert share([], 3) == [[]]
