"""The colours of figures: as on the screen, or for white or black paper."""

from dataclasses import replace

from patterson_gui.gui.widgets import theme

PAPER = replace(theme.LIGHT, window="#ffffff", border="#8a929c")
_LOOKS = {
    "white": PAPER,
    "black": replace(theme.DARK, view="#000000"),
    "transparent": replace(PAPER, view="#00ffffff"),
}


def look_of(background: str) -> theme.Theme:
    """The colours for a background: those of the screen, or of white or black paper."""
    return _LOOKS.get(background, theme.current())
