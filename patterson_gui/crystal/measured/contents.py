"""What a crystal is said to contain, before it is solved."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import gemmi

from patterson_gui.errors import UserError


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
    notes : what was assumed, in sentences for the user.
    """

    elements: tuple[str, ...]
    counts: Mapping[str, float] | None = None
    source: str = ""
    notes: tuple[str, ...] = ()


# Å³ of an organic crystal for each atom other than hydrogen: the rule of 18 Å³ (C. J. E. Kempster
# and H. Lipson, Acta Cryst. B28, 3674, 1972).
ORGANIC_VOLUME_PER_ATOM = 18.0
_FORMULA_UNITS = (1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 36, 48, 64, 96, 192)
_PART = re.compile(r"([A-Z][a-z]?)\s*(\d+(?:\.\d+)?)?|([(\[])|([)\]])\s*(\d+(?:\.\d+)?)?")
_LONE_ELEMENT = re.compile(r"([A-Za-z]{1,2})(\d+(?:\.\d+)?)?$")


def parse_formula(text: str) -> dict[str, float]:
    """Atoms of each element in a formula, in the order in which they first appear.

    "C12 H22 O11", "C12H22O11", "Cu(CO2CH3)2", "[Fe(H2O)6]SO4" and "CuSO4·5H2O" are understood;
    charges are ignored. Where every word is an element with a number, case does not matter.

    Raises
    ------
    UserError : the text is empty, or something in it is no element.
    """
    words = text.replace(",", " ").replace("'", " ").replace('"', " ").split()
    counts: dict[str, float] = {}
    lone = [_LONE_ELEMENT.match(word) for word in words]
    if len(words) > 1 and all(m and _symbol(m[1]) for m in lone):
        for match in lone:
            assert match is not None
            symbol = _symbol(match[1])
            counts[symbol] = counts.get(symbol, 0.0) + float(match[2] or 1)
    else:
        for part in re.split(r"[·•*]", " ".join(words)):
            multiple = re.match(r"\s*(\d+(?:\.\d+)?)?", part)
            assert multiple is not None
            for symbol, number in _group(part[multiple.end() :], text).items():
                counts[symbol] = counts.get(symbol, 0.0) + number * float(multiple[1] or 1)
    counts = {symbol: number for symbol, number in counts.items() if number > 0}
    if not counts:
        raise UserError("The formula is empty: give it as in C12 H22 O11.")
    return counts


def _symbol(word: str) -> str:
    """The element that a word is, whatever its case; "" where it is none."""
    symbol = word.capitalize()
    return symbol if gemmi.Element(symbol).atomic_number > 0 else ""


def _group(text: str, formula: str) -> dict[str, float]:
    """Atoms of a formula with brackets, without a leading multiple."""
    stack: list[dict[str, float]] = [{}]
    text = re.sub(r"\^?\d*[+-]\s*$", "", text.strip())  # a charge
    place = 0
    while place < len(text):
        match = _PART.match(text, place)
        if match is None and not text[place].isspace():
            raise _not_understood(formula, text[place:])
        place = match.end() if match else place + 1
        if match is None:
            continue
        if match[3]:
            stack.append({})
        elif match[4]:
            if len(stack) < 2:
                raise _not_understood(formula, match[4])
            inside, times = stack.pop(), float(match[5] or 1)
            for symbol, number in inside.items():
                stack[-1][symbol] = stack[-1].get(symbol, 0.0) + number * times
        else:
            if not _symbol(match[1]):
                raise _not_understood(formula, match[1])
            stack[-1][match[1]] = stack[-1].get(match[1], 0.0) + float(match[2] or 1)
    if len(stack) > 1:
        raise _not_understood(formula, "a bracket that is not closed")
    return stack[0]


def _not_understood(formula: str, part: str) -> UserError:
    return UserError(
        f"The formula “{formula}” is not understood at “{part[:12]}”: write elements and numbers, "
        "as in C12 H22 O11."
    )


def contents_from_formula(formula: str, z: float | None, cell: gemmi.UnitCell) -> Contents:
    """Contents of a cell that holds `z` units of a formula.

    Without `z`, the number of units is the usual one that comes nearest to 18 Å³ for each atom
    that is not hydrogen, and a note says so.

    Raises
    ------
    UserError : the formula is not understood, or `z` is not positive.
    """
    of_unit = parse_formula(formula)
    notes: tuple[str, ...] = ()
    if z is None:
        heavy = sum(n for symbol, n in of_unit.items() if symbol not in ("H", "D"))
        atoms = heavy or sum(of_unit.values())
        wanted = cell.volume / (ORGANIC_VOLUME_PER_ATOM * atoms)
        z = float(min(_FORMULA_UNITS, key=lambda units: abs(math.log(units / wanted))))
        notes = (
            f"The cell is assumed to hold {z:.0f} × {formula.strip()}, "
            f"{cell.volume / (z * atoms):.1f} Å³ for each atom that is not hydrogen: give Z if "
            "you know it.",
        )
    elif not (math.isfinite(z) and z > 0):
        raise UserError(f"Z must be a positive number of formula units in the cell, not {z:g}.")
    counts = {symbol: number * z for symbol, number in of_unit.items()}
    return Contents(tuple(counts), counts, f"the formula {formula.strip()} with Z = {z:g}", notes)


def contents_from_elements(elements: str) -> Contents:
    """Contents of which only the elements are known: "C H N O".

    Raises
    ------
    UserError : the list is empty, or a word in it is no element.
    """
    words = [word for word in re.split(r"[\s,;]+", elements.strip()) if word]
    if not words:
        raise UserError("The list of elements is empty: give it as in C H N O.")
    symbols = []
    for word in words:
        symbol = _symbol(word)
        if not symbol:
            raise UserError(
                f"“{word}” in the list of elements is not an element: give symbols, as in C H N O; "
                "a formula with numbers is given as a formula."
            )
        symbols.append(symbol)
    return Contents(tuple(dict.fromkeys(symbols)), None, f"the elements {' '.join(symbols)}")
