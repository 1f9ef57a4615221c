"""Short forms of numbers in inputs of ABINIT: 3*8.0, 1/3, sqrt(0.75).

ASE reads only plain numbers, and only cells that `rprim` states.
"""

import math
import re

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_ROOT = re.compile(rf"([-+]?)sqrt\(\s*({_NUMBER})(?:/({_NUMBER}))?\s*\)", re.IGNORECASE)
_RATIO = re.compile(rf"(?<!\S)({_NUMBER})/({_NUMBER})(?!\S)")
_REPEATED = re.compile(rf"(?<!\S)(\d+)\*({_NUMBER})(?!\S)")
_ANGLES = re.compile(
    rf"^[ \t]*angdeg\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})", re.MULTILINE | re.IGNORECASE
)
_MOST_REPEATS = 10_000


def with_plain_numbers(text: str) -> str:
    """The input with the short forms written out, and `rprim` in place of `angdeg`."""
    text = re.sub(r"[#!][^\n]*", "", text)
    text = _ROOT.sub(_root, text)
    text = _RATIO.sub(_ratio, text)
    text = _REPEATED.sub(_repeated, text)
    if _ANGLES.search(text):
        return _ANGLES.sub(_axes, text)
    if not re.search(r"\brprim\b", text, re.IGNORECASE):
        text += "\nrprim 1 0 0 0 1 0 0 0 1\n"
    return text


def _number(text: str) -> float:
    return float(text.lower().replace("d", "e"))


def _root(match: re.Match[str]) -> str:
    value = _number(match[2]) / (_number(match[3]) if match[3] else 1.0)
    return f"{match[1]}{math.sqrt(value):.14f}" if value >= 0 else match[0]


def _ratio(match: re.Match[str]) -> str:
    below = _number(match[2])
    return f"{_number(match[1]) / below:.14f}" if below else match[0]


def _repeated(match: re.Match[str]) -> str:
    times = int(match[1])
    return " ".join([match[2]] * times) if times <= _MOST_REPEATS else match[0]


def _axes(match: re.Match[str]) -> str:
    """Unit vectors with these angles; `acell` has the lengths. The orientation is any."""
    bc, ac, ab = (math.cos(math.radians(_number(match[i]))) for i in (1, 2, 3))
    sine = math.sqrt(max(1 - ab**2, 1e-12))
    y = (bc - ac * ab) / sine
    z = math.sqrt(max(1 - ac**2 - y**2, 0.0))
    rows = (1, 0, 0, ab, sine, 0, ac, y, z)
    return "rprim " + " ".join(f"{x:.14f}" for x in rows)
