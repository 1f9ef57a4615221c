"""A sheet over the window: keys and mouse actions by group. Any key or click closes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QMargins, QObject, QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from patterson_gui.gui.widgets.keys import is_modifier
from patterson_gui.gui.widgets.labels import set_property
from patterson_gui.gui.widgets.plain_text import PlainLabel
from patterson_gui.gui.widgets.scrolled import scrolled

MOST_COLUMNS = 4
BAR_WIDTH = 14  # of the scroll bar, in a window that is too low
_SHADE = QColor(0, 0, 0, 110)


@dataclass(frozen=True)
class KeyGroup:
    """A heading, and rows of a key or mouse action and what it does."""

    title: str
    rows: tuple[tuple[str, str], ...]


# What the views do with mouse and keys; these are no commands of the menus.
VIEW_GROUPS = (
    KeyGroup(
        "Views of maps",
        (
            ("Drag", "turn"),
            ("Shift+drag", "move; also middle drag"),
            ("Ctrl+wheel", "zoom; also right drag"),
            ("Wheel, + −", "contour level"),
            ("Click", "put the cursor there"),
            ("Arrows", "turn"),
        ),
    ),
    KeyGroup(
        "Drawing of sections",
        (
            ("Wheel, arrows", "next and previous section"),
            ("Page Up, Page Down", "five sections on, five back"),
            ("Ctrl+wheel", "enlarge"),
            ("Drag", "move what is enlarged"),
            ("Click", "put the cursor there"),
            ("Double click, Home", "whole section"),
        ),
    ),
    KeyGroup(
        "Tables",
        (
            ("Click, arrows", "go to the row"),
            ("Click on a heading", "sort"),
            ("Ctrl+C", "copy the rows"),
            ("Del", "remove the site or the atoms"),
        ),
    ),
)


class KeySheet(QWidget):
    """Covers a window until any key or click."""

    def __init__(self, window: QWidget, groups: Sequence[KeyGroup]) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Keys and mouse actions")
        self.groups = tuple(groups)
        self.setAccessibleDescription(
            " ".join(f"{g.title}: " + "; ".join(f"{k} {w}" for k, w in g.rows) for g in groups)
        )
        self._before = QApplication.focusWidget()
        self._card = QFrame()
        self._card.setObjectName("hints")
        self._scroll = scrolled(self._card)
        self._scroll.setParent(self)
        self._columns: list[QWidget] = []
        self._layout = QHBoxLayout(self._card)
        self._layout.setContentsMargins(16, 16, 16, 8)
        self._layout.setSpacing(16)
        window.installEventFilter(self)
        self._cover()
        self.show()
        self.raise_()
        self.setFocus()

    # ------------------------------------------------------------------ layout
    def _cover(self) -> None:
        """Cover the window, with as many columns as fit."""
        window = self.parentWidget()
        assert window is not None
        self.setGeometry(window.rect())
        room = self.size().shrunkBy(QMargins(8, 8, 8, 8))
        for number in range(min(MOST_COLUMNS, len(self.groups)), 0, -1):
            self._fill(number)
            if self._card.sizeHint().width() <= room.width():
                break
        size = self._card.sizeHint()
        bar = 0 if size.height() <= room.height() else BAR_WIDTH
        place = QRect(QPoint(), QSize(size.width() + 2 + bar, size.height() + 2).boundedTo(room))
        place.moveCenter(self.rect().center())
        self._scroll.setGeometry(place)

    def _fill(self, number: int) -> None:
        """Share the groups among columns of about the same height, in their order."""
        if number == len(self._columns):
            return
        for column in self._columns:
            self._layout.removeWidget(column)
            column.hide()
            column.deleteLater()
        heights = [len(group.rows) + 2 for group in self.groups]
        shared = share(heights, number)
        self._columns = [self._column([self.groups[i] for i in part]) for part in shared if part]
        for column in self._columns:
            self._layout.addWidget(column, 1)
            column.show()  # now: the size of the card is asked for before Qt would show it
        self._layout.activate()

    def _column(self, groups: Sequence[KeyGroup]) -> QWidget:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for group in groups:
            heading = PlainLabel(group.title)
            heading.setObjectName("heading")
            layout.addWidget(heading)
            grid = QGridLayout()
            grid.setContentsMargins(0, 0, 0, 8)
            grid.setHorizontalSpacing(12)
            grid.setVerticalSpacing(2)
            grid.setColumnStretch(1, 1)
            for row, (key, words) in enumerate(group.rows):
                key_label, words_label = PlainLabel(key), PlainLabel(words)
                font = key_label.font()
                font.setBold(True)
                key_label.setFont(font)
                set_property(words_label, "dim", True)
                grid.addWidget(key_label, row, 0)
                grid.addWidget(words_label, row, 1)
            layout.addLayout(grid)
        layout.addStretch()
        return column

    # ------------------------------------------------------------------ Qt's events
    def paintEvent(self, event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), _SHADE)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Cover the window also when its size changes."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent | None) -> bool:
        """Any key closes, also one that is a command's; it is not run."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                if not is_modifier(event.key()):
                    self._leave()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self._leave()

    def _leave(self) -> None:
        """Close, and give the focus back."""
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self.close()


def share(heights: Sequence[int], number: int) -> list[list[int]]:
    """Numbers of the groups in each of `number` columns, in their order; the highest column is as
    low as that allows."""
    for most in range(max(heights, default=0), sum(heights) + 1):
        columns: list[list[int]] = [[]]
        filled = 0
        for i, height in enumerate(heights):
            if filled + height > most:
                columns.append([])
                filled = 0
            columns[-1].append(i)
            filled += height
        if len(columns) <= number:
            return columns
    return [list(range(len(heights)))]
