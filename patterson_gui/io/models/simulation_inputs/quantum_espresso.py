"""Lattices that an input of Quantum ESPRESSO states by a number, `ibrav`.

After its documentation, INPUT_PW, section &SYSTEM. ASE reads only ibrav = 0, with the vectors in
the card CELL_PARAMETERS, so that inputs are rewritten in this form.
"""

import math
import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError

_NAMELIST = re.compile(r"^[ \t]*&SYSTEM\b(.*?)^[ \t]*/", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_PAIR = re.compile(r"(\w+(?:\(\d\))?)\s*=\s*([^,\s!]+)")
_PARAMETER = re.compile(r"celldm\([1-6]\)|[abc]|cos(?:ab|ac|bc)")
_BOHR = 0.529177210903  # Å (CODATA 2018)
_A = re.compile(r"\ba\s*=\s*[^,\s!]+", re.IGNORECASE)
_RATIOS_AND_ANGLES = re.compile(
    r"\b(?:celldm\([2-6]\)|b|c|cosab|cosac|cosbc)\s*=\s*[^,\s!]+,?", re.IGNORECASE
)
Rows = list[tuple[float, float, float]]
_CARD = re.compile(
    r"^[ \t]*CELL_PARAMETERS\b[^\n]*\n(?:[^\n]*\n?){3}", re.MULTILINE | re.IGNORECASE
)


def with_cell_vectors(text: str, name: str) -> str:
    """The input with ibrav = 0 and a card of its cell vectors; unchanged where it has these.

    Raises
    ------
    UserError : the lattice is of an unknown number, or a parameter of it is missing or impossible.
    """
    namelist = _NAMELIST.search(text)
    if namelist is None:
        return text
    body = re.sub(r"![^\n]*", "", namelist[1])
    values = {key.lower(): value for key, value in _PAIR.findall(body)}
    try:
        ibrav = int(values.get("ibrav", "0"))
        lattice = lattice_of(ibrav, _celldm(values, ibrav)) if ibrav else None
        a = _number(values["a"]) if "a" in values and "celldm(1)" not in values else None
    except (ValueError, ZeroDivisionError) as error:
        raise UserError(
            f"{name} has the lattice ibrav = {values.get('ibrav')}, which cannot be built from its "
            f"parameters ({error}): give ibrav = 0 and CELL_PARAMETERS."
        ) from error
    head, system, tail = text[: namelist.start(1)], namelist[1], text[namelist.end(1) :]
    if a is not None:
        # ASE overlooks A. celldm(1) is the unit of the vectors, and perhaps of the coordinates.
        system = _A.sub(f"celldm(1)={a / _BOHR:.12f}", system)
    if lattice is None:
        return f"{head}{system}{tail}"
    system = re.sub(r"\bibrav\s*=\s*[-+]?\d+", "ibrav=0", system, flags=re.IGNORECASE)
    system = _RATIOS_AND_ANGLES.sub("", system)
    rows = "\n".join(" ".join(f"{x:.12f}" for x in row) for row in lattice)
    rest = _CARD.sub("", tail).rstrip("\n")
    return f"{head}{system}{rest}\nCELL_PARAMETERS alat\n{rows}\n"


def _celldm(values: Mapping[str, str], ibrav: int) -> dict[int, float]:
    """celldm(2) … celldm(6), as stated or from A, B, C, cosAB, cosAC, cosBC."""
    given = {key: _number(value) for key, value in values.items() if _PARAMETER.fullmatch(key)}
    if "celldm(1)" not in given and "a" not in given:
        raise ValueError("its length a is missing")
    if "celldm(1)" in given:
        return {i: given[f"celldm({i})"] for i in range(2, 7) if f"celldm({i})" in given}
    found = {i: given[key] / given["a"] for i, key in ((2, "b"), (3, "c")) if key in given}
    angles = {4: "cosab"}
    if ibrav == 14:
        angles = {4: "cosbc", 5: "cosac", 6: "cosab"}
    elif ibrav in (-12, -13):
        angles = {5: "cosac"}
    return found | {i: given[key] for i, key in angles.items() if key in given}


def _number(text: str) -> float:
    """A number of Fortran: '1.0d0' is 1.0."""
    return float(text.lower().replace("d", "e"))


def lattice_of(ibrav: int, celldm: Mapping[int, float]) -> NDArray[np.float64]:
    """(3, 3) the rows are the vectors of lattice `ibrav`, in units of its celldm(1).

    Parameters
    ----------
    celldm : celldm(2) and celldm(3) are b/a and c/a, the others cosines.

    Raises
    ------
    ValueError : there is no such lattice, or a parameter is missing or impossible.
    """
    if ibrav not in _LATTICES:
        raise ValueError("this lattice is not known")
    rows = _LATTICES[ibrav](*(celldm.get(i, math.nan) for i in range(2, 7)))
    lattice = np.array(rows, np.float64)
    if np.isnan(lattice).any():
        raise ValueError("a length or an angle is missing")
    if abs(np.linalg.det(lattice)) < 1e-3:
        raise ValueError("its vectors enclose no volume")
    return lattice


def _sine(cosine: float) -> float:
    return math.sqrt(1 - cosine**2)


def _rhombohedral(cosine: float) -> Rows:
    tx, ty, tz = _rhombohedral_steps(cosine)
    return [(tx, -ty, tz), (0, 2 * ty, tz), (-tx, -ty, tz)]


def _rhombohedral_along_111(cosine: float) -> Rows:
    _, ty, tz = _rhombohedral_steps(cosine)
    u = (tz - 2 * math.sqrt(2) * ty) / math.sqrt(3)
    v = (tz + math.sqrt(2) * ty) / math.sqrt(3)
    return [(u, v, v), (v, u, v), (v, v, u)]


def _rhombohedral_steps(cosine: float) -> tuple[float, float, float]:
    return math.sqrt((1 - cosine) / 2), math.sqrt((1 - cosine) / 6), math.sqrt((1 + 2 * cosine) / 3)


def _triclinic(b: float, c: float, bc: float, ac: float, ab: float) -> Rows:
    sine = _sine(ab)
    volume = math.sqrt(1 + 2 * bc * ac * ab - bc**2 - ac**2 - ab**2)
    return [
        (1, 0, 0), (b * ab, b * sine, 0), (c * ac, c * (bc - ac * ab) / sine, c * volume / sine)
    ]  # fmt: skip


# The vectors with a = 1 from celldm(2) to celldm(6): b/a, c/a and three cosines, in the order and
# orientation of the documentation, on which coordinates in fractions of the cell depend.
_LATTICES: dict[int, Callable[[float, float, float, float, float], Rows]] = {
    1: lambda *_: [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    2: lambda *_: [(-0.5, 0, 0.5), (0, 0.5, 0.5), (-0.5, 0.5, 0)],
    3: lambda *_: [(0.5, 0.5, 0.5), (-0.5, 0.5, 0.5), (-0.5, -0.5, 0.5)],
    -3: lambda *_: [(-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)],
    4: lambda _, c, *__: [(1, 0, 0), (-0.5, math.sqrt(0.75), 0), (0, 0, c)],
    5: lambda _, __, cosine, *___: _rhombohedral(cosine),
    -5: lambda _, __, cosine, *___: _rhombohedral_along_111(cosine),
    6: lambda _, c, *__: [(1, 0, 0), (0, 1, 0), (0, 0, c)],
    7: lambda _, c, *__: [(0.5, -0.5, c / 2), (0.5, 0.5, c / 2), (-0.5, -0.5, c / 2)],
    8: lambda b, c, *_: [(1, 0, 0), (0, b, 0), (0, 0, c)],
    9: lambda b, c, *_: [(0.5, b / 2, 0), (-0.5, b / 2, 0), (0, 0, c)],
    -9: lambda b, c, *_: [(0.5, -b / 2, 0), (0.5, b / 2, 0), (0, 0, c)],
    91: lambda b, c, *_: [(1, 0, 0), (0, b / 2, -c / 2), (0, b / 2, c / 2)],
    10: lambda b, c, *_: [(0.5, 0, c / 2), (0.5, b / 2, 0), (0, b / 2, c / 2)],
    11: lambda b, c, *_: [(0.5, b / 2, c / 2), (-0.5, b / 2, c / 2), (-0.5, -b / 2, c / 2)],
    12: lambda b, c, ab, *_: [(1, 0, 0), (b * ab, b * _sine(ab), 0), (0, 0, c)],
    -12: lambda b, c, _, ac, __: [(1, 0, 0), (0, b, 0), (c * ac, 0, c * _sine(ac))],
    13: lambda b, c, ab, *_: [(0.5, 0, -c / 2), (b * ab, b * _sine(ab), 0), (0.5, 0, c / 2)],
    -13: lambda b, c, _, ac, __: [
        (0.5, b / 2, 0), (-0.5, b / 2, 0), (c * ac, 0, c * _sine(ac))
    ],
    14: _triclinic,
}  # fmt: skip
