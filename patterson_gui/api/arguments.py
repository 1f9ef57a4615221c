"""Checks of the arguments of API functions; errors are `UserError`s of one sentence."""

import math
import os
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from patterson_gui.crystal.seeds import LARGEST_SEED
from patterson_gui.errors import UserError

PathLike = str | os.PathLike[str]


def path_of(value: object, name: str) -> Path:
    """Convert text or a path to a `Path`.

    Raises
    ------
    UserError : `value` is neither.
    """
    if isinstance(value, str | os.PathLike) and not isinstance(value, bytes):
        text = os.fspath(value)
        if isinstance(text, str) and text:
            return Path(text)
    raise UserError(f"{name} must be the path of a file or folder, not {_shown(value)}.")


def one_of(value: object, allowed: Iterable[str], name: str) -> str:
    """Check that a value is one of the allowed words.

    Raises
    ------
    UserError : it is not.
    """
    words = list(allowed)
    if isinstance(value, str) and value in words:
        return value
    raise UserError(f"{name} must be one of {', '.join(words)}, not {_shown(value)}.")


def number(
    value: Any,
    name: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    unit: str = "",
) -> float:
    """Check that a value is a finite number within limits.

    Raises
    ------
    UserError : it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(float(value)):
        raise UserError(f"{name} must be a number{_of(unit)}, not {_shown(value)}.")
    given = float(value)
    _check_limits(given, name, above, least, most, unit)
    return given


def whole_number(value: Any, name: str, *, least: int = 0, most: int | None = None) -> int:
    """Check that a value is a whole number within limits.

    Raises
    ------
    UserError : it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise UserError(f"{name} must be a whole number, not {_shown(value)}.")
    given = int(value)
    _check_limits(given, name, None, least, most, "")
    return given


def random_seed(value: Any) -> int:
    """Check the seed of random numbers, 0 to 2³¹ − 1.

    Raises
    ------
    UserError : it is none.
    """
    return whole_number(value, "seed", most=LARGEST_SEED)


def cell_edge(value: object, name: str = "cell") -> float | None:
    """The edge of a cubic cell, Å; None for "auto", a cell fitted to its contents.

    Raises
    ------
    UserError : `value` is neither a number nor "auto".
    """
    if value == "auto":
        return None
    if isinstance(value, str):
        raise UserError(f"{name} must be an edge in Å or 'auto', not '{value}'.")
    return number(value, name, above=0, unit="Å")


def _check_limits(
    value: float,
    name: str,
    above: float | None,
    least: float | None,
    most: float | None,
    unit: str,
) -> None:
    unit = f" {unit}" if unit else ""
    shown = _digits(value)
    if above is not None and not value > above:
        raise UserError(f"{name} must be larger than {_digits(above)}{unit}, not {shown}.")
    if least is not None and not value >= least:
        raise UserError(f"{name} must be at least {_digits(least)}{unit}, not {shown}.")
    if most is not None and not value <= most:
        raise UserError(f"{name} must be at most {_digits(most)}{unit}, not {shown}.")


def _digits(value: float) -> str:
    """A whole number with all its digits, another with six."""
    return str(value) if isinstance(value, int) else f"{value:g}"


def _of(unit: str) -> str:
    return f" ({unit})" if unit else ""


def _shown(value: object) -> str:
    """A value as text for an error message."""
    if isinstance(value, str | int | float | None):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"an object of type {type(value).__name__}"
