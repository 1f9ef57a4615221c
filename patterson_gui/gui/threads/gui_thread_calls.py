"""Run calls from any thread in the GUI thread."""

from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, pyqtSignal


class GuiThreadCalls(QObject):
    """A callable that runs its argument, a function without arguments, in the thread in which
    this object was made; in the order of the calls, and never before the caller goes on."""

    _call = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._call.connect(self._run, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def __call__(self, call: Callable[[], None]) -> None:
        self._call.emit(call)

    @staticmethod
    def _run(call: Callable[[], None]) -> None:
        call()
