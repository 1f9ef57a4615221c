"""Offer reports of crashes of earlier runs: open their folder, copy them, or discard them."""

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices

from patterson_gui.gui.dialogs.ask import Ask
from patterson_gui.gui.widgets.clipboard import copy_text
from patterson_gui.io.crashes.reports import CrashReports


def offer_reports(ask: Ask, reports: CrashReports) -> None:
    """Ask what to do with the new reports, if there are any; "Later" asks at the next start."""
    if not reports.new():
        return

    def open_folder() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(reports.folder)))
        reports.mark_seen()

    def copy() -> None:
        copy_text(reports.text())
        reports.mark_seen()

    ask.question(
        "The program met an unexpected error or crashed in an earlier run.",
        "A report is saved on this computer. It contains versions, where in the program it "
        "happened, and the names of the last actions, but no file names and no data. Nothing is "
        "sent. You can attach the report when you describe the problem to the developers.",
        [
            ("Open its folder", open_folder),
            ("Copy the report", copy),
            ("Discard it", reports.forget),
        ],
        stay="Later",
    )
