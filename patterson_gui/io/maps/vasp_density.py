"""Read the electron density of VASP: CHGCAR, CHG, AECCAR, PARCHG."""

import re
import warnings

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.formats.poscar_layout import lattice_of_poscar, poscar_layout
from patterson_gui.io.formats.symmetry import sane_cell
from patterson_gui.io.guards import refuse_declared_count
from patterson_gui.io.maps.absurd_values import refuse_absurd_values
from patterson_gui.io.maps.ccp4 import MapContents
from patterson_gui.io.source_file import HEAD, SourceFile

# Potentials and localisation functions have the same layout, but are no densities.
_NO_DENSITY = re.compile(r"LOCPOT|ELFCAR", re.IGNORECASE)
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][-+]?\d+)?"
_BEGINNING = re.compile(
    rf"\A[^\n]*\n[ \t]*{_NUMBER}(?:[ \t]+{_NUMBER}){{0,2}}[ \t]*\n"
    rf"(?:[ \t]*{_NUMBER}[ \t]+{_NUMBER}[ \t]+{_NUMBER}[^\n]*\n){{3}}"
)
_WITHOUT_E = re.compile(r"(?<=\d)(?=[-+]\d{3}\b)")  # Fortran writes 0.12-101
_D_EXPONENT = re.compile(r"(?<=[\d.])[dD](?=[-+]?\d)")


def is_vasp_density(source: SourceFile) -> bool:
    """Whether a file has values on a grid after atoms as in a POSCAR. Names with LOCPOT or ELFCAR
    are of other quantities."""
    head = source.head_text
    if _NO_DENSITY.search(source.name) or not _BEGINNING.match(head):
        return False
    layout = poscar_layout(head)
    if layout is None and len(source.head) == HEAD:  # it has many atoms
        layout = poscar_layout(source.text)
    return layout is not None and layout.grid_line is not None


def read_vasp_density(source: SourceFile) -> MapContents:
    """The density of the cell in e/Å³.

    VASP writes the density times the volume of the cell, x fastest (VASP wiki, CHGCAR). Spin and
    magnetisation densities that follow are not read, nor further steps of a CHG.

    Raises
    ------
    UserError : lattice, numbers of points or values cannot be read, or the file is cut short.
    """
    text, name = source.text, source.name
    layout = poscar_layout(text)
    if layout is None or layout.grid_line is None:
        raise UserError(f"{name} has no values on a grid: get it again.")
    *_, sizes, rest = text.split("\n", layout.grid_line + 1)
    shape = tuple(int(word) for word in sizes.split())
    n = shape[0] * shape[1] * shape[2]
    refuse_declared_count(name, "values", n, (len(rest) + 1) // 2)
    values, following = _values(rest, n, name)
    lattice = lattice_of_poscar(text, name)
    grid = values.reshape(shape, order="F")
    if np.linalg.det(lattice) < 0:  # as the atoms: x becomes −x with the axes reversed
        lattice = -lattice
        grid = np.roll(grid[::-1, ::-1, ::-1], 1, axis=(0, 1, 2))
    cell = _cell(lattice, name)
    electrons = float(values.mean())
    notes = [
        f"The density integrates to {electrons:.2f} electrons in the cell. VASP leaves the core "
        "electrons out of CHGCAR; AECCAR0 has them."
    ]
    if following:
        notes.append("A second density follows, of spin or of a later step: it is not read.")
    density = DensityMap(
        (grid / cell.volume).astype(np.float32), cell, p1(), MapKind.DENSITY, name=source.stem
    )
    return MapContents(density, tuple(notes))


def _values(text: str, n: int, name: str) -> tuple[NDArray[np.float64], bool]:
    """n numbers, and whether other values follow them."""
    found, end = 0, 0
    while found < n and end < len(text):  # fromstring does not tell where it stops
        stop = text.find("\n", end)
        stop = len(text) if stop < 0 else stop
        found += len(text[end:stop].split())
        end = stop + 1
    block = text[:end]
    if _WITHOUT_E.search(block):
        block = _WITHOUT_E.sub("E", block)
    if _D_EXPONENT.search(block):
        block = _D_EXPONENT.sub("E", block)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(block, dtype=np.float64, sep=" ")[:n]
    except (DeprecationWarning, ValueError) as error:
        raise UserError(
            f"{name} has values that are not numbers: it is damaged; get it again."
        ) from error
    if len(values) < n or not np.isfinite(values).all():
        raise UserError(
            f"{name} holds {len(values):,} of {n:,} values of its grid: it is cut short or "
            "damaged; get it again."
        )
    refuse_absurd_values(values, name)
    return values, _several(text[end:], n)


def _several(text: str, n: int) -> bool:
    """Whether the line of numbers of points is repeated later."""
    first = re.compile(r"^[ \t]*[1-9]\d{0,8}(?:[ \t]+[1-9]\d{0,8}){2}[ \t]*$", re.MULTILINE)
    found = (np.prod([float(word) for word in match[0].split()]) for match in first.finditer(text))
    return any(product == n for product in found)


def _cell(lattice: NDArray[np.float64], name: str) -> gemmi.UnitCell:
    edges = np.linalg.norm(lattice, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = lattice / edges[:, None]
        cosines = np.clip([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]], -1.0, 1.0)
    cell = sane_cell([*edges, *np.degrees(np.arccos(cosines))])
    if cell is None:
        raise UserError(f"{name} has an impossible lattice: correct its lines 2 to 5.")
    return cell
