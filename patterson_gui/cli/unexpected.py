"""Errors that no command foresaw, as one sentence and a report of the crash."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.parser import COMMANDS

# With this variable set, every error also shows its traceback, for who wants to fix it.
DEBUG = "PATTERSON_GUI_DEBUG"

_machine_fault = lazy_function("patterson_gui.io.machine_faults", "machine_fault")
_reports = lazy_function("patterson_gui.io.crashes.reports", "CrashReports")
_crashes_folder = lazy_function("patterson_gui.io.places", "crashes_folder")
_traceback_text = lazy_function("patterson_gui.io.crashes.reports", "traceback_text")
_versions_text = lazy_function("patterson_gui.io.crashes.reports", "versions_text")


def show_traceback(error: BaseException) -> None:
    """Print the traceback to standard error if `DEBUG` is set."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error, file=sys.stderr)


def sentence_of(error: Exception, arguments: Sequence[str]) -> str:
    """The sentence for an unforeseen error; a report is written where the program is at fault.

    The report holds neither messages nor file names, and of the arguments the command alone.
    """
    fault: str | None = _machine_fault(error)
    if fault is not None:
        return fault
    command = arguments[0] if arguments and arguments[0] in COMMANDS else "patterson-gui"
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    report: Path | None = _reports(_crashes_folder()).add(
        _versions_text(), _traceback_text(error), [f"patterson-gui {command}"]
    )
    where = f"a report without your data is in {report}" if report else "no report could be written"
    return (
        f"{command} failed by a fault of the program ({what}): {where}; set {DEBUG}=1 to see "
        "where it happened, and report it."
    )
