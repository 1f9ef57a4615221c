"""Themes: contrast, and colours for colour-blind users."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.colours import (
    BUILT_CARBON_COLOUR,
    MAP_COLOURS,
    PALETTES,
    PaletteName,
    element_colour,
)
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import NAMES, icon

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
COLOUR_VISION = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip


def linear(colour: str) -> NDArray[np.float64]:
    c = np.array(QColor(colour).getRgbF()[:3])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ (0.2126, 0.7152, 0.0722))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    t = np.clip(to_xyz @ np.clip(rgb, 0, 1), 1e-6, None) / (0.9505, 1.0, 1.089)
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture(autouse=True)
def dark_again(qapp: QApplication) -> object:
    yield
    theme.apply_theme(qapp, "dark")


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_text_has_enough_contrast_on_every_background(look: theme.Theme) -> None:
    for ground in (look.window, look.panel, look.field, look.view):
        assert contrast(look.text, ground) >= 7.0
        for words in (look.dim, look.good, look.warning, look.error):
            assert contrast(words, ground) >= 4.0
    assert contrast(look.on_accent, look.accent) >= 3.0


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("name", ["dark", "light"])
def test_map_lines_have_enough_contrast(
    qapp: QApplication, name: theme.ThemeName, palette: PaletteName
) -> None:
    look = theme.apply_theme(qapp, name)
    for colour in (*PALETTES[palette].maps.values(), PALETTES[palette].below):
        assert contrast(theme.legible(colour), look.view) >= 3.0
    for colour in look.axes:
        assert contrast(colour, look.view) >= 3.0


def difference(a: str, b: str, vision: str) -> float:
    """ΔE*ab (CIE 1976) of two colours as they are seen; 2.3 is just noticeable."""
    return float(
        np.linalg.norm(
            lab(COLOUR_VISION[vision] @ linear(a)) - lab(COLOUR_VISION[vision] @ linear(b))
        )
    )


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("vision", list(COLOUR_VISION))
def test_map_colours_differ_for_colour_blind_users(vision: str, palette: PaletteName) -> None:
    colours = PALETTES[palette]
    kinds = (MapKind.PATTERSON, MapKind.PREDICTED, MapKind.TRUE, MapKind.DENSITY)
    for a, b in combinations(kinds, 2):
        assert difference(colours.maps[a], colours.maps[b], vision) > 12.0, f"{a} and {b}"
    assert difference(colours.maps[MapKind.DIFFERENCE], colours.below, vision) > 40.0


@pytest.mark.parametrize("vision", ["protanopia", "deuteranopia"])
def test_okabe_ito_differs_more_than_the_usual_palette(vision: str) -> None:
    least = {
        name: min(
            difference(colours.maps[a], colours.maps[b], vision)
            for a, b in combinations(
                (MapKind.PATTERSON, MapKind.PREDICTED, MapKind.TRUE, MapKind.DENSITY), 2
            )
        )
        for name, colours in PALETTES.items()
    }
    assert least["okabe-ito"] > 17.0
    assert least["okabe-ito"] > least["usual"]


@pytest.mark.parametrize("vision", ["usual", "protanopia", "deuteranopia"])
def test_predictions_do_not_look_like_the_accent_of_the_window(vision: str) -> None:
    for look in (theme.DARK, theme.LIGHT):
        assert difference(MAP_COLOURS[MapKind.PREDICTED], look.accent, vision) > 20.0


@pytest.mark.parametrize("vision", list(COLOUR_VISION))
def test_elements_and_models_that_lie_together_differ(vision: str) -> None:
    carbon = element_colour("C")
    for other in ("N", "O", "Si", "H"):
        assert difference(carbon, element_colour(other), vision) > 12.0, other
    for other in ("N", "O", "C", "H"):
        assert difference(BUILT_CARBON_COLOUR, element_colour(other), vision) > 15.0, other
    assert difference(element_colour("Si"), element_colour("O"), vision) > 12.0


def test_a_change_of_theme_reaches_the_widgets(qtbot: QtBot, qapp: QApplication) -> None:
    emitted = []

    class Listener(QWidget):
        def changeEvent(self, event: QEvent | None) -> None:
            if event is not None and event.type() == QEvent.Type.PaletteChange:
                emitted.append(theme.current().name)

    widget = Listener()
    qtbot.addWidget(widget)
    theme.apply_theme(qapp, "dark")
    widget.show()
    emitted.clear()
    theme.apply_theme(qapp, "light")
    assert "light" in emitted
    assert theme.apply_theme(qapp, "system").name in ("dark", "light")


def many_widgets() -> QTabWidget:
    """Widgets of most kinds on a page, and others on a page that is hidden."""
    pages = QTabWidget()
    for _ in range(2):
        page = QWidget()
        column = QVBoxLayout(page)
        for name in ("dim", "good", "warning", "error"):
            label = QLabel(name)
            label.setProperty(name, True)
            column.addWidget(label)
        primary, field, off = QPushButton("Primary"), QLineEdit("Text"), QLineEdit("Disabled")
        primary.setObjectName("primary")
        off.setEnabled(False)
        for widget in (
            primary, QPushButton("Other"), field, off, QSpinBox(), QComboBox(), QCheckBox("Check"),
            QToolButton(), QGroupBox("Group"), QTableWidget(2, 2),
        ):  # fmt: skip
            column.addWidget(widget)
        empty = QWidget()
        empty.setObjectName("view-empty")
        empty.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column.addWidget(empty)
        pages.addTab(page, "Page")
    pages.resize(300, 700)
    return pages


def test_widgets_made_before_and_after_a_change_of_theme_look_alike(
    qtbot: QtBot, qapp: QApplication
) -> None:
    theme.apply_theme(qapp, "dark")
    before = many_widgets()
    qtbot.addWidget(before)
    before.show()
    before.setCurrentIndex(1)  # both pages were shown once
    before.setCurrentIndex(0)
    dark = before.grab().toImage()
    theme.apply_theme(qapp, "light")
    after = many_widgets()
    qtbot.addWidget(after)
    after.show()
    for page in (0, 1):
        before.setCurrentIndex(page)
        after.setCurrentIndex(page)
        assert before.grab().toImage() == after.grab().toImage()
    assert before.grab().toImage() != dark


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_the_sheet_takes_every_colour_of_a_theme_from_the_palette(
    qtbot: QtBot, qapp: QApplication, look: theme.Theme
) -> None:
    theme.apply_theme(qapp, look.name)
    for name in ("window", "panel", "field", "view", "border", "text", "dim", "accent",
                 "on_accent", "hover", "good", "warning", "error"):  # fmt: skip
        role, place = theme._PLACES[name]
        assert qapp.palette().color(role).name() == getattr(look, name)
        patch = QWidget()
        qtbot.addWidget(patch)
        patch.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        patch.setStyleSheet(f"background: palette({place})")
        image = QImage(9, 9, QImage.Format.Format_RGB32)  # a screen may have fewer colours
        patch.render(image)
        assert image.pixelColor(5, 5).name() == getattr(look, name)


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_arrows_have_enough_contrast_in_both_themes(look: theme.Theme) -> None:
    for name in ("down", "up"):
        drawn = (theme.SHAPES / f"{name}.svg").read_text(encoding="utf-8")
        colour = drawn.split('stroke="')[1].split('"')[0]
        for ground in (look.window, look.panel, look.field):
            assert contrast(colour, ground) >= 3.0


def test_every_icon_comes_from_an_installed_font(qapp: QApplication) -> None:
    for name in NAMES:
        assert not icon(name).pixmap(16, 16).isNull()
