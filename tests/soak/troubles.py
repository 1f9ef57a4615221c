"""Collect what a user must never see: unexpected errors, warnings of Qt, exceptions."""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from patterson_gui.gui.widgets.messages.toasts import ToastArea

# Errors that are right for what the user does.
EXPECTED = (
    r"is not a .* that can be opened|cannot be (opened|read|used)",
    r"holds (no|neither)|has no|no unit cell",
    r"[Nn]othing is open there|nothing to send|cannot be encoded|not decoded yet",
    # Asked for in a dialog that was answered after another file was opened.
    r"[Oo]pen a file first|There is no (model|prediction)|Predict the density first",
    r"There are no Patterson peaks|is busy with an earlier request|does not fit into a cube",
    r"choose (another|a file|coordinates|limits between which)",
    r"add a (map|model) of the same crystal",
    r"choose (a crystal with a cell below|an ordered crystal)",
    r"Solve the structure to the end first",
    r"open the|give|set|check|correct",
    r"is not in this installation",
)
# Of the platform, not of the program.
_OF_THE_SYSTEM = ("propagateSizeHints", "XDG_RUNTIME_DIR", "portal", "This plugin does not support")


class Troubles:
    """Listens to messages of every window, of Qt, and to exceptions that nobody caught.

    Attributes
    ----------
    action : what the user does now.
    found : number of each kind of trouble, with the action.
    refused : number of errors that are sentences for the user.
    """

    def __init__(self) -> None:
        self.action = ""
        self.found: Counter[str] = Counter()
        self.refused = 0
        self._add, self._hook = ToastArea.add, sys.excepthook
        self._handler = qInstallMessageHandler(self._message)
        troubles = self

        def add(area: ToastArea, text: str, **how: Any) -> None:
            troubles.take(text, **how)
            troubles._add(area, text, **how)

        ToastArea.add = add  # type: ignore[method-assign]

    def end(self) -> None:
        ToastArea.add = self._add  # type: ignore[method-assign]
        qInstallMessageHandler(self._handler)

    def take(self, text: str, *, error: bool = False, details: str | None = None) -> None:
        """A message of the window. One with details is of an unexpected error."""
        if details is not None:
            self.found[f"{self.action}: {text}\n{details}"] += 1
        elif error and not _is_expected(text, EXPECTED):
            self.found[f"{self.action}: {text}"] += 1
        elif error:
            self.refused += 1

    def _message(self, kind: QtMsgType, _context: QMessageLogContext, text: str | None) -> None:
        words = text or ""
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            return
        if not any(part in words for part in _OF_THE_SYSTEM):
            self.found[f"{self.action}: Qt: {words}"] += 1


def _is_expected(text: str, patterns: Sequence[str]) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)
