"""Coordinates as crystallographers write them: "u, ½, w", "2x, ½, 2z+⅓"."""

from collections.abc import Sequence
from fractions import Fraction

import gemmi

_FRACTIONS = {
    Fraction(1, 2): "½",
    Fraction(1, 3): "⅓",
    Fraction(2, 3): "⅔",
    Fraction(1, 4): "¼",
    Fraction(3, 4): "¾",
    Fraction(1, 6): "⅙",
    Fraction(5, 6): "⅚",
    Fraction(1, 8): "⅛",
    Fraction(3, 8): "⅜",
    Fraction(5, 8): "⅝",
    Fraction(7, 8): "⅞",
}
MINUS = "−"


def fraction_text(value: Fraction) -> str:
    """'½' for 1/2, '5/12' for fractions without a sign of their own, '−½' for negative ones."""
    sign, size = (MINUS if value < 0 else ""), abs(value)
    if size.denominator == 1:
        return f"{sign}{size.numerator}"
    return sign + _FRACTIONS.get(size, f"{size.numerator}/{size.denominator}")


def coordinate_text(factors: Sequence[int], constant: Fraction, letters: str) -> str:
    """One coordinate: whole-number `factors` of the variables `letters`, plus a constant."""
    text = ""
    for factor, letter in zip(factors, letters, strict=True):
        if factor:
            sign = MINUS if factor < 0 else "+" if text else ""
            text += f"{sign}{abs(factor) if abs(factor) != 1 else ''}{letter}"
    if not text:
        return fraction_text(constant)
    if constant == 0:
        return text
    if text.startswith(MINUS) and constant > 0:  # "½−u" is read more easily than "−u+½"
        return fraction_text(constant) + text
    return f"{text}{'+' if constant > 0 else ''}{fraction_text(constant)}"


def coordinates_text(
    factors: Sequence[Sequence[int]], constants: Sequence[Fraction], letters: str
) -> str:
    """Three coordinates, separated by commas."""
    rows = zip(factors, constants, strict=True)
    return ", ".join(coordinate_text(row, constant, letters) for row, constant in rows)


def operation_text(op: gemmi.Op) -> str:
    """A symmetry operation, its translation in 0 … 1: "−x, y+½, ½−z"."""
    rows = [[value // gemmi.Op.DEN for value in row] for row in op.rot]
    shift = [Fraction(value, gemmi.Op.DEN) % 1 for value in op.tran]
    return coordinates_text(rows, shift, "xyz")
