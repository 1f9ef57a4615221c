"""Accept files that are dropped on a window."""

from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QWidget

from patterson_gui.gui.widgets.not_none import not_none

NO_LOCAL_FILE = "Only files on this computer can be dropped here."


class DroppedFiles(QObject):
    """Belongs to one window, which accepts drops from then on.

    Signals
    -------
    dropped(path) : the file, the first one where several are dropped.
    added(path) : of each file, with the Shift key held: draw it over what is open.
    refused(sentence) : nothing dropped can be opened.
    ignored(sentence) : of several files, those after the first.
    """

    dropped = pyqtSignal(object)
    added = pyqtSignal(object)
    refused = pyqtSignal(str)
    ignored = pyqtSignal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if isinstance(event, QDragEnterEvent):
            if not_none(event.mimeData()).hasUrls():
                event.acceptProposedAction()
            return True
        if isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            self._take(event)
            return True
        return False

    def _take(self, event: QDropEvent) -> None:
        urls = not_none(event.mimeData()).urls()
        files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if not files:
            self.refused.emit(NO_LOCAL_FILE)
            return
        event.acceptProposedAction()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            for file in files:
                self.added.emit(file)
            return
        if len(files) > 1:
            self.ignored.emit(f"One file at a time: {files[0].name} is opened.")
        self.dropped.emit(files[0])
