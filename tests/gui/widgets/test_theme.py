"""Themes: contrast, and colours for colour-blind users."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.colours import DIFFERENCE_COLOURS, MAP_COLOURS
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


@pytest.mark.parametrize("name", ["dark", "light"])
def test_map_lines_have_enough_contrast(qapp: QApplication, name: theme.ThemeName) -> None:
    look = theme.apply_theme(qapp, name)
    for colour in MAP_COLOURS.values():
        assert contrast(theme.legible(colour), look.view) >= 3.0
    for colour in look.axes:
        assert contrast(colour, look.view) >= 3.0


@pytest.mark.parametrize("vision", list(COLOUR_VISION))
def test_map_colours_differ_for_colour_blind_users(vision: str) -> None:
    seen = {c: lab(COLOUR_VISION[vision] @ linear(c)) for c in MAP_COLOURS.values()}
    for a, b in combinations(seen, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 12.0, f"{a} and {b}"
    plus, minus = (lab(COLOUR_VISION[vision] @ linear(c)) for c in DIFFERENCE_COLOURS)
    assert np.linalg.norm(plus - minus) > 40.0


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


def test_every_icon_comes_from_an_installed_font(qapp: QApplication) -> None:
    for name in NAMES:
        assert not icon(name).pixmap(16, 16).isNull()
