"""Colours of maps and elements, the same in views, plots, tables and other programs.

They have medium lightness, so that thin lines are visible on dark and light backgrounds. They
differ in lightness as well as in hue, so that colour-blind users can distinguish them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from patterson_gui.crystal.maps.density_map import MapKind

PaletteName = Literal["usual", "okabe-ito"]


@dataclass(frozen=True)
class Palette:
    """Colours '#rrggbb' of maps.

    Attributes
    ----------
    maps : by kind.
    below : of the negative parts of a difference map; its positive parts are in `maps`.
    """

    maps: Mapping[MapKind, str]
    below: str


_USUAL = Palette(
    MappingProxyType(
        {
            MapKind.PATTERSON: "#b055f2",  # violet
            MapKind.PREDICTED: "#2381c8",  # blue
            MapKind.TRUE: "#8e949c",  # grey
            MapKind.DENSITY: "#0aa37a",  # teal
            MapKind.DIFFERENCE: "#2381c8",  # blue
        }
    ),
    below="#e07a1c",  # orange
)

# Okabe & Ito, Color Universal Design (2008): https://jfly.uni-koeln.de/color/. Only its colours
# that are seen as thin lines on white and on black. What a prediction has too much is drawn in the
# colour of predictions, what it lacks in that of the truth.
_OKABE_ITO = Palette(
    MappingProxyType(
        {
            MapKind.PATTERSON: "#cc79a7",  # reddish purple
            MapKind.PREDICTED: "#0072b2",  # blue
            MapKind.TRUE: "#d55e00",  # vermilion
            MapKind.DENSITY: "#009e73",  # bluish green
            MapKind.DIFFERENCE: "#0072b2",
        }
    ),
    below="#d55e00",
)

PALETTES: Mapping[PaletteName, Palette] = MappingProxyType(
    {"usual": _USUAL, "okabe-ito": _OKABE_ITO}
)

# Those of the usual palette.
MAP_COLOURS = _USUAL.maps
DIFFERENCE_COLOURS = (_USUAL.maps[MapKind.DIFFERENCE], _USUAL.below)

# Maps and models that a user adds, one after another: none is one of the colours above.
ADDED_COLOURS = ("#d6447f", "#b8920a", "#14a0b8", "#7d8f2b", "#9a5b2f", "#5b62d6")

# Of a correlation coefficient; between these values colours are mixed.
CORRELATION_COLOURS = ((0.0, "#c2410c"), (0.5, "#e8c547"), (1.0, "#0b8a8f"))

# The usual colours, but with tan for carbon, because grey is used for maps, and a blue grey for
# silicon, whose usual tan is that of carbon.
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
        "Si": "#5f8fa3",
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
        "He": "#9fd4d4", "Li": "#b774e0", "Be": "#a3c23a", "Ne": "#8cc4d8", "Al": "#b09a9a",
        "Ar": "#7cc0d4", "Sc": "#b4b8bc", "Ti": "#a2a8b4", "V": "#94949e", "Cr": "#8a99c7",
        "Ga": "#c28f8f", "Ge": "#668f8f", "As": "#bd80e3", "Kr": "#5cb8d1", "Rb": "#8040b8",
        "Sr": "#3fc23f", "Y": "#6cc8c8", "Zr": "#74c4c4", "Nb": "#62b4ba", "Mo": "#54b5b5",
        "Tc": "#3b9e9e", "Ru": "#248f8f", "Rh": "#0a8494", "Pd": "#207a92", "Ag": "#b0b4b8",
        "Cd": "#d8b470", "In": "#a67573", "Sn": "#668080", "Sb": "#9e63b5", "Te": "#d47a00",
        "Xe": "#429eb0", "Cs": "#7434ac", "Ba": "#2fae2f", "La": "#60bcdc", "Ce": "#c8c070",
        "Pr": "#a8c878", "Nd": "#94c880", "Pm": "#80c888", "Sm": "#70c890", "Eu": "#58c494",
        "Gd": "#46c094", "Tb": "#36bc94", "Dy": "#2cb890", "Ho": "#20b480", "Er": "#18a868",
        "Tm": "#10a054", "Yb": "#0c9848", "Lu": "#0c903c", "Hf": "#4db0e0", "Ta": "#4d9ce0",
        "W": "#2194d6", "Re": "#267dab", "Os": "#3c7496", "Ir": "#2c6494", "Pt": "#b8b8c8",
        "Au": "#e0b422", "Hg": "#a8a8c0", "Tl": "#a6544d", "Pb": "#6c6e78", "Bi": "#9e4fb5",
        "Ac": "#70a8e0", "Th": "#20a8d8", "Pa": "#1898d8", "U": "#2088d8", "Np": "#2c7cd8",
        "Pu": "#3870d8",
    }
)  # fmt: skip

OTHER_ELEMENT_COLOUR = "#c060a0"

# Carbon of atoms that were built into a density, so that they differ from those of the true model.
BUILT_CARBON_COLOUR = "#c67fb0"


def shade(colour: str, amount: float) -> str:
    """A colour '#rrggbb' mixed with white (`amount` 0 … 1) or with black (−1 … 0)."""
    end = 255 if amount > 0 else 0
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + abs(amount) * (end - part)):02x}" for part in parts)


def element_colour(element: str) -> str:
    """'#rrggbb' of an element by its symbol."""
    return ELEMENT_COLOURS.get(element, OTHER_ELEMENT_COLOUR)
