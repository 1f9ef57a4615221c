"""The Help menu: pages of the guide in the web browser, hints, a check of the installation."""

from functools import partial

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices

from patterson_gui.app.jobs.jobs import Failure, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.errors import UserError
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.dialogs.about import AboutDialog
from patterson_gui.gui.dialogs.doctor import DoctorDialog
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.io.resources import guide_page

# Pages by the action that opens them. The guide is on the disk: no network is needed.
PAGES = {
    "guide": "index.html",
    "guide_tour": "tour.html",
    "guide_solved": "how/solved.html",
    "guide_glossary": "glossary.html",
    "guide_commands": "reference/commands.html",
    "guide_api": "reference/api.html",
}


class HelpCommands:
    """Help for one window."""

    def __init__(self, context: CommandContext, centre: CentralArea) -> None:
        self._context = context
        self._centre = centre

    def connect(self) -> None:
        """Connect the actions of the Help menu."""
        actions = self._context.actions
        for action, page in PAGES.items():
            actions.on(action, partial(self._open, page))
        actions.on("hints", self._centre.hints.show)
        actions.on("doctor", self._examine)
        actions.on("about", lambda: AboutDialog(self._context.ask.parent).open())

    def _examine(self) -> None:
        """Examine the installation in a job, and show what is found."""
        dialog = DoctorDialog(self._context.ask.parent)
        workbench = self._context.workbench
        shown = True

        def closed(_result: int) -> None:
            nonlocal shown
            shown = False

        def done(text: str) -> None:
            if shown:
                dialog.show_text(text)

        def failed(failure: Failure) -> None:
            if shown:
                dialog.show_text(failure.sentence)

        dialog.finished.connect(closed)
        dialog.open()
        workbench.runner.submit(
            "Checking the installation", lambda context: workbench.services.examine(),
            lane=Lane.PROGRAMS, key="doctor", quiet=True, on_done=done, on_failed=failed,
        )  # fmt: skip

    def _open(self, page: str) -> None:
        """Show a page of the guide in the web browser, or say why it cannot be shown."""
        try:
            path = guide_page(page)
        except UserError as error:
            self._context.show_notice(Notice(str(error), error=True))
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._context.show_notice(
                Notice(f"No web browser could be started: open {path} in one yourself.", error=True)
            )
