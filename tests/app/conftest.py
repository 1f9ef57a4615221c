"""Fixtures: a workbench without a window, with a fake predictor and fake programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import Settings
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.io.opening.models import read_model
from tests.app.fakes import FakePredictor, FakeViewers, fake_services
from tests.app.mailbox import Mailbox
from tests.app.workbench_driver import WorkbenchDriver


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


@pytest.fixture
def driver(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> WorkbenchDriver:
    predictor, programs = FakePredictor(), FakeViewers()
    workbench = Workbench(Document(), runner, fake_services(predictor, programs), Settings())
    saver, viewers = Saver(workbench), Viewers(workbench, tmp_path / "sent")
    return WorkbenchDriver(workbench, saver, mailbox, viewers, predictor, programs)


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
