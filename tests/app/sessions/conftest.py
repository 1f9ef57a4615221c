"""Fixtures: a workbench with its sessions, and a second one that opens them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.sessions.autosave import Autosave
from patterson_gui.app.sessions.sessions import Sessions
from patterson_gui.app.settings import Settings
from patterson_gui.app.workbench import Workbench
from patterson_gui.io.sessions.session import CameraPart, WindowPart
from tests.app.fakes import FakePredictor, fake_services
from tests.app.mailbox import Mailbox

WINDOW = WindowPart(
    cameras={"true": CameraPart(rotation=(1, 0, 0, 0), target=(1, 2, 3), span=9)}, tab="Jobs"
)


@dataclass
class SessionDriver:
    """A workbench with its sessions."""

    workbench: Workbench
    sessions: Sessions
    mailbox: Mailbox
    predictor: FakePredictor
    notices: list[Notice]
    opened: list[tuple[Path, WindowPart]]

    @property
    def document(self) -> Document:
        return self.workbench.document

    def wait_until_idle(self) -> None:
        self.mailbox.pump(lambda: not self.workbench.runner.busy)

    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]

    def save(self, path: Path) -> Path:
        self.sessions.save(path, WINDOW)
        self.wait_until_idle()
        assert self.errors() == []
        return path

    def open(self, path: Path) -> None:
        self.sessions.open(path)
        self.wait_until_idle()

    def predict(self, seed: int) -> None:
        self.workbench.settings.prediction.seed = seed
        self.workbench.predicting.start()
        self.wait_until_idle()

    def autosave(self, folder: Path) -> Autosave:
        return Autosave(self.sessions, self.workbench, folder)

    def let_go(self, autosave: Autosave) -> None:
        """End without a clean end, as a kill does: the locks alone go."""
        autosave._lock.close()


def make_driver() -> SessionDriver:
    mailbox, predictor = Mailbox(), FakePredictor()
    workbench = Workbench(Document(), JobRunner(mailbox), fake_services(predictor), Settings())
    sessions = Sessions(workbench)
    driver = SessionDriver(workbench, sessions, mailbox, predictor, [], [])
    workbench.notice.connect(driver.notices.append)
    sessions.opened.connect(lambda path, part: driver.opened.append((path, part)))
    return driver


@pytest.fixture
def first() -> Iterator[SessionDriver]:
    driver = make_driver()
    yield driver
    assert driver.workbench.runner.shutdown()


@pytest.fixture
def second() -> Iterator[SessionDriver]:
    driver = make_driver()
    yield driver
    assert driver.workbench.runner.shutdown()
