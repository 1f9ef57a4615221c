"""Find a command: every action of the menus by its words, with its key, run by Enter."""

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from patterson_gui.gui.dialogs.find.find_command import FindCommandDialog, commands_of
from tests.gui.main_window_driver import MainWindowDriver


def _names(dialog: FindCommandDialog) -> list[str]:
    items = (dialog.list.topLevelItem(row) for row in range(dialog.list.topLevelItemCount()))
    return [item.text(0) for item in items if item is not None]


def test_lists_every_action_of_the_menus_once(driver: MainWindowDriver) -> None:
    found = [command.action for command in commands_of(driver.window)]
    assert len(found) == len(set(found))
    actions = driver.window.window_actions
    for name in ("open", "theme_dark", "solve", "show_hydrogens", "about"):
        assert actions[name] in found


def test_enter_runs_the_command_that_the_words_find(driver: MainWindowDriver) -> None:
    driver.press("find_command")
    dialog = driver.dialog(FindCommandDialog)
    QTest.keyClicks(dialog.search, "chicken surf")
    assert _names(dialog) == ["Surfaces instead of chicken wire"]
    surfaces = driver.window.window_actions["surfaces"]
    surfaces.setEnabled(True)
    before = surfaces.isChecked()
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert surfaces.isChecked() != before
    assert not dialog.isVisible()


def test_arrow_keys_choose_while_the_words_have_the_focus(driver: MainWindowDriver) -> None:
    driver.press("find_command")
    dialog = driver.dialog(FindCommandDialog)
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    assert dialog.list.currentItem() is dialog.list.topLevelItem(1)
    dialog.close()


def test_a_disabled_command_says_why_and_does_not_run(driver: MainWindowDriver) -> None:
    actions = driver.window.window_actions
    actions.set_blocked("refine", "There is no model to refine.")
    ran: list[bool] = []
    actions["refine"].triggered.connect(ran.append)
    driver.press("find_command")
    dialog = driver.dialog(FindCommandDialog)
    QTest.keyClicks(dialog.search, "refine structure")
    assert _names(dialog)[0] == "Refine: There is no model to refine."
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert ran == []
    assert dialog.isVisible()
    dialog.close()


def test_commands_whose_names_hold_the_words_come_first(driver: MainWindowDriver) -> None:
    driver.press("find_command")
    dialog = driver.dialog(FindCommandDialog)
    QTest.keyClicks(dialog.search, "s")
    assert not any(name.startswith("Open…") for name in _names(dialog)[:5])
    dialog.close()


def test_control_k_is_the_key_of_the_list(driver: MainWindowDriver) -> None:
    shown = {command.name: command.key for command in commands_of(driver.window)}
    assert shown["Find a command…"] == "Ctrl+K"


def test_letters_of_words_find_a_command(driver: MainWindowDriver) -> None:
    driver.press("find_command")
    dialog = driver.dialog(FindCommandDialog)
    QTest.keyClicks(dialog.search, "spt")
    assert _names(dialog)[0] == "Show predicted − true"
    dialog.search.clear()
    QTest.keyClicks(dialog.search, "zzz")
    assert _names(dialog) == []
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)  # nothing to run
    assert dialog.isVisible()
    dialog.close()


def test_what_was_run_from_the_list_comes_first(driver: MainWindowDriver) -> None:
    driver.press("find_command")
    dialog = driver.dialog(FindCommandDialog)
    QTest.keyClicks(dialog.search, "dark")
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    driver.wait(lambda: not dialog.isVisible())
    assert driver.window.store.settings.recent_commands == ["theme_dark"]
    driver.press("find_command")
    again = driver.dialog(FindCommandDialog)
    assert _names(again)[0] == "Dark"
    QTest.keyClicks(again.search, "sol")
    assert _names(again)[0] != "Dark"
    again.close()
