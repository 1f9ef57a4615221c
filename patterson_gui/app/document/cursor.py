"""The text that describes the place of the cursor."""

from fractions import Fraction

import gemmi
import numpy as np

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS
from patterson_gui.errors import UserError

_FARTHEST = 100.0  # cell edges


def cursor_text(document: Document) -> str:
    """Coordinates of the cursor, and the value of every map there."""
    if document.cursor is None or document.crystal is None:
        return "Click a map to put the cursor there"
    u, v, w = document.cursor
    position = document.crystal.cell.orthogonalize(gemmi.Fractional(u, v, w))
    words = [
        f"cursor  u {u:.3f}  v {v:.3f}  w {w:.3f}",
        f"{position.x:.2f}  {position.y:.2f}  {position.z:.2f} Å",
    ]
    for key in MAP_LAYERS:
        density = document.map_of(key)
        if density is not None:
            value = float(density.value_at(np.array([[u, v, w]]))[0])
            words.append(f"{LAYER_NAMES[key]} {value:.3g} {density.units}")
    return "   ·   ".join(words)


def place_of(text: str) -> tuple[float, float, float]:
    """Fractional coordinates from text such as "0.25 0 1/2" or "0.25, 0, 0.5".

    Raises
    ------
    UserError : these are not three numbers, or they are far outside the cell.
    """
    words = text.replace(",", " ").replace("−", "-").split()
    try:
        numbers = [float(Fraction(word)) for word in words]
    except (ValueError, ZeroDivisionError, OverflowError):
        numbers = []
    if len(numbers) != 3 or not all(abs(number) <= _FARTHEST for number in numbers):
        raise UserError(
            f"“{text.strip()}” is no place in the cell: give three fractional coordinates, "
            "such as 0.25 0 1/2."
        )
    return numbers[0], numbers[1], numbers[2]
