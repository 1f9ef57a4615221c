"""The Python console in the real window."""

import os
import re
import signal
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from patterson_gui.gui.console import availability
from patterson_gui.gui.console.availability import console_blocked
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = [pytest.mark.gui, pytest.mark.timeout(120)]

needs_console = pytest.mark.skipif(
    console_blocked() is not None, reason="the extra console is not installed"
)


_PROMPT = re.compile(r"In \[\d+\]: *$")


class Typist:
    """Opens the console, types into it and reads it."""

    def __init__(self, driver: MainWindowDriver, qtbot: QtBot) -> None:
        self.driver, self._qtbot = driver, qtbot
        driver.press("console")
        driver.wait(lambda: driver.window.console.panel is not None)
        panel = driver.window.console.panel
        assert panel is not None
        self.panel = panel
        self.wait_for("crystal and maps are those of")

    @property
    def text(self) -> str:
        return self.panel.console._control.toPlainText()

    @property
    def process(self) -> int:
        return int(self.panel.kernel.manager.provisioner.process.pid)

    def wait_for(self, words: str) -> None:
        self.driver.wait(lambda: words in self.text)

    def type(self, line: str) -> None:
        # What is typed before the prompt is there is lost.
        if line:
            self.driver.wait(lambda: _PROMPT.search(self.text) is not None)
        control = self.panel.console._control
        self._qtbot.keyClicks(control, line)
        self._qtbot.keyClick(control, Qt.Key.Key_Return)

    def ask(self, line: str, answer: str) -> None:
        """Type a line and wait for its answer."""
        before = self.text.count(answer)
        self.type(line)
        self.driver.wait(lambda: self.text.count(answer) > before)


@pytest.fixture
def quiet_ipython(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


@needs_console
@pytest.mark.usefixtures("quiet_ipython")
def test_the_console_has_the_crystal_and_its_maps_and_the_window_lives(
    driver: MainWindowDriver, qtbot: QtBot
) -> None:
    driver.open_example()
    typist = Typist(driver, qtbot)
    truth = driver.document.truth
    assert truth is not None
    typist.ask("print('name', crystal.name, sorted(maps))", "name 1yjp A:6-7 ['patterson', 'true']")
    typist.ask("print('cell', crystal.cell.a, pg.__name__)", "cell 12.0 patterson_gui")
    typist.ask(
        "print('sum %.3f' % np.abs(maps['true'].grid).sum())", f"sum {abs(truth.grid).sum():.3f}"
    )
    # A prediction is handed over once it is there.
    driver.click(driver.window.predict_button)
    driver.wait(lambda: typist.text.count("crystal and maps are those of") == 2)
    typist.ask("print('there', 'predicted' in maps)", "there True")

    # A long command does not hold the window, and can be interrupted.
    typist.type("while True: pass")
    typist.type("")
    driver.wait(typist.panel.interrupt.isEnabled)
    views = driver.window.views.views[0].viewport
    pictures = views.pictures
    views._move_to(views.camera.turned(0.3, 0.1))
    driver.wait(lambda: views.pictures > pictures)
    driver.click(typist.panel.interrupt)
    typist.wait_for("KeyboardInterrupt")
    driver.wait(lambda: not typist.panel.interrupt.isEnabled())

    # A kernel that ends is started again, with the crystal.
    first = typist.process
    os.kill(first, signal.SIGKILL)
    driver.wait(lambda: typist.text.count("crystal and maps are those of") == 3)
    assert typist.process != first
    typist.ask("print('again', crystal.composition.n_atoms)", "again 21")
    driver.click(typist.panel.restart)
    driver.wait(lambda: "1yjp" in typist.text.rsplit("Python was started again.")[-1])
    driver.press("console")  # does not open a second one
    assert driver.window.tables.currentWidget() is typist.panel

    folder, process = driver.window.console._folder, typist.process
    driver.window.close_now()
    driver.wait(lambda: not _runs(process))
    assert folder is not None
    assert not folder.exists()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_without_the_libraries_the_menu_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    there = availability.find_spec
    monkeypatch.setattr(
        availability, "find_spec", lambda name: None if name == "qtconsole" else there(name)
    )
    driver: MainWindowDriver = request.getfixturevalue("driver")
    action = driver.window.window_actions["console"]
    assert not action.isEnabled()
    assert action.toolTip() == (
        "The console needs qtconsole: install it with pip install 'patterson-gui[console]'."
    )
