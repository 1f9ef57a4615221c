"""The atoms of a VASP file that goes on after them: velocities, or a density on a grid (CHGCAR)."""

import re

_GRID = re.compile(r"^[ \t]*[1-9]\d*[ \t]+[1-9]\d*[ \t]+[1-9]\d*[ \t]*$", re.MULTILINE)


def atoms_alone(text: str) -> tuple[str, tuple[str, ...]]:
    """The lines up to the last atom, and a note where a density follows."""
    lines = text.split("\n", 8)
    for at in (5, 6):  # without and with a line of elements
        if len(lines) > at and (counts := _counts(lines[at])):
            break
    else:
        return text, ()
    lines = text.split("\n")
    at += 1
    if at < len(lines) and lines[at].strip()[:1] in ("S", "s"):
        at += 1  # selective dynamics
    end = at + 1 + sum(counts)
    if end > len(lines):
        return text, ()
    rest = "\n".join(lines[end : end + 3])
    told = "The file has a density on a grid after its atoms, which is not read."
    return "\n".join(lines[:end]) + "\n", (told,) if _GRID.search(rest) else ()


def _counts(line: str) -> list[int]:
    words = line.split("!", maxsplit=1)[0].split()
    return [int(word) for word in words] if words and all(w.isdecimal() for w in words) else []
