"""The text that describes the place of the cursor."""

import gemmi
import numpy as np

from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS


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
