"""Fixture: a workbench with the made-up crystal open and a fake solver."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.jobs import JobRunner
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import Settings
from patterson_gui.app.solving.solving import Solving
from patterson_gui.app.workbench import Workbench
from tests.app.fake_solver import FakeSolver, write_example
from tests.app.fakes import fake_services
from tests.app.mailbox import Mailbox


@dataclass
class SolveDriver:
    """A workbench with the made-up crystal open."""

    workbench: Workbench
    saver: Saver
    mailbox: Mailbox
    solver: FakeSolver
    path: Path
    notices: list[Notice] = field(default_factory=list)

    @property
    def solving(self) -> Solving:
        return self.workbench.solving

    @property
    def document(self) -> Document:
        return self.workbench.document

    def wait_until_idle(self) -> None:
        self.mailbox.pump(lambda: not self.workbench.runner.busy)

    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]

    def solve(self) -> None:
        assert self.solving.start() is not None
        self.wait_until_idle()


@pytest.fixture
def unsolved(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> SolveDriver:
    solver = FakeSolver()
    workbench = Workbench(Document(), runner, fake_services(solver=solver), Settings())
    path = write_example(tmp_path)
    driver = SolveDriver(workbench, Saver(workbench), mailbox, solver, path)
    workbench.notice.connect(driver.notices.append)
    workbench.open(OpenRequest(path))
    driver.wait_until_idle()
    driver.notices.clear()
    return driver


@pytest.fixture
def solved(unsolved: SolveDriver) -> SolveDriver:
    unsolved.solve()
    unsolved.notices.clear()
    return unsolved
