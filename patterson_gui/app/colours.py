"""Colours that mean one thing everywhere: views, plots, tables, other programs.

They are middle tones, so that thin lines of them can be read on the dark and on the light
background alike, and differ in lightness as well as in hue, so that they stay apart for
colour-blind eyes.
"""

from collections.abc import Mapping
from types import MappingProxyType

from patterson_gui.crystal.density import MapKind

MAP_COLOURS: Mapping[MapKind, str] = MappingProxyType(
    {
        MapKind.PATTERSON: "#b055f2",  # violet
        MapKind.PREDICTED: "#2381c8",  # blue
        MapKind.TRUE: "#8e949c",  # grey
        MapKind.DENSITY: "#0aa37a",  # teal
    }
)

# Where a difference of two maps is above and below zero.
DIFFERENCE_COLOURS = ("#2381c8", "#e07a1c")

# The usual ones of the field, carbon in the tan that leaves grey to the maps.
ELEMENT_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "H": "#d9dce0",
        "D": "#d9dce0",
        "C": "#cfae7b",
        "N": "#3d6bf0",
        "O": "#e8402f",
        "S": "#e3c21b",
        "P": "#f08a24",
        "Se": "#d08a10",
        "F": "#7fc35a",
        "Cl": "#36b536",
        "Br": "#a0463c",
        "I": "#8d2fa8",
        "B": "#f0a8a0",
        "Si": "#d8b48a",
        "Na": "#9a6ae0",
        "K": "#8a4fd0",
        "Mg": "#5fae2a",
        "Ca": "#4fae3a",
        "Mn": "#8f77c0",
        "Fe": "#d8672c",
        "Co": "#d4839a",
        "Ni": "#4fb05f",
        "Cu": "#c0763a",
        "Zn": "#7c80b0",
    }
)

OTHER_ELEMENT_COLOUR = "#c060a0"


def element_colour(element: str) -> str:
    """'#rrggbb' of an element by its symbol."""
    return ELEMENT_COLOURS.get(element, OTHER_ELEMENT_COLOUR)
