"""Read JSON from anywhere, and replace NaN and infinity, which JSON cannot store.

Needs only the standard library.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

_DEEPEST = 100  # levels; files of this program have fewer than ten


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises
    ------
    ValueError : it is no JSON, or nested so deeply that recursion over it would fail.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def without_nan(value: Any) -> Any:
    """A copy of a value with None for every NaN and infinity."""
    if isinstance(value, Mapping):
        return {str(key): without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def with_nan(value: Any) -> Any:
    """A copy of a value from JSON with NaN for every null."""
    if isinstance(value, dict):
        return {key: with_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_nan(inner) for inner in value]
    return math.nan if value is None else value
