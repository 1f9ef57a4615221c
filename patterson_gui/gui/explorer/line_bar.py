"""The line between two crystals, A and B, and the slider that moves along it."""

from PyQt6.QtCore import QEvent, QSignalBlocker, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.plain_text import plain_tip

STEPS = 1000
REST_MS = 180  # without movement: then the atoms are found
END_WIDTH = 144  # points; less in a narrow window


class RestTimer(QTimer):
    """Fires when a slider has not moved for a while."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(REST_MS)


class End(QFrame):
    """One end of the line: its crystal, and a button that sets the present one."""

    go_clicked = pyqtSignal()
    set_clicked = pyqtSignal()

    def __init__(self, letter: str) -> None:
        super().__init__()
        self._letter, self._name = letter, ""
        self.name = QToolButton()
        self.name.setObjectName("framed")
        self.name.clicked.connect(self.go_clicked)
        self.set_button = QPushButton(f"Set as {letter}")
        self.set_button.setToolTip(f"Make the decoded crystal end {letter} of the line")
        self.set_button.clicked.connect(self.set_clicked)
        self.setMinimumWidth(88)
        self.setMaximumWidth(END_WIDTH)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.set_button, 1, 0)
        self.set_name("")

    def set_name(self, name: str) -> None:
        """Show the name of the crystal; "" if the end is not set."""
        self._name = name
        self.name.setEnabled(bool(name))
        self.name.setToolTip(plain_tip(f"Go to {name}") if name else "This end is not set yet")
        self._elide()

    def _elide(self) -> None:
        text = f"{self._letter}  {self._name or '–'}"
        room = self.width() - 24
        self.name.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._elide()

    def sizeHint(self) -> QSize:
        return QSize(END_WIDTH, super().sizeHint().height())


class LineBar(QFrame):
    """Emits `moved` while the user drags, and `rested` when the slider has stopped."""

    moved = pyqtSignal(float)  # 0 at A to 1 at B
    rested = pyqtSignal()
    set_clicked = pyqtSignal(int)
    swap_clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.ends = (End("A"), End("B"))
        for i, end in enumerate(self.ends):
            end.go_clicked.connect(lambda i=i: self._go(i))
            end.set_clicked.connect(lambda i=i: self.set_clicked.emit(i))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setSingleStep(STEPS // 100)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(STEPS // 4)
        self.slider.setAccessibleName("Place between crystal A and crystal B")
        self.slider.setMinimumWidth(96)
        self.words = FittingLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.swap = QToolButton()
        self.swap.setObjectName("framed")
        self.swap.setIconSize(QSize(16, 16))
        self.swap.setToolTip("Swap A and B")
        self.swap.setAccessibleName("Swap A and B")
        self.swap.clicked.connect(self.swap_clicked)
        self._rest = RestTimer(self)
        self._rest.timeout.connect(self.rested)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self._released)
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 8, 16, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.ends[0], 0, 0, 2, 1)
        grid.addWidget(self.slider, 0, 1, 1, 2)
        grid.addWidget(self.words, 1, 1)
        grid.addWidget(self.swap, 1, 2)
        grid.addWidget(self.ends[1], 0, 3, 2, 1)
        self._restyle()
        self.show_line(("", ""), 0.0, ("",))

    def show_line(self, names: tuple[str, str], fraction: float, texts: tuple[str, ...]) -> None:
        """Show the names of both ends ("" if not set), the place on the line, and the longest of
        the texts that fits."""
        for end, name in zip(self.ends, names, strict=True):
            end.set_name(name)
        ready = all(names)
        self.slider.setEnabled(ready)
        self.swap.setEnabled(any(names))
        self.words.set_texts(*texts)
        self.words.setToolTip(plain_tip(texts[0]))
        if not self.slider.isSliderDown():
            blocker = QSignalBlocker(self.slider)
            self.slider.setValue(round(STEPS * fraction))
            del blocker

    def set_possible(self, possible: bool) -> None:
        """Enable the buttons that set an end."""
        for end in self.ends:
            end.set_button.setEnabled(possible)

    def _go(self, end: int) -> None:
        self.moved.emit(float(end))
        self._rest.start(0)

    def _slid(self, value: int) -> None:
        self.moved.emit(value / STEPS)
        self._rest.start(REST_MS)

    def _released(self) -> None:
        self._rest.start(0)

    def _restyle(self) -> None:
        self.swap.setIcon(icon("swap"))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._restyle()
