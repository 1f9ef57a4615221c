"""Fixture: a workbench with the made-up crystal open and a fake solver."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.settings import Settings
from patterson_gui.app.solving.solving import Solving
from patterson_gui.app.workbench import Workbench
from tests.app.fake_solver import FakeSolver, write_example
from tests.app.fakes import fake_services
from tests.app.mailbox import Mailbox
from tests.app.workbench_driver import Driver


@dataclass
class SolveDriver(Driver):
    """A workbench with the made-up crystal open."""

    solver: FakeSolver
    path: Path

    @property
    def solving(self) -> Solving:
        return self.workbench.solving

    def solve(self) -> None:
        assert self.solving.start() is not None
        self.wait_until_idle()


@pytest.fixture
def unsolved(runner: JobRunner, mailbox: Mailbox, tmp_path: Path) -> SolveDriver:
    solver = FakeSolver()
    workbench = Workbench(Document(), runner, fake_services(solver=solver), Settings())
    path = write_example(tmp_path)
    driver = SolveDriver(workbench, Saver(workbench), mailbox, solver, path)
    workbench.open(OpenRequest(path))
    driver.wait_until_idle()
    driver.notices.clear()
    return driver


@pytest.fixture
def solved(unsolved: SolveDriver) -> SolveDriver:
    unsolved.solve()
    unsolved.notices.clear()
    return unsolved
