"""The page of the preferences that lists every command with its key, and changes keys."""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.errors import UserError
from patterson_gui.gui.dialogs.preferences.record_key import RecordKeyButton
from patterson_gui.gui.widgets.keys import KeyLine, key_sequences, shown_key, usable_key
from patterson_gui.gui.widgets.labels import text_label
from patterson_gui.gui.widgets.not_none import not_none
from patterson_gui.gui.widgets.plain_text import PlainLabel

_COLUMNS = ("Command", "Menu", "Key", "Default")
_KEY_COLUMN = 2


class KeysPage(QWidget):
    """Emits `edited` when a key was changed; `chosen` has the keys that are not the defaults."""

    edited = pyqtSignal()

    def __init__(self, lines: Sequence[KeyLine], chosen: Mapping[str, str]) -> None:
        super().__init__()
        self._lines = {line.name: line for line in lines}
        self.chosen = dict(chosen)
        self._wanted: tuple[str, str, str] | None = None  # key, its owner, and who wants it
        self.search = QLineEdit()
        self.search.setAccessibleName("Words or key of a command")
        self.search.setPlaceholderText("Find by words or by key")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self._make_list()
        self._make_editor()
        self.sentence = text_label("")
        self.sentence.setProperty("warning", True)
        self.move_button = QPushButton("Move it here")
        self.move_button.setAutoDefault(False)
        policy = self.move_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the list does not jump when a sentence comes
        self.move_button.setSizePolicy(policy)
        self.move_button.clicked.connect(self._move)
        conflict = QHBoxLayout()
        conflict.addWidget(self.sentence, 1)
        conflict.addWidget(self.move_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addLayout(self._editor_row)
        layout.addLayout(conflict)
        self.list.setCurrentItem(self.list.topLevelItem(0))
        self._say("")

    def _make_list(self) -> None:
        self.list = QTreeWidget()
        self.list.setAccessibleName("Commands and their keys")
        self.list.setHeaderLabels(_COLUMNS)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        header = not_none(self.list.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        for line in self._lines.values():
            item = QTreeWidgetItem([line.words, line.menus, "", shown_key(line.default)])
            item.setData(0, Qt.ItemDataRole.UserRole, line.name)
            item.setToolTip(0, line.words)
            item.setToolTip(_KEY_COLUMN, "Click to record another key")
            self._items[line.name] = item
            self.list.addTopLevelItem(item)
            self._show_key(line.name)
        self.list.currentItemChanged.connect(lambda *_: self._show_current())
        self.list.itemClicked.connect(self._clicked)
        self.list.itemActivated.connect(lambda *_: self.recorder.record())

    def _make_editor(self) -> None:
        self.command = PlainLabel()
        self.recorder = RecordKeyButton()
        self.recorder.recorded.connect(self.record)
        self.no_key = QPushButton("No key")
        self.reset = QPushButton("Default")
        self.no_key.setToolTip("The command keeps its place in the menus")
        self.reset.setToolTip("Give this command the key that it comes with")
        self._editor_row = QHBoxLayout()
        self._editor_row.setSpacing(8)
        self._editor_row.addWidget(self.command, 1)
        self._editor_row.addWidget(self.recorder)
        for button in (self.no_key, self.reset):
            button.setAutoDefault(False)
            self._editor_row.addWidget(button)
        self.no_key.clicked.connect(lambda: self._set(self.current, ""))
        self.reset.clicked.connect(self._reset)

    # ------------------------------------------------------------------ showing
    @property
    def current(self) -> str:
        """The name of the chosen command."""
        item = self.list.currentItem()
        return "" if item is None else item.data(0, Qt.ItemDataRole.UserRole)

    def key(self, name: str) -> str:
        """The keys of a command as chosen here, as portable text."""
        return self.chosen.get(name, self._lines[name].default)

    def choose_command(self, name: str) -> None:
        """Go to a command."""
        self.list.setCurrentItem(self._items[name])

    def _show_key(self, name: str) -> None:
        item = self._items[name]
        item.setText(_KEY_COLUMN, shown_key(self.key(name)))
        font = item.font(_KEY_COLUMN)
        font.setBold(name in self.chosen)
        item.setFont(_KEY_COLUMN, font)

    def _show_current(self) -> None:
        name = self.current
        known = name in self._lines
        for widget in (self.recorder, self.no_key, self.reset):
            widget.setEnabled(known)
        if known:
            words = self._lines[name].words
            self.command.setText(f"Key of “{words}”")
            self.recorder.setAccessibleName(f"Key of {words}")
            self.recorder.show_keys(self.key(name))
            self.no_key.setEnabled(bool(self.key(name)))
            self.reset.setEnabled(name in self.chosen)
        else:
            self.command.setText("")
        self._say("")

    def _say(self, sentence: str, *, movable: bool = False) -> None:
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.move_button.setVisible(movable)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        first: QTreeWidgetItem | None = None
        for item in self._items.values():
            known = " ".join(item.text(column) for column in range(3)).casefold()
            shown = all(word in known for word in words)
            item.setHidden(not shown)
            if shown and first is None:
                first = item
        current = self.list.currentItem()
        if current is None or current.isHidden():
            self.list.setCurrentItem(first)

    # ------------------------------------------------------------------ changing
    def _clicked(self, _item: QTreeWidgetItem, column: int) -> None:
        if column == _KEY_COLUMN:
            self.recorder.record()

    def record(self, text: str) -> None:
        """Give the chosen command this key, or say why not."""
        name = self.current
        self.recorder.show_keys(self.key(name))
        try:
            key = usable_key(text)
        except UserError as error:
            self._say(str(error))
            return
        self._give(name, key)

    def _give(self, name: str, key: str) -> None:
        """Set a key, or offer to move it from the command that has it."""
        owner = next((other for other in self._lines if key in _listed(self.key(other))), name)
        if owner == name:
            self._set(name, key)
            return
        self._wanted = (key, owner, name)
        self._say(f"{shown_key(key)} is the key of “{self._lines[owner].words}”.", movable=True)

    def _move(self) -> None:
        if self._wanted is not None:
            key, owner, name = self._wanted
            left = [other for other in _listed(self.key(owner)) if other != key]
            self._set(owner, "; ".join(left))
            self._set(name, key)
            self.recorder.setFocus()

    def _reset(self) -> None:
        name = self.current
        default = self._lines[name].default
        if default:
            self._give(name, default)
        else:
            self._set(name, "")

    def _set(self, name: str, keys: str) -> None:
        if keys == self._lines[name].default:
            self.chosen.pop(name, None)
        else:
            self.chosen[name] = keys
        self._show_key(name)
        self._show_current()
        self.edited.emit()

    def restore_all(self) -> None:
        """Give every command the key that it comes with."""
        self.chosen.clear()
        for name in self._lines:
            self._show_key(name)
        self._show_current()
        self.edited.emit()


def _listed(keys: str) -> list[str]:
    return [sequence.toString() for sequence in key_sequences(keys)]
