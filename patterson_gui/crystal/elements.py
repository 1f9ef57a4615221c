"""Symbols of elements as a user types them."""

import gemmi

from patterson_gui.errors import UserError


def known_element(text: str) -> str:
    """A typed element symbol, whatever its case; `UserError` where it is none."""
    symbol = text.strip().capitalize()
    if not symbol:
        raise UserError("The element is missing: write its symbol, as in Se, Hg or I.")
    # gemmi looks at the first two letters alone.
    element = gemmi.Element(symbol)
    if element.atomic_number == 0 or element.name != symbol:
        raise UserError(f"“{text.strip()}” is not an element: write a symbol, as in C, N or Cl.")
    return symbol
