"""Replace NaN and infinity, which JSON cannot store; needs only the standard library."""

import math
from collections.abc import Mapping
from typing import Any


def without_nan(value: Any) -> Any:
    """A copy of a value with None for every NaN and infinity."""
    if isinstance(value, Mapping):
        return {str(key): without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
