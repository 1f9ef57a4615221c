"""Edits of a crystal's atoms, with undo and redo."""

import gemmi
import numpy as np

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
    """A list of versions of a crystal, one of which is the present one."""

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
        """Begin with another crystal; forget all versions of the one before."""
        self._versions, self._present = [material], 0

    def add(self, material: Material) -> None:
        """Add a version after the present one; forget those that were undone."""
        kept = self._versions[: self._present + 1][-MOST_VERSIONS:]
        self._versions = [*kept, material]
        self._present = len(self._versions) - 1

    def step(self, by: int) -> Material | None:
        """Go one version back (−1) or forward (1); None where there is none."""
        if not 0 <= self._present + by < len(self._versions):
            return None
        self._present += by
        return self.material
