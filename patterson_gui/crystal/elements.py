"""Symbols of elements as a user types them."""

import gemmi

from patterson_gui.errors import UserError


def known_element(text: str) -> str:
    """A typed element symbol, whatever its case; `UserError` where it is none."""
    symbol = text.strip().capitalize()
    if not symbol or gemmi.Element(symbol).atomic_number == 0:
        raise UserError(f"“{text.strip()}” is not an element: write a symbol, as in C, N or Cl.")
    return symbol
