"""Numbers with their standard uncertainties in parentheses, as in CIF: 1.2345(12)."""

import math


def with_esd(value: float, sigma: float, digits: int = 4) -> str:
    """A value with its uncertainty in units of the last digit, by the rule of 19.

    The uncertainty has two digits if that gives at most 19, otherwise one (Schwarzenbach et
    al., Acta Cryst. A51, 565, 1995; SHELXL writes the same).

    Parameters
    ----------
    sigma : 0 or NaN for a fixed value, which is written with `digits` decimals and nothing else.
    """
    if not math.isfinite(value):
        return "?"
    if not (math.isfinite(sigma) and sigma > 0):
        return _plain(value, digits)
    decimals = -math.floor(math.log10(sigma))
    # Two digits up to 19; 1.96 rounds to 20 and is written with one digit.
    if round(sigma * 10 ** (decimals + 1)) <= 19:
        decimals += 1
    decimals = min(decimals, 12)
    if decimals <= 0:
        step = 10**-decimals
        return f"{round(value / step) * step:.0f}({round(sigma / step) * step:.0f})"
    count = round(sigma * 10**decimals)
    return f"{_plain(value, decimals)}({count})"


def _plain(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text
