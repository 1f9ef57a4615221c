"""Messages over the views: errors stay until the user closes them, by mouse or by keys."""

import pytest
from PyQt6.QtCore import Qt

from patterson_gui.app.jobs.notice import Notice
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = pytest.mark.gui

ESC = Qt.Key.Key_Escape
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_escape_closes_the_newest_message_and_with_shift_all(driver: MainWindowDriver) -> None:
    actions = driver.window.window_actions
    driver.window.activateWindow()
    driver.wait(driver.window.isActiveWindow)
    for number in range(10):
        driver.window.show_notice(Notice(f"File {number} is damaged.", error=True))
    driver.qtbot.keyClick(driver.window, ESC)
    driver.wait(lambda: len(driver.toasts()) == 9)
    assert driver.toasts()[-1] == "File 8 is damaged."
    driver.qtbot.keyClick(driver.window, ESC, SHIFT)
    driver.wait(lambda: driver.toasts() == [])
    assert not actions["close_message"].isEnabled()
    assert "File 0 is damaged." in driver.window.log.text.toPlainText()
