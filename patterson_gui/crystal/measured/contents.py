"""What a crystal is said to contain, before it is solved."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Contents:
    """Elements that are expected, and how many atoms of each where that is known.

    Attributes
    ----------
    elements : symbols of the elements that may be present, hydrogen included where expected.
    counts : atoms of each element in the whole cell, as stated (UNIT, or formula × Z);
        None where only the elements are known. They may be wrong: a solver treats them as a
        hint.
    source : where this comes from, for the user: "SFAC and UNIT of a.ins".
    """

    elements: tuple[str, ...]
    counts: Mapping[str, float] | None = None
    source: str = ""
