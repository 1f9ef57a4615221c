"""The atoms that are edited, with what they were before: undo and redo."""

import gemmi
import numpy as np

from patterson_gui.crystal.materials.material import MOST_NUMBER, Material
from patterson_gui.errors import UserError

MOST_STEPS = 200
FARTHEST = 100.0  # Å or cell edges: beyond, a coordinate is a slip of the finger


def number_of(text: str) -> int:
    """The atomic number that a symbol or a number means.

    Raises
    ------
    UserError : no element up to plutonium.
    """
    words = text.strip()
    found = int(words) if words.isdecimal() and len(words) < 4 else 0
    if not found and words.isalpha():
        found = int(gemmi.Element(words.capitalize()).atomic_number)
    if not 1 <= found <= MOST_NUMBER:
        raise UserError(
            f"“{words}” is no element up to plutonium: type a symbol, as Na, or an atomic number."
        )
    return found


def moved_atom(material: Material, atom: int, axis: int, value: float, frac: bool) -> Material:
    """One coordinate of one atom set, fractional or Cartesian (Å).

    Raises
    ------
    UserError : a number that cannot be meant.
    """
    if not np.isfinite(value) or abs(value) > FARTHEST:
        raise UserError(
            f"A coordinate of {value:g} lies outside every crystal: type one between "
            f"−{FARTHEST:g} and {FARTHEST:g}."
        )
    if not frac or material.lattice is None:
        place = material.positions[atom].copy()
        place[axis] = value
        return material.with_position(atom, place)
    fractions = material.frac[atom].copy()
    fractions[axis] = value
    return material.with_position(atom, fractions @ material.lattice)


class Edits:
    """A row of versions, one of which is the present one."""

    def __init__(self) -> None:
        self._versions: list[Material] = []
        self._present = -1

    @property
    def material(self) -> Material | None:
        return self._versions[self._present] if self._versions else None

    @property
    def can_undo(self) -> bool:
        return self._present > 0

    @property
    def can_redo(self) -> bool:
        return self._present < len(self._versions) - 1

    def start(self, material: Material) -> None:
        """Another crystal: what was before is forgotten."""
        self._versions, self._present = [material], 0

    def add(self, material: Material) -> None:
        """The next version; those that were undone are forgotten."""
        kept = self._versions[: self._present + 1][-MOST_STEPS:]
        self._versions = [*kept, material]
        self._present = len(self._versions) - 1

    def step(self, by: int) -> Material | None:
        """One back (−1) or forth (1); None where there is none."""
        if not 0 <= self._present + by < len(self._versions):
            return None
        self._present += by
        return self.material
