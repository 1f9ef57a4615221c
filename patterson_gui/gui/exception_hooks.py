"""Show exceptions that nobody caught in the window, and report those that are unexpected."""

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PyQt6.QtWidgets import QApplication

from patterson_gui.app.jobs.notice import Notice
from patterson_gui.errors import UserError
from patterson_gui.gui.threads.gui_thread_calls import GuiThreadCalls


class ExceptionHooks:
    """Shows uncaught exceptions as messages in the window.

    Without this an exception in a slot aborts the program, and one in a thread goes unnoticed.
    `report` gets those that are no `UserError`; any thread may call it.
    """

    def __init__(
        self,
        show_notice: Callable[[Notice], None],
        report: Callable[[BaseException], object] = lambda _error: None,
    ) -> None:
        self._show_notice = show_notice
        self._report = report
        self._in_gui_thread = GuiThreadCalls()
        self._before: tuple[Any, Any, Any] | None = None

    def install(self) -> None:
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._main
        threading.excepthook = self._elsewhere
        sys.unraisablehook = self._elsewhere

    def remove(self) -> None:
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
            self._before = None

    def _main(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self._show(kind, error, trace)

    def _elsewhere(self, args: Any) -> None:
        self._show(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        print(details, file=sys.stderr, end="")
        cause = root_cause(error)
        if error is not None and not isinstance(cause, UserError):
            self._report(error)

        def show() -> None:
            if isinstance(cause, UserError):
                self._show_notice(Notice(str(cause), error=True))
                return
            text = f"Unexpected error: {cause or kind.__name__}"
            self._show_notice(Notice(text, error=True, details=details))

        self._in_gui_thread(show)


def root_cause(error: BaseException | None) -> BaseException | None:
    """The first error of a chain of "raise … from"."""
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    return error
