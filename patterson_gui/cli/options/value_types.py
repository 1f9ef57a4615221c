"""How option values are written: numbers, cells and ranges of residues, each in one grammar.

Each function is a `type` of argparse: it takes what was typed and returns the value, or raises
`ArgumentTypeError` with the reason.
"""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Literal, cast

from patterson_gui.crystal.seeds import LARGEST_SEED

Cell = tuple[float, float, float, float, float, float]

_LONGEST = 10_000.0  # Å


# ---------------------------------------------------------------- whole numbers
def whole_number(text: str, least: int = 0, most: int | None = None) -> int:
    """A whole number of at least `least` and, where it is given, at most `most`."""
    try:
        value = int(text)
    except ValueError as error:
        raise ArgumentTypeError(f"'{text}' is not a whole number") from error
    if value < least:
        raise ArgumentTypeError(f"'{text}' must be at least {least}")
    if most is not None and value > most:
        raise ArgumentTypeError(f"'{text}' must be at most {most}")
    return value


def count(text: str) -> int:
    """How many of something: a whole number of at least 1."""
    return whole_number(text, least=1)


def at_least(least: int) -> Callable[[str], int]:
    """The type of whole numbers from `least` on."""
    return lambda text: whole_number(text, least=least)


def seed(text: str) -> int:
    """A random seed: a whole number from 0 to 2³¹ − 1."""
    return whole_number(text, most=LARGEST_SEED)


def port(text: str) -> int:
    """A TCP port: 1 to 65535."""
    try:
        return whole_number(text, least=1, most=65535)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"'{text}' is not a port: give a number from 1 to 65535") from error


# ---------------------------------------------------------------- real numbers
def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"'{text}' is not a number") from error
    if not math.isfinite(value):
        raise ArgumentTypeError(f"'{text}' is not a finite number")
    return value


def positive(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if value <= 0:
        raise ArgumentTypeError(f"'{text}' must be above 0")
    return value


def not_negative(text: str) -> float:
    """A finite number of at least 0."""
    value = number(text)
    if value < 0:
        raise ArgumentTypeError(f"'{text}' must be at least 0")
    return value


def length(text: str) -> float:
    """A length in Å, above 0 and below 10,000."""
    value = number(text)
    if not 0 < value < _LONGEST:
        raise ArgumentTypeError(f"'{text}' must lie between 0 and {_LONGEST:.0f} Å")
    return value


def factor(text: str) -> float:
    """A factor above 0 and below 100."""
    value = number(text)
    if not 0 < value < 100:
        raise ArgumentTypeError(f"'{text}' must lie between 0 and 100")
    return value


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    value = number(text)
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"'{text}' must lie between 0 and 1")
    return value


# ---------------------------------------------------------------- cells and residues
def cell(text: str) -> Cell | Literal["auto"]:
    """A unit cell: `auto`, the edge of a cube, three edges, or three edges and three angles.

    Edges are in Å and angles in degrees, with commas between them: `12`, `12,13,14` or
    `12,13,14,90,100,90`. The result has six numbers, or is "auto".
    """
    if text == "auto":
        return "auto"
    parts = text.split(",")
    if len(parts) not in (1, 3, 6):
        raise ArgumentTypeError(
            f"'{text}' is not a cell: write 12, auto, a,b,c or a,b,c,α,β,γ (Å and degrees)"
        )
    edges = [length(part) for part in parts[:3]]
    a, b, c = edges * 3 if len(edges) == 1 else edges
    alpha, beta, gamma = (_angle(part) for part in parts[3:] or ("90", "90", "90"))
    return a, b, c, alpha, beta, gamma


def unit_cell(text: str) -> Cell:
    """Three edges in Å and three angles in degrees, with blanks or commas between them."""
    parts = text.replace(",", " ").split()
    if len(parts) != 6:
        raise ArgumentTypeError(
            f"'{text}' is not a unit cell: write six numbers, \"a b c α β γ\" (Å and degrees)"
        )
    a, b, c = (length(part) for part in parts[:3])
    alpha, beta, gamma = (_angle(part) for part in parts[3:])
    return a, b, c, alpha, beta, gamma


def _angle(text: str) -> float:
    value = number(text)
    if not 0 < value < 180:
        raise ArgumentTypeError(f"'{text}' must lie between 0 and 180 degrees")
    return value


def vector(text: str) -> tuple[float, float, float]:
    """Three fractional coordinates u, v, w, with blanks or commas between them."""
    parts = text.replace(",", " ").split()
    if len(parts) != 3:
        raise ArgumentTypeError(f"'{text}' is not a vector: write three numbers, \"u v w\"")
    u, v, w = (number(part) for part in parts)
    return u, v, w


def peaks(text: str) -> Literal["auto", "none"] | tuple[float, float, float]:
    """A Patterson peak as `vector`, "auto" or "none"."""
    if text in ("auto", "none"):
        return cast(Literal["auto", "none"], text)
    return vector(text)


def cubic_cell(text: str) -> float | Literal["auto"]:
    """The edge of a cube in Å, or "auto"; the same grammar as `cell`."""
    value = cell(text)
    if value == "auto":
        return "auto"
    a, b, c, *angles = value
    if not a == b == c or any(angle != 90 for angle in angles):
        raise ArgumentTypeError(
            f"'{text}' is not a cube, and this command knows only cubes: give one edge, or auto"
        )
    return a


def residue_counts(text: str) -> tuple[int, int]:
    """Least and most residues: `2`, or `2..15`."""
    least, dots, most = text.partition("..")
    try:
        return int(least), int(most if dots else least)
    except ValueError as error:
        raise ArgumentTypeError(
            f"'{text}' is not a number of residues: write 2 or 2..15"
        ) from error
