"""A dialog that finds any action of the menus by its words and runs it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from patterson_gui.gui.dialogs.find.fuzzy import rank
from patterson_gui.gui.widgets.not_none import not_none

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Command:
    """An action, and the menus that lead to it, such as `View ▸ Theme`."""

    action: QAction
    menus: str

    @property
    def name(self) -> str:
        return self.action.text().replace("&", "")

    @property
    def id(self) -> str:
        """The name of the action in the settings; empty: it has none, as a recent file."""
        return self.action.objectName()

    @property
    def key(self) -> str:
        native = QKeySequence.SequenceFormat.NativeText
        return " or ".join(key.toString(native) for key in self.action.shortcuts())

    @property
    def reason(self) -> str:
        """Why the action is disabled; empty where it is enabled or the reason is not known."""
        return "" if self.action.isEnabled() else self.action.property("reason") or ""

    def rank(self, text: str) -> int | None:
        """How well what was typed fits name, menus and tooltip, 0 best; None: not at all."""
        return rank(text, self.name, f"{self.menus} {self.action.toolTip()}")


def commands_of(window: QMainWindow) -> list[Command]:
    """Every action of the menu bar, each once, in the order of the menus."""
    found: dict[QAction, Command] = {}

    def walk(actions: list[QAction], menus: tuple[str, ...]) -> None:
        for action in actions:
            menu = action.menu()
            if menu is not None:
                walk(menu.actions(), (*menus, action.text().replace("&", "")))
            elif action.isVisible() and not action.isSeparator():
                found.setdefault(action, Command(action, " ▸ ".join(menus)))

    walk(not_none(window.menuBar()).actions(), ())
    return list(found.values())


class FindCommandDialog(QDialog):
    """Type words or letters, choose with the arrow keys, run with Enter. Esc closes.

    Signals
    -------
    used(str) : the name of the action that is run.
    """

    used = pyqtSignal(str)

    def __init__(self, window: QMainWindow, recent: Sequence[str] = ()) -> None:
        """`recent` : names of the actions that were run from here, newest first; they come first
        among those that fit equally well."""
        super().__init__(window)
        self._recent = list(recent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Find a command")
        self.resize(720, 440)
        self._commands = commands_of(window)
        self.search = QLineEdit()
        self.search.setAccessibleName("Words of the command")
        self.search.setPlaceholderText("Type words or letters of a command; Enter runs it")
        self.search.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Commands")
        self.list.setHeaderLabels(["Command", "Menu", "Key"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = not_none(self.list.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._run)
        self.list.itemActivated.connect(lambda _item, _column: self._run())
        self.search.installEventFilter(self)
        self._fill("")
        self.search.setFocus()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The arrow keys move in the list while the text has the focus."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if isinstance(event, QKeyEvent) and pressed and event.key() in _MOVES:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        self.list.clear()
        ranked = [
            (found, self._place(command), command)
            for command in self._commands
            if (found := command.rank(text)) is not None
        ]
        ranked.sort(key=lambda entry: entry[:2])  # stable: order of the menus
        for _rank, _place, command in ranked:
            name = command.name
            if command.reason:
                name = f"{name.rstrip('…')}: {command.reason}"
            item = QTreeWidgetItem([name, command.menus, command.key])
            item.setData(0, Qt.ItemDataRole.UserRole, command)
            item.setToolTip(0, command.action.toolTip())
            if not command.action.isEnabled():
                grey = self.palette().brush(
                    self.palette().ColorGroup.Disabled, self.palette().ColorRole.Text
                )
                for column in range(3):
                    item.setForeground(column, grey)
            self.list.addTopLevelItem(item)
        self.list.setCurrentItem(self.list.topLevelItem(0))

    def _place(self, command: Command) -> int:
        """Among those that were used last; others come after these."""
        return self._recent.index(command.id) if command.id in self._recent else len(self._recent)

    def _run(self) -> None:
        """Close, then run the chosen command; a disabled one leaves the dialog open."""
        item = self.list.currentItem()
        if item is None:
            return
        action = item.data(0, Qt.ItemDataRole.UserRole).action
        if action.isEnabled():
            self.accept()
            if action.objectName():
                self.used.emit(action.objectName())
            action.trigger()
