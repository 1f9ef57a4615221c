"""The Help menu opens pages of the guide from the disk, and checks the installation."""

from pathlib import Path

import pytest
from PyQt6.QtGui import QDesktopServices, QGuiApplication

from patterson_gui.gui.commands import help as help_commands
from patterson_gui.gui.commands.help import PAGES
from patterson_gui.gui.dialogs.doctor import DoctorDialog
from tests.gui.main_window_driver import MainWindowDriver

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide"
GENERATED = {"reference/commands.html", "reference/api.html"}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that would have been opened in a web browser."""
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not urls.append(url.toString()))
    return urls


def test_help_opens_a_page_of_the_guide_from_the_disk(
    driver: MainWindowDriver, opened: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(help_commands, "guide_page", lambda page: tmp_path / page)
    driver.press("guide_glossary")
    assert opened == [(tmp_path / "glossary.html").as_uri()]
    driver.press("guide")
    assert opened[1] == (tmp_path / "index.html").as_uri()


def test_help_says_in_one_sentence_that_the_guide_is_not_built(
    driver: MainWindowDriver, opened: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("patterson_gui.__file__", str(tmp_path / "package" / "__init__.py"))
    driver.press("guide")
    assert opened == []
    assert "make docs" in driver.toasts()[-1]


def test_help_names_the_file_where_no_browser_can_be_started(
    driver: MainWindowDriver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    monkeypatch.setattr(help_commands, "guide_page", lambda page: tmp_path / page)
    driver.press("guide")
    assert str(tmp_path / "index.html") in driver.toasts()[-1]


@pytest.mark.parametrize("page", sorted(set(PAGES.values()) - GENERATED))
def test_every_page_of_the_help_menu_is_in_the_guide(page: str) -> None:
    assert (GUIDE / page).with_suffix(".md").is_file()


def test_help_shows_and_copies_what_the_check_of_the_installation_finds(
    driver: MainWindowDriver,
) -> None:
    driver.press("doctor")
    dialog = driver.dialog(DoctorDialog)
    driver.wait(lambda: "All is well." in dialog.text.toPlainText())
    driver.click(dialog.copy)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == driver.workbench.services.examine()
    dialog.close()


def test_a_check_of_the_installation_may_end_after_its_dialog_is_closed(
    driver: MainWindowDriver,
) -> None:
    driver.press("doctor")
    driver.dialog(DoctorDialog).close()
    driver.wait_until_idle()
    assert driver.toasts() == []
