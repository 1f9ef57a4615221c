"""Brings calls from any thread to the GUI thread."""

from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, pyqtSignal


class Deliverer(QObject):
    """A callable that has its argument run in the thread it was made in, in order."""

    _call = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._call.connect(self._run, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def __call__(self, call: Callable[[], None]) -> None:
        self._call.emit(call)

    @staticmethod
    def _run(call: Callable[[], None]) -> None:
        call()
