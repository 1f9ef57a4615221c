"""The atoms of a VASP file that goes on after them: velocities, or a density on a grid (CHGCAR)."""

import re

from patterson_gui.io.formats.poscar_layout import poscar_layout


def atoms_alone(text: str) -> tuple[str, tuple[str, ...]]:
    """The lines up to the last atom, and a note where values on a grid follow."""
    layout = poscar_layout(text)
    if layout is None:
        return text, ()
    told = "The file has values on a grid after its atoms, which are not used here."
    lines = text.split("\n", layout.atoms_end)[: layout.atoms_end]
    lines[5:7] = [re.split("[!#]", line, maxsplit=1)[0] for line in lines[5:7]]
    atoms = "\n".join(_with_elements(lines)) + "\n"
    return atoms, (told,) if layout.grid_line is not None else ()


def _with_elements(lines: list[str]) -> list[str]:
    """The lines with one of elements before their numbers, taken from the ends of the lines of
    atoms, "0 0 0 Na", where VASP 4 wrote none."""
    counts = lines[5].split()
    if not counts or not all(word.isdecimal() for word in counts):
        return lines
    numbers = [int(word) for word in counts]
    symbols = [line.split()[-1] if line.split() else "" for line in lines[-sum(numbers) :]]
    starts = [sum(numbers[:i]) for i in range(len(numbers))]
    groups = [symbols[start : start + n] for start, n in zip(starts, numbers, strict=True)]
    if not all(len(set(group)) == 1 and group[0].isalpha() for group in groups):
        return lines
    if any(group[0] in ("T", "F") for group in groups):  # of selective dynamics
        return lines
    return [*lines[:5], " ".join(group[0] for group in groups), *lines[5:]]
