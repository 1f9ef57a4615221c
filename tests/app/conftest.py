"""Fixtures: a workbench without a window, with a fake predictor and fake programs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import MAP_LAYERS
from patterson_gui.app.jobs.jobs import JobRunner
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import Settings
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.io.opening.models import read_model
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.app.mailbox import Mailbox


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def runner(mailbox: Mailbox) -> Iterator[JobRunner]:
    runner = JobRunner(mailbox)
    yield runner
    assert runner.shutdown()


@pytest.fixture(scope="session")
def protein(shared_data: Path) -> Path:
    return shared_data / "xray" / "1aba.pdb"


@pytest.fixture(scope="session")
def fragment(protein: Path) -> Crystal:
    return make_fragment(read_model(protein), "A", "10", "11")


@dataclass
class WorkbenchDriver:
    """A workbench with its fake predictor and programs, and the notices it emitted."""

    workbench: Workbench
    saver: Saver
    viewers: Viewers
    mailbox: Mailbox
    predictor: FakePredictor
    programs: FakeViewers
    notices: list[Notice] = field(default_factory=list)

    @property
    def document(self) -> Document:
        return self.workbench.document

    def wait_until_idle(self) -> None:
        """Run what is delivered until no job runs."""
        self.mailbox.pump(lambda: not self.workbench.runner.busy)

    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]


@pytest.fixture
def driver(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> WorkbenchDriver:
    predictor, programs = FakePredictor(), FakeViewers()
    workbench = Workbench(Document(), runner, fake_services(predictor, programs), Settings())
    colours = dict.fromkeys(MAP_LAYERS, "#123456")
    saver, viewers = Saver(workbench), Viewers(workbench, colours, tmp_path / "sent")
    driver = WorkbenchDriver(workbench, saver, viewers, mailbox, predictor, programs)
    workbench.notice.connect(driver.notices.append)
    return driver


@pytest.fixture
def predicted(driver: WorkbenchDriver, fragment: Crystal) -> WorkbenchDriver:
    driver.predictor.truth = fragment
    driver.workbench.show(fragment)
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    driver.notices.clear()
    return driver


@pytest.fixture
def built(driver: WorkbenchDriver, fragment: Crystal) -> WorkbenchDriver:
    """A workbench after a prediction with built atoms."""
    driver.predictor.truth = fragment
    driver.predictor.atoms = True
    driver.workbench.show(fragment)
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    driver.notices.clear()
    return driver
