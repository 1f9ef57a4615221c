"""Drives a workbench without a window."""

from dataclasses import dataclass, field

from patterson_gui.app.document.document import Document
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.other_programs.send_and_fetch import Viewers
from patterson_gui.app.save_commands import Saver
from patterson_gui.app.workbench import Workbench
from tests.app.fakes import FakePredictor, FakeViewers
from tests.app.mailbox import Mailbox


@dataclass
class Driver:
    """A workbench and the notices it emitted."""

    workbench: Workbench
    saver: Saver
    mailbox: Mailbox
    notices: list[Notice] = field(default_factory=list, kw_only=True)

    def __post_init__(self) -> None:
        self.workbench.notice.connect(self.notices.append)

    @property
    def document(self) -> Document:
        return self.workbench.document

    def wait_until_idle(self) -> None:
        """Run what is delivered until no job runs."""
        self.mailbox.pump(lambda: not self.workbench.runner.busy)

    def errors(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.error]


@dataclass
class WorkbenchDriver(Driver):
    """A workbench with its fake predictor and programs."""

    viewers: Viewers
    predictor: FakePredictor
    programs: FakeViewers
