"""Fixtures: the Explorer's window, with a linear function in place of the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.settings import SettingsStore
from patterson_gui.gui.application import make_window
from patterson_gui.gui.explorer.crystal_list import ChooseCrystalDialog
from patterson_gui.gui.explorer.window import ExplorerWindow
from patterson_gui.gui.window.main_window import MainWindow
from tests.app.fake_crystals import FakeCrystals
from tests.app.fakes import FakeViewers, fake_services
from tests.gui.main_window_driver import WAIT, shown_windows


@dataclass
class ExplorerDriver:
    """Drives the Explorer's window: does what a user does and reads what is shown."""

    main: MainWindow
    crystals: FakeCrystals
    programs: FakeViewers
    qtbot: QtBot

    @property
    def window(self) -> ExplorerWindow:
        window = self.main.explorer.window
        assert window is not None
        return window

    @property
    def explorer(self) -> Explorer:
        return self.main.explorer.explorer

    def open(self) -> None:
        self.main.window_actions["explore"].trigger()
        self.qtbot.waitExposed(self.window)

    def wait_until_idle(self) -> None:
        """Wait until no job runs and everything is drawn."""
        self.qtbot.waitUntil(
            lambda: (
                not self.main.workbench.runner.busy
                and not self.window.line._rest.isActive()
                and not self.window.directions._rest.isActive()
                and self.main.explorer.presenter.known_crystals.settled  # type: ignore[union-attr]
                and self.window.views.settled
            ),
            timeout=WAIT,
        )

    def toasts(self) -> list[str]:
        return [toast.text for toast in self.window.toasts.toasts]

    def click(self, widget: object) -> None:
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def press(self, name: str) -> None:
        action = self.window.by_name[name]
        assert action.isEnabled(), action.toolTip()
        action.trigger()

    def type(self, row: int, column: int, text: str) -> None:
        """Type into a cell of the table of atoms."""
        atoms = self.window.crystal.atoms
        atoms.setData(atoms.index(row, column), text)
        self.wait_until_idle()

    def row(self, row: int) -> list[str]:
        return [self.window.crystal.atoms.text(row, column) for column in range(5)]

    def dialog(self) -> ChooseCrystalDialog:
        found = [w for w in shown_windows() if isinstance(w, ChooseCrystalDialog)]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def unopened(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[ExplorerDriver]:
    """The main window before the Explorer is opened."""
    crystals, programs = FakeCrystals(), FakeViewers()
    services = fake_services(viewers=programs, crystals=crystals)
    main = make_window(services, SettingsStore(own_settings), tmp_path / "sent")
    main.show()
    qtbot.waitExposed(main)
    yield ExplorerDriver(main, crystals, programs, qtbot)
    for coder in crystals.coders.values():
        coder.go.set()
    if not sip.isdeleted(main):
        main.close_now()


@pytest.fixture
def driver(unopened: ExplorerDriver) -> ExplorerDriver:
    unopened.open()
    unopened.wait_until_idle()
    return unopened


@pytest.fixture
def two_crystals(driver: ExplorerDriver) -> ExplorerDriver:
    driver.explorer.open_known(1)
    driver.wait_until_idle()
    return driver
