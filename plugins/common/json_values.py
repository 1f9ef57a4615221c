"""Numbers and lists of a JSON text that is not trusted."""

import math
import numbers


def number(value):
    """A finite number as float; None for other values."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        converted = float(value)
    except OverflowError:  # JSON has integers of any length
        return None
    return converted if is_finite(converted) else None


def is_finite(value):
    """Whether a number is neither infinite nor NaN; Python 2.7 has no `math.isfinite`."""
    return not (math.isnan(value) or math.isinf(value))


def items_in(value):
    """A list as it is; an empty one for other values."""
    return value if isinstance(value, list) else []
