"""Crashes of the window leave reports, which the next start offers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QDesktopServices, QGuiApplication

from patterson_gui.gui.exception_hooks import ExceptionHooks
from patterson_gui.gui.startup import note_actions, start
from patterson_gui.io.crashes.reports import CrashReports
from patterson_gui.io.crashes.watch import CrashWatch
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(90)]

ROOT = Path(__file__).resolve().parents[2]
# Starts the program as a user does, opens a file, and dies once the first picture is drawn.
CHILD = """
import os, signal, sys
from pathlib import Path
from patterson_gui.gui import application, startup
from tests.app.fakes import fake_services

start = startup.start
def start_and_die(window, path, crashes):
    start(window, path, crashes)
    def die():
        window.window_actions["reset_view"].trigger()
        os.kill(os.getpid(), signal.SIGSEGV)
    startup.when_drawn(window, die)
startup.start = start_and_die
sys.exit(application.run(fake_services(), Path(sys.argv[1])))
"""


@pytest.fixture
def reports(tmp_path: Path) -> CrashReports:
    return CrashReports(tmp_path / "crashes")


@pytest.fixture
def watched(driver: MainWindowDriver, reports: CrashReports) -> Iterator[MainWindowDriver]:
    watch = CrashWatch(reports)
    hooks = ExceptionHooks(driver.window.show_notice, watch.report)
    with watch:
        note_actions(driver.window, watch.note)
        hooks.install()
        yield driver
        hooks.remove()


def test_an_exception_in_the_window_leaves_a_report_without_user_data(
    watched: MainWindowDriver, reports: CrashReports, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        watched.window.views.view("Erika Mustermann/secret.pdb")  # type: ignore[arg-type]

    watched.press("reset_view")
    QTimer.singleShot(0, fail)
    watched.wait(lambda: bool(reports.new()))
    watched.wait(lambda: "Unexpected error" in " ".join(watched.toasts()))
    text = reports.text()
    assert "builtins.KeyError" in text
    assert "patterson_gui/gui/viewer3d/" in text
    assert "  reset_view\n" in text
    assert "Mustermann" not in text
    assert "secret" not in text
    assert str(ROOT) not in text
    assert "Mustermann" in capsys.readouterr().err  # on this computer's own terminal


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_next_start_offers_the_stacks_of_a_window_that_died(
    driver: MainWindowDriver, own_settings: Path, tmp_path: Path, shared_data: Path
) -> None:
    path = tmp_path / "Erika Mustermann.pdb"
    path.write_bytes((shared_data / "xray" / "1yjp.pdb").read_bytes())
    environment = os.environ | {"PATTERSON_GUI_CONFIG": str(own_settings)}
    died = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], cwd=ROOT, env=environment,
        capture_output=True, timeout=80, check=False,
    )  # fmt: skip
    assert died.returncode == -signal.SIGSEGV, died.stderr
    reports = CrashReports(own_settings / "crashes")
    with CrashWatch(reports):
        start(driver.window, None, reports)
        driver.answer("Copy the report")
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    text = clipboard.text()
    assert "Segmentation fault" in text
    assert "patterson_gui/gui/startup.py" in text
    assert "  reset_view" in text
    assert "Mustermann" not in text
    assert reports.new() == []
    driver.wait_until_idle()


@pytest.mark.parametrize(
    ("answer", "offered_again", "left"),
    [("Later", 1, 1), ("Discard it", 0, 0), ("Open its folder", 0, 1)],
)
def test_a_report_is_offered_until_it_is_answered(
    driver: MainWindowDriver, reports: CrashReports, monkeypatch: pytest.MonkeyPatch,
    answer: str, offered_again: int, left: int,
) -> None:  # fmt: skip
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    reports.add("head", "what", ())
    start(driver.window, None, reports)
    driver.answer(answer)
    driver.wait_until_idle()
    assert len(reports.new()) == offered_again
    assert len(list(reports.folder.iterdir())) == left
    assert opened == ([str(reports.folder)] if answer == "Open its folder" else [])
