"""Edits of a crystal's atoms, with undo and redo."""

from functools import partial

import gemmi
import numpy as np

from patterson_gui.app.history.steps import History
from patterson_gui.crystal.material import MOST_NUMBER, Material
from patterson_gui.errors import UserError

MOST_VERSIONS = 200  # that can be undone
LARGEST = 100.0  # Å or cell edges: a larger coordinate is a typing error


def atomic_number(text: str) -> int:
    """The atomic number from a symbol or a number, up to plutonium.

    Raises
    ------
    UserError : the text is neither.
    """
    words = text.strip()
    found = int(words) if words.isdecimal() and len(words) < 4 else 0
    if not found and words.isalpha():
        found = int(gemmi.Element(words.capitalize()).atomic_number)
    if not 1 <= found <= MOST_NUMBER:
        raise UserError(
            f"“{words}” is not an element up to plutonium: type a symbol such as Na, or an atomic "
            "number."
        )
    return found


def moved_atom(material: Material, atom: int, axis: int, value: float, frac: bool) -> Material:
    """A copy with one coordinate of one atom changed, fractional or Cartesian (Å).

    Raises
    ------
    UserError : the value is not finite or larger than `LARGEST`.
    """
    if not np.isfinite(value) or abs(value) > LARGEST:
        raise UserError(
            f"A coordinate of {value:g} lies outside every crystal: type one between "
            f"−{LARGEST:g} and {LARGEST:g}."
        )
    if not frac or material.lattice is None:
        place = material.positions[atom].copy()
        place[axis] = value
        return material.with_position(atom, place)
    fractions = material.frac[atom].copy()
    fractions[axis] = value
    return material.with_position(atom, fractions @ material.lattice)


class Edits:
    """The present version of a crystal, and the steps that led to it."""

    def __init__(self) -> None:
        self._history = History(MOST_VERSIONS)
        self.material: Material | None = None

    @property
    def can_undo(self) -> bool:
        return self._history.undo_name is not None

    @property
    def can_redo(self) -> bool:
        return self._history.redo_name is not None

    def start(self, material: Material) -> None:
        """Begin with another crystal; forget all versions of the one before."""
        self._history.clear()
        self.material = material

    def add(self, material: Material) -> None:
        """Make this the present version; those that were undone are forgotten."""
        self._history.add("Edit", partial(self._set, self.material), partial(self._set, material))
        self.material = material

    def step(self, by: int) -> Material | None:
        """Go one version back (−1) or forward (1); None where there is none."""
        moved = self._history.undo() if by < 0 else self._history.redo()
        return self.material if moved else None

    def _set(self, material: Material | None) -> None:
        self.material = material
