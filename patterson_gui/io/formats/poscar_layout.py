"""The sections of a VASP file that begins with atoms: lattice, atoms, values on a grid (CHGCAR)."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError

_GRID = re.compile(r"[ \t]*[1-9]\d{0,8}(?:[ \t]+[1-9]\d{0,8}){2}[ \t]*")
_MOST_DIGITS = 9  # of a number of atoms


@dataclass(frozen=True)
class PoscarLayout:
    """Where a file has what.

    Attributes
    ----------
    atoms_end : number of lines up to the last atom.
    grid_line : number of lines before the three numbers of grid points; None: no grid follows.
    """

    atoms_end: int
    grid_line: int | None


def poscar_layout(text: str) -> PoscarLayout | None:
    """The sections of a text, or of its beginning; None: it ends before its last atom, or has no
    numbers of atoms."""
    lines = text.split("\n", 8)
    for at in (5, 6):  # without and with a line of elements
        if len(lines) > at and (counts := _counts(lines[at])):
            break
    else:
        return None
    at += 1
    if at < len(lines) and lines[at].strip()[:1] in ("S", "s"):
        at += 1  # selective dynamics
    end = at + 1 + sum(counts)
    if end > text.count("\n"):
        return None
    rest = text.split("\n", end + 3)[end : end + 3]
    grid = next((i for i, line in enumerate(rest) if _GRID.fullmatch(line)), None)
    return PoscarLayout(end, None if grid is None else end + grid)


def lattice_of_poscar(text: str, name: str) -> NDArray[np.float64]:
    """(3, 3) Å, one lattice vector in each row. The second line is a factor, a negative one the
    volume, or three factors of x, y and z (VASP wiki, POSCAR).

    Raises
    ------
    UserError : the lines hold no such numbers. `name` : of the file.
    """
    lines = text.split("\n", 5)
    try:
        scale = np.array([float(word) for word in lines[1].split()])
        vectors = np.array([[float(word) for word in line.split()[:3]] for line in lines[2:5]])
        if vectors.shape != (3, 3) or len(scale) not in (1, 3):
            raise ValueError
    except (ValueError, IndexError) as error:
        raise UserError(
            f"{name} has a lattice that cannot be read: correct its lines 2 to 5."
        ) from error
    if len(scale) == 3:
        return np.asarray(vectors * scale)
    if scale[0] < 0:
        volume = abs(float(np.linalg.det(vectors)))
        scale = np.cbrt(-scale / volume) if volume else scale
    return np.asarray(vectors * scale[0])


def _counts(line: str) -> list[int]:
    words = re.split("[!#]", line, maxsplit=1)[0].split()
    whole = words and all(word.isdecimal() and len(word) <= _MOST_DIGITS for word in words)
    return [int(word) for word in words] if whole else []
