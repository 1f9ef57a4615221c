"""Narrow PyQt's Optional return types where the value cannot be None."""

from typing import TypeVar

T = TypeVar("T")


def not_none(thing: T | None) -> T:
    """The argument; an assertion fails where it is None."""
    assert thing is not None
    return thing
