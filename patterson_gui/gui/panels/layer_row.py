"""One row of the layers panel: whether a layer is shown and, of a map, its level and style."""

from PyQt6.QtCore import QEvent, QPoint, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.gui.viewer3d.layers.colour_dot import ColourDot
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import FittingLabel
from patterson_gui.gui.widgets.plain_text import plain_tip

STEPS_PER_RMSD = 20
LEVEL_WIDTH = 96
_BUTTON = 22
_BOX = 22  # the box of a check box and the space to its text


class ElidingCheckBox(QCheckBox):
    """A check box that cuts a long text short where there is little room."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_name(text)

    def set_name(self, text: str) -> None:
        """Set the text; screen readers get all of it."""
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self._fit()
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._whole) + _BOX + 4
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), 72), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room, middle = max(self.width() - _BOX, 0), Qt.TextElideMode.ElideMiddle
        cut = self.fontMetrics().elidedText(self._whole, middle, room)
        self.setText(cut.replace("&", "&&"))


class LayerRow(QWidget):
    """One layer: shown or not, and for a map its level and style.

    Signals
    -------
    visible_changed, level_changed (rmsd), style_changed : by the user.
    menu_wanted(QPoint) : of the layer, at a place of the screen.
    """

    visible_changed = pyqtSignal(bool)
    level_changed = pyqtSignal(float)
    style_changed = pyqtSignal(str)
    menu_wanted = pyqtSignal(object)

    def __init__(self, name: str, *, highest: float | None = None, menu: bool = False) -> None:
        """`highest` : rmsd, of the slider of a map; None: it is no map. `menu` : whether the row
        has a button for its menu."""
        super().__init__()
        self.shown = ElidingCheckBox(name)
        self.shown.toggled.connect(self.visible_changed)
        self.swatch = ColourDot(10, margin=2)
        self.units = FittingLabel()
        self.units.setProperty("dim", True)
        self.units.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(1)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        self._first.setSpacing(4)
        self._second.setSpacing(8)
        lines.addLayout(self._first)
        lines.addLayout(self._second)
        self._first.addWidget(self.swatch)
        self._first.addWidget(self.shown)
        self._first.addWidget(self.units, 1)
        self.level: QDoubleSpinBox | None = None
        self.slider: QSlider | None = None
        self.surface: QToolButton | None = None
        self.menu: QToolButton | None = None
        self._has_menu = menu
        if highest is not None:
            self._add_level(highest)
        if menu:
            self._add_menu()
        self.set_name(name)
        self._restyle()

    def _add_level(self, highest: float) -> None:
        self.level = level = QDoubleSpinBox()
        level.setObjectName("compact")
        level.setRange(0.1, highest * 10)
        level.setSingleStep(0.1)
        level.setDecimals(2)
        level.setSuffix(" rmsd")
        level.setToolTip("Contour level, in units of the map's rmsd")
        level.setKeyboardTracking(False)
        level.setFixedWidth(LEVEL_WIDTH)
        level.valueChanged.connect(self.level_changed)
        self.slider = slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(STEPS_PER_RMSD // 4, round(highest * STEPS_PER_RMSD))
        slider.valueChanged.connect(self._slid)
        self.surface = surface = self._button("Show a surface instead of chicken wire")
        surface.setCheckable(True)
        surface.toggled.connect(lambda on: self.style_changed.emit("surface" if on else "wire"))
        self._first.addWidget(surface)
        self._second.addSpacing(10)
        self._second.addWidget(slider, 1)
        self._second.addWidget(level)

    def _add_menu(self) -> None:
        self.menu = button = self._button("What can be done with this layer")
        button.clicked.connect(
            lambda: self.menu_wanted.emit(button.mapToGlobal(QPoint(0, button.height())))
        )
        self._first.addWidget(button)

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("small")
        button.setToolTip(tip)
        button.setIconSize(QSize(16, 16))
        button.setFixedSize(_BUTTON, _BUTTON)
        return button

    def set_name(self, name: str) -> None:
        """Set the name, for the eye and for screen readers."""
        self.shown.set_name(name)
        self.shown.setToolTip(plain_tip(name))
        for widget, words in (
            (self.level, "Contour level of"), (self.slider, "Slider of the contour level of"),
            (self.surface, "Surface of"), (self.menu, "Menu of"),
        ):  # fmt: skip
            if widget is not None:
                widget.setAccessibleName(f"{words} {name}")

    def set_colours(self, *colours: str) -> None:
        """The colour of the layer, '#rrggbb'; two for the signs of a map of differences."""
        self.swatch.set_colours(*colours)

    def show_state(self, visible: bool, style: str, rmsd: float | None, units: str = "") -> None:
        """Show the state; emits nothing. `units` : the level in units of the map, as text."""
        parts = (self.shown, self.level, self.slider, self.surface)
        blockers = [QSignalBlocker(part) for part in parts if part is not None]
        self.shown.setChecked(visible)
        if self.level is not None and self.slider is not None and rmsd is not None:
            self.level.setValue(rmsd)
            self.slider.setValue(round(rmsd * STEPS_PER_RMSD))
        if self.surface is not None:
            self.surface.setChecked(style == "surface")
        self.units.set_texts(units, "")
        del blockers

    def set_available(self, available: bool, why_not: str = "") -> None:
        """Whether there is something to show; if not, the tooltip says what would."""
        self.setEnabled(available)
        self.setToolTip("" if available else why_not)

    def _slid(self, value: int) -> None:
        self.level_changed.emit(value / STEPS_PER_RMSD)

    def _restyle(self) -> None:
        for button, name in ((self.surface, "surface"), (self.menu, "more")):
            if button is not None:
                button.setIcon(icon(name, theme.current().dim))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._restyle()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is not None and self._has_menu:
            self.menu_wanted.emit(event.globalPos())
