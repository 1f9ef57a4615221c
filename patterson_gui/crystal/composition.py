"""Composition of the unit cell: number of atoms of each element."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Composition:
    """Non-hydrogen atoms in the whole unit cell.

    A composition is chemistry (a sequence, a formula), not coordinates: it may be given
    to a prediction.
    """

    counts: Mapping[str, int]

    @property
    def n_atoms(self) -> int:
        return sum(self.counts.values())

    def __str__(self) -> str:
        return " ".join(f"{element}{n}" for element, n in sorted(self.counts.items()))
