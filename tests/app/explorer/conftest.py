"""Fixtures: the Explorer without a window, with a linear function in place of the network."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.save_and_send import ExplorerExport
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.settings import Settings
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.material import Material
from tests.app.fake_crystals import KNOWN, FakeCrystals
from tests.app.fakes import FakeViewers, fake_services
from tests.app.mailbox import Mailbox


@dataclass
class ExplorerDriver:
    """An Explorer with its fake services and the notices it emitted."""

    explorer: Explorer
    export: ExplorerExport
    crystals: FakeCrystals
    programs: FakeViewers
    mailbox: Mailbox
    runner: JobRunner
    notices: list[Notice] = field(default_factory=list)

    def wait_until_idle(self) -> None:
        self.mailbox.pump(lambda: not self.runner.busy)

    def open(self, material: Material) -> None:
        self.explorer.encoding.open_material(material)
        self.wait_until_idle()

    @property
    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]


@pytest.fixture
def unstarted(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> Iterator[ExplorerDriver]:
    """An Explorer that is not started yet."""
    crystals, programs = FakeCrystals(), FakeViewers()
    services = fake_services(viewers=programs, crystals=crystals)
    explorer = Explorer(runner, services.crystals)
    workbench = Workbench(Document(), runner, services, Settings())
    viewers = Viewers(workbench, tmp_path / "sent")
    export = ExplorerExport(explorer, runner, viewers)
    driver = ExplorerDriver(explorer, export, crystals, programs, mailbox, runner)
    explorer.notice.connect(driver.notices.append)
    yield driver
    for coder in crystals.coders.values():
        coder.go.set()


@pytest.fixture
def driver(unstarted: ExplorerDriver) -> ExplorerDriver:
    unstarted.explorer.start()
    unstarted.wait_until_idle()
    return unstarted


@pytest.fixture
def two_crystals(driver: ExplorerDriver) -> ExplorerDriver:
    driver.open(KNOWN[1])
    return driver
