"""The dark and the light theme: colours, fonts, palette and style sheet.

Spacing keeps to a grid of 8 points. There is one size for text and one for readouts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QApplication

from patterson_gui.crystal.colours import PALETTES, Palette, PaletteName

ThemeName = Literal["dark", "light", "system"]

GRID = 8
READOUT_POINTS = 17.0
SHAPES = Path(__file__).with_name("shapes")  # arrows and ticks: a style sheet takes files only


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for, each '#rrggbb'."""

    name: str
    window: str  # behind everything
    panel: str  # raised parts: panels, headers
    field: str  # where one types or reads lists
    view: str  # behind a map
    border: str
    text: str
    dim: str  # less important text
    accent: str  # the one primary action, selection, focus
    on_accent: str
    hover: str
    good: str
    warning: str
    error: str
    cursor: str  # the cross in the maps
    outline: str  # the unit cell
    axes: tuple[str, str, str]  # a, b, c


DARK = Theme(
    name="dark",
    window="#16191e",
    panel="#1d2127",
    field="#12151a",
    view="#0d1015",
    border="#2e343d",
    text="#e3e6ea",
    dim="#98a1ad",
    accent="#646ff0",
    on_accent="#ffffff",
    hover="#2a303a",
    good="#4cb782",
    warning="#e3a63a",
    error="#f0685d",
    cursor="#ffc24a",
    outline="#5d6672",
    axes=("#e8716a", "#62b866", "#6a9cf0"),
)

LIGHT = Theme(
    name="light",
    window="#f1f3f5",
    panel="#fafbfc",
    field="#ffffff",
    view="#ffffff",
    border="#d3d8de",
    text="#1c2127",
    dim="#5f6873",
    accent="#4a52d4",
    on_accent="#ffffff",
    hover="#e6eaef",
    good="#1a7545",
    warning="#935c00",
    error="#c93a30",
    cursor="#d97a00",
    outline="#9aa3ae",
    axes=("#cc3f36", "#2f8a38", "#2f63cf"),
)

_current = DARK
_palette_of_maps = PALETTES["usual"]


def current() -> Theme:
    """The current theme, for widgets that paint. They learn of a change by a `PaletteChange`
    event."""
    return _current


def maps() -> Palette:
    """The current colours of maps."""
    return _palette_of_maps


def use_map_colours(app: QApplication, name: PaletteName) -> None:
    """Draw maps in the colours of a palette from now on, and tell the widgets."""
    global _palette_of_maps  # noqa: PLW0603
    if _palette_of_maps is PALETTES[name]:
        return
    _palette_of_maps = PALETTES[name]
    for widget in app.allWidgets():
        app.sendEvent(widget, QEvent(QEvent.Type.PaletteChange))


@contextmanager
def using(look: Theme) -> Iterator[None]:
    """Let `current` be another theme meanwhile, in the GUI thread, for what is drawn into files.
    Widgets do not learn of it."""
    global _current  # noqa: PLW0603
    before, _current = _current, look
    try:
        yield
    finally:
        _current = before


def apply_theme(app: QApplication, name: ThemeName) -> Theme:
    """Apply a theme to the whole application; "system" follows the desktop.

    The style sheet is set once. It takes its colours from the palette, because Qt needs a third of
    a second to apply another style sheet to the widgets of the program, and a tenth of that for
    another palette.
    """
    global _current  # noqa: PLW0603
    if name == "system":
        hints = app.styleHints()
        scheme = hints.colorScheme() if hints is not None else Qt.ColorScheme.Dark
        name = "light" if scheme is Qt.ColorScheme.Light else "dark"
    _current = LIGHT if name == "light" else DARK
    sheet = style_sheet()
    if app.styleSheet() != sheet:
        app.setStyle("Fusion")
        app.setStyleSheet(sheet)
    app.setPalette(_palette(_current))
    for widget in app.allWidgets():
        style = widget.style()
        if style is not None and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
            style.polish(widget)  # it keeps the colours of the old palette otherwise
    return _current


def legible(colour: str) -> str:
    """A colour of the maps, a shade lighter on dark and darker on light: thin lines need it."""
    c = QColor(colour)
    return (c.lighter(116) if _current.name == "dark" else c.darker(112)).name()


def rgb(colour: str) -> tuple[float, float, float]:
    """'#rrggbb' as red, green, blue in 0..1."""
    c = QColor(colour)
    return c.redF(), c.greenF(), c.blueF()


def readout_font() -> QFont:
    """The large size, with figures of equal width so that numbers do not jump."""
    font = QApplication.font()
    font.setPointSizeF(READOUT_POINTS)
    font.setWeight(QFont.Weight.DemiBold)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def tabular_font() -> QFont:
    """The text size with figures of equal width."""
    font = QApplication.font()
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


_ROLE = QPalette.ColorRole

# Where the palette holds each colour, and the name of that place in a style sheet. Link-visited,
# tooltip-text and shadow are roles that nothing in the window uses for what they are named after.
_PLACES: Mapping[str, tuple[QPalette.ColorRole, str]] = {
    "window": (_ROLE.Window, "window"),
    "panel": (_ROLE.Button, "button"),
    "field": (_ROLE.Base, "base"),
    "view": (_ROLE.Shadow, "shadow"),
    "border": (_ROLE.Mid, "mid"),
    "text": (_ROLE.Text, "text"),
    "dim": (_ROLE.PlaceholderText, "placeholder-text"),
    "accent": (_ROLE.Highlight, "highlight"),
    "on_accent": (_ROLE.HighlightedText, "highlighted-text"),
    "hover": (_ROLE.Midlight, "midlight"),
    "good": (_ROLE.LinkVisited, "link-visited"),
    "warning": (_ROLE.ToolTipText, "tooltip-text"),
    "error": (_ROLE.BrightText, "bright-text"),
}


def _palette(theme: Theme) -> QPalette:
    group = QPalette.ColorGroup
    palette = QPalette()
    colours = {role: getattr(theme, name) for name, (role, _) in _PLACES.items()}
    colours |= {
        _ROLE.WindowText: theme.text,
        _ROLE.AlternateBase: theme.panel,
        _ROLE.ButtonText: theme.text,
        _ROLE.ToolTipBase: theme.panel,
        _ROLE.Link: theme.accent,
        _ROLE.Light: theme.hover,
        _ROLE.Dark: theme.border,
    }
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    faint = QColor(theme.dim)
    faint.setAlphaF(0.55)
    for which in (_ROLE.WindowText, _ROLE.Text, _ROLE.ButtonText):
        palette.setColor(group.Disabled, which, faint)
    return palette


def style_sheet() -> str:
    """Qt style sheet of both themes."""
    values = {name: f"palette({place})" for name, (_, place) in _PLACES.items()}
    return _SHEET.substitute(values, shapes=SHAPES.as_posix())


_SHEET = Template("""
QToolTip { background: $panel; color: $text; border: 1px solid $border; padding: 4px 8px; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QMenuBar { background: $panel; border-bottom: 1px solid $border; padding: 2px 8px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 24px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $dim; }
QMenu::item:checked:disabled { color: $dim; }
QMenu::indicator { width: 12px; height: 12px; left: 6px; }
QMenu::indicator:checked { background: $accent; image: url("$shapes/tick.svg"); }
QMenu::indicator:exclusive:checked { border-radius: 6px; image: url("$shapes/dot.svg"); }
QMenu::indicator:non-exclusive:checked { border-radius: 3px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $border; padding: 6px 8px;
           spacing: 4px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px 8px; }
QToolButton { padding: 4px 8px; border-radius: 4px; border: 1px solid transparent; }
QToolButton#framed { border-color: $border; padding: 1px 8px; }
QToolButton#small { padding: 0; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $hover; border-color: $border; }
QToolButton:focus { border-color: $accent; }
QToolButton[blocked="true"] { color: $dim; }
QToolButton#qt_toolbar_ext_button { padding: 0; image: url("$shapes/down.svg");
    qproperty-toolButtonStyle: ToolButtonTextOnly; }
QToolButton[popupMode="1"] { padding-right: 24px; }
QToolButton#framed[popupMode="2"] { padding-right: 20px; }
QToolButton::menu-indicator { image: url("$shapes/down.svg"); width: 10px; height: 10px;
    subcontrol-origin: padding; subcontrol-position: center right; right: 5px; }
QToolButton::menu-button { border: none; width: 20px; }
QToolButton::menu-arrow { image: url("$shapes/down.svg"); width: 10px; height: 10px; }

QPushButton { padding: 5px 14px; border-radius: 4px; border: 1px solid $border;
              background: $panel; min-height: 16px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { border-color: $border; }
QPushButton#disclosure { padding: 1px 3px 1px 0; color: $dim; border-color: transparent;
    background: transparent; text-align: left; }
QPushButton#disclosure:hover { color: $text; }
QPushButton#disclosure:focus { border-color: $accent; }
QPushButton#primary, QPushButton:default { background: $accent; color: $on_accent;
              border-color: $accent; font-weight: 600; }
QPushButton#primary:hover, QPushButton:default:hover { border-color: $text; }
QPushButton#primary[joined="true"] { border-top-right-radius: 0; border-bottom-right-radius: 0; }
QPushButton#primary-arrow { background: $accent; border-color: $accent; padding: 5px 0;
    border-top-left-radius: 0; border-bottom-left-radius: 0; }
QPushButton#primary-arrow:hover { border-color: $text; }
QPushButton#primary-arrow::menu-indicator { image: url("$shapes/down-accent.svg");
    subcontrol-origin: padding; subcontrol-position: center; width: 10px; height: 10px; }
QPushButton#primary:disabled, QPushButton:default:disabled { background: $hover; color: $dim;
              border-color: $border; }

QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextEdit {
    background: $field; border: 1px solid $border; border-radius: 4px; padding: 3px 6px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus {
    border-color: $accent; }
QAbstractSpinBox#compact { padding: 1px 4px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$shapes/down.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px;
    background: transparent; subcontrol-origin: border; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin-top: 2px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 2px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url("$shapes/up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$shapes/down.svg"); width: 10px; height: 10px; }

QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px;
    border: 1px solid $dim; background: $field; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$shapes/tick.svg"); }
QRadioButton::indicator:checked { background: $accent; border-color: $accent;
    image: url("$shapes/dot.svg"); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; }
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {
    background: $border; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: transparent; }
QTabBar::tab { padding: 6px 16px; color: $dim; border: none;
               border-bottom: 2px solid transparent; }
QTabWidget#tables > QTabBar::tab { padding: 6px 10px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }

QTableView, QTreeView, QListView { background: $field; alternate-background-color: $panel;
    border: none; gridline-color: $border; selection-background-color: $accent;
    selection-color: $on_accent; outline: none; }
QTreeView::item, QListView::item { padding: 4px 5px; }
QTableView#rows::item { padding: 0 3px; }
QTableView#rows QHeaderView::section { padding: 4px 4px; }
QHeaderView::section { background: $panel; color: $dim; padding: 4px 8px; border: none;
    border-bottom: 1px solid $border; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: border;
    subcontrol-position: top center; width: 8px; height: 8px; }
QHeaderView::up-arrow { image: url("$shapes/up.svg"); }
QHeaderView::down-arrow { image: url("$shapes/down.svg"); }
QTableCornerButton::section { background: $panel; border: none; }

QGroupBox { border: none; border-top: 1px solid $border; margin-top: 16px; padding-top: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $dim; padding-right: 8px; }
QScrollArea { border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; min-width: 24px; min-height: 24px;
    margin: 1px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $field; border: 1px solid $border; border-radius: 4px; height: 8px;
    text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QStatusBar { background: $panel; border-top: 1px solid $border; color: $dim; }
QStatusBar::item { border: none; }
QDockWidget { titlebar-close-icon: none; }
QDockWidget::title { background: $panel; padding: 6px 8px; border-bottom: 1px solid $border; }

QLabel#dim, QLabel[dim="true"] { color: $dim; }
QLabel[good="true"] { color: $good; }
QLabel[warning="true"] { color: $warning; }
QLabel[error="true"] { color: $error; }
QLabel#heading { color: $dim; font-weight: 600; }

QFrame#popover { background: $panel; border: 1px solid $border; }
QFrame#rule { background: $border; border: none; }
QFrame#panel-head { border-bottom: 1px solid $border; }
QFrame#panel { background: $panel; }
QFrame#hints { background: $panel; border: 1px solid $border; border-radius: 6px; }
QFrame#toast { background: $panel; border: 1px solid $border; border-left: 4px solid $accent;
    border-radius: 6px; }
QFrame#toast[error="true"] { border-left-color: $error; }
QFrame#toasts-summary { background: $panel; border: 1px solid $border; border-radius: 6px; }
QFrame#toast QPushButton, QFrame#toasts-summary QPushButton { padding: 2px 8px; }
QFrame#popover { background: $panel; border: 1px solid $border; }
QFrame#job-row { border-bottom: 1px solid $border; }
QFrame#job-row QPushButton { padding: 2px 8px; }
QPushButton#jobs-entry { padding: 0 4px; min-height: 20px; border-color: transparent;
    background: transparent; }
QPushButton#jobs-entry:hover { background: $hover; }
QPushButton#jobs-entry:focus { border-color: $accent; }
QFrame#toasts, QScrollArea#toasts-scroll, QWidget#toasts-inside { background: transparent; }
QFrame#view-header { background: $panel; border-bottom: 1px solid $border; }
QLabel#view-title { font-weight: 600; }
QLabel#view-busy { background: $panel; color: $text; border: 1px solid $border;
    border-radius: 4px; padding: 4px 8px; }
QWidget#view-empty { background: $view; }
""")
