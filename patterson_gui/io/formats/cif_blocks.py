"""Read CIF blocks of both dialects: core (`_cell_length_a`), macromolecular (`_cell.length_a`)."""

import math
import re
from collections.abc import Iterable

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.measured.contents import parse_formula
from patterson_gui.crystal.stated_symmetry.origin_choice import StatedAtoms
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif2 import as_cif1, is_cif2
from patterson_gui.io.formats.element_names import (
    element_of_label,
    element_of_type,
    elements_in_formula,
)
from patterson_gui.io.formats.symmetry import (
    StatedSymmetry,
    Symmetry,
    sane_cell,
    symmetry_of,
)
from patterson_gui.io.source_file import SourceFile, first_line

_POSITION = re.compile(r"(?:string|data):(\d+)(?::\d+\(\d+\))?:?\s*(.*)", re.DOTALL)
_TAG_LINE = re.compile(
    rb"^[ \t]*_(?:cell|symmetry|space_group|atom_site|chemical|refln|diffrn|exptl)[_.]\w",
    re.MULTILINE | re.IGNORECASE,
)
_FEW_TAGS = 3
_SYMMETRY_LOOPS = (
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv.pos_as_xyz",
)
# Magnetic groups: "-x,y+1/2,z,-1", where the last number is the reversal of time.
_MAGNETIC_LOOPS = (
    "_space_group_symop_magn_operation.xyz",
    "_space_group_symop_magn_operation_xyz",
    "_space_group_symop.magn_operation_xyz",
    "_space_group_symop_magn.operation_xyz",
)
# Modulated crystals: 'x1,x2,x3,x4'.
_SUPERSPACE_LOOPS = (
    "_space_group_symop_ssg_operation_algebraic",
    "_space_group_symop_ssg.operation_algebraic",
    "_space_group_symop.ssg_operation_algebraic",
    "_space_group_ssg_operation_algebraic",
)
_MAGNETIC_CENTRINGS = (
    "_space_group_symop_magn_centering.xyz",
    "_space_group_symop_magn_centering_xyz",
    "_space_group_symop.magn_centering_xyz",
)
_HALL_TAGS = (
    "_space_group_name_Hall",
    "_symmetry_space_group_name_Hall",
    "_space_group.name_Hall",
    "_symmetry.space_group_name_Hall",
)
_NAME_TAGS = (
    "_space_group_name_H-M_alt",
    "_symmetry_space_group_name_H-M",
    "_space_group.name_H-M_alt",
    "_symmetry.space_group_name_H-M",
    "_space_group_name_H-M_full",
    "_space_group.name_H-M_full",
    "_space_group_name_H-M",
    "_space_group.name_H-M",
)
_REFERENCE_TAGS = ("_space_group_name_H-M_ref", "_space_group.name_H-M_ref")
_CODE_TAGS = ("_space_group_IT_coordinate_system_code", "_space_group.IT_coordinate_system_code")
_NUMBER_TAGS = (
    "_space_group_IT_number",
    "_symmetry_Int_Tables_number",
    "_space_group.IT_number",
    "_symmetry.Int_Tables_number",
)


def is_cif(source: SourceFile) -> bool:
    """Whether the first line, apart from comments, begins a CIF."""
    return first_line(source.head_text).lower().startswith(("data_", "global_"))


def headless_cif(head: bytes) -> bool:
    """Whether a file has tags of CIF dictionaries, although it does not begin like a CIF."""
    return len(_TAG_LINE.findall(head)) >= _FEW_TAGS


def cif_document(source: SourceFile) -> cif.Document:
    """The document in a file. Raises as `parse_cif` does.

    Readers ask for `source.parsed(cif_document)`, so that the file is parsed once.
    """
    return parse_cif(source.text, source.name)


def parse_cif(text: str, name: str) -> cif.Document:
    """Parse a text as CIF. Raises `UserError`, which names the line, if it is not valid."""
    try:
        return cif.read_string(as_cif1(text) if is_cif2(text) else text, check_level=0)
    except ValueError as error:
        match = _POSITION.search(str(error))
        where = f"line {match[1]}: {match[2]}" if match else str(error)
        where = " ".join(where.split())
        raise UserError(
            f"{name} is not a valid CIF ({where}): it may be cut short or damaged; "
            "get it again or correct that line."
        ) from error


def text_value(block: cif.Block, *tags: str) -> str:
    """The first value of `tags`, without quotes; '' if none has a value."""
    for tag in tags:
        value = block.find_value(tag)
        if value and not cif.is_null(value):
            return cif.as_string(value).strip()
    return ""


def number(value: str) -> float:
    """A CIF number without its uncertainty; NaN for '?', '.' and other text."""
    return cif.as_number(value)


def both_dialects(category: str, item: str) -> tuple[str, str]:
    """'_refln', 'index_h' → '_refln_index_h', '_refln.index_h'."""
    return f"{category}_{item}", f"{category}.{item}"


def column(block: cif.Block, category: str, item: str) -> cif.Column | None:
    """The column of a loop, in either dialect; None: there is none."""
    for tag in both_dialects(category, item):
        values = block.find_values(tag)
        if len(values):
            return values
    return None


def numbers(values: Iterable[str]) -> NDArray[np.float64]:
    """(n,) float, NaN where unknown."""
    return np.fromiter((cif.as_number(value) for value in values), dtype=np.float64)


def cell_of(block: cif.Block) -> gemmi.UnitCell | None:
    """The unit cell, Å and degrees; None: a length is missing, or the cell is impossible."""
    values = []
    for item in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
        value = number(text_value(block, *both_dialects("_cell", item)))
        if math.isnan(value) and item.startswith("angle"):
            value = 90.0  # the default of the dictionaries
        values.append(value)
    return sane_cell(values)


def stated_symmetry(block: cif.Block) -> StatedSymmetry:
    """What a block states about its symmetry."""
    number_stated = number(text_value(block, *_NUMBER_TAGS))
    names = (text_value(block, tag) for tag in _NAME_TAGS)
    return StatedSymmetry(
        triplets=_triplets(block),
        hall=text_value(block, *_HALL_TAGS),
        names=tuple(dict.fromkeys(name for name in names if name.strip("?. "))),
        reference=text_value(block, *_REFERENCE_TAGS),
        code=text_value(block, *_CODE_TAGS),
        number=int(number_stated) if 1 <= number_stated <= 230 else None,
    )


def _triplets(block: cif.Block) -> tuple[str, ...]:
    for tag in _SYMMETRY_LOOPS:
        if found := tuple(cif.as_string(value) for value in block.find_values(tag)):
            return tuple(map(_with_commas, found))
    for tag in _MAGNETIC_LOOPS:
        if found := _without_time(block, tag):
            centrings = (_without_time(block, centring) for centring in _MAGNETIC_CENTRINGS)
            return _with_centrings(found, next(filter(None, centrings), ()))
    for tag in _SUPERSPACE_LOOPS:
        if found := tuple(cif.as_string(value) for value in block.find_values(tag)):
            return tuple(dict.fromkeys(map(_of_average_structure, found)))
    return ()


def _with_commas(triplet: str) -> str:
    """'x y+1/2 z' → 'x,y+1/2,z'."""
    parts = triplet.split()
    return ",".join(parts) if len(parts) == 3 and "," not in triplet else triplet


def _with_centrings(triplets: tuple[str, ...], centrings: tuple[str, ...]) -> tuple[str, ...]:
    """The products of operations and centrings; the same where they are not valid."""
    try:
        products = [gemmi.Op(c) * gemmi.Op(t) for c in centrings or ("x,y,z",) for t in triplets]
    except (RuntimeError, ValueError):
        return triplets + centrings
    return tuple(dict.fromkeys(op.wrap().triplet() for op in products))


def _of_average_structure(text: str) -> str:
    """'-x1,x2+1/2,-x3,x4+1/2' → '-x,y+1/2,-z': the first three coordinates do not depend on those
    of the modulation (International Tables C, chapter 9.8)."""
    triplet = ",".join(text.lower().split(",")[:3])
    for number, letter in enumerate("xyz", start=1):
        triplet = triplet.replace(f"x{number}", letter)
    return triplet


def is_modulated(block: cif.Block) -> bool:
    """Whether a block lists the operations of a superspace group."""
    return any(len(block.find_values(tag)) for tag in _SUPERSPACE_LOOPS)


def _without_time(block: cif.Block, tag: str) -> tuple[str, ...]:
    """Triplets of a magnetic group without the reversal of time."""
    texts = (cif.as_string(value) for value in block.find_values(tag))
    return tuple(",".join(text.split(",")[:3]) for text in texts)


def symmetry_of_block(block: cif.Block, cell: gemmi.UnitCell | None, name: str) -> Symmetry:
    """The symmetry of a block by the rule of all readers (`symmetry_of`).

    `name` : name of the file, for notes.
    """
    return symmetry_of(stated_symmetry(block), cell, name, _sites(block))


def _sites(block: cif.Block) -> StatedAtoms | None:
    """The atoms of the core dictionary; None where there are none."""
    axes = [numbers(column(block, "_atom_site", f"fract_{axis}") or ()) for axis in "xyz"]
    n = len(axes[0])
    if n == 0 or any(len(axis) != n for axis in axes):
        return None
    frac = np.stack(axes, axis=1)
    occupancy = numbers(column(block, "_atom_site", "occupancy") or ())
    occupancy = (
        np.where(np.isfinite(occupancy), occupancy, 1.0) if len(occupancy) == n else np.ones(n)
    )
    elements = _elements(block, n)
    kept = np.isfinite(frac).all(axis=1) & np.array([bool(element) for element in elements])
    return StatedAtoms(
        tuple(element for element, is_kept in zip(elements, kept, strict=True) if is_kept),
        frac[kept],
        occupancy[kept],
        _formula(block),
    )


def _elements(block: cif.Block, n: int) -> list[str]:
    """The elements of n atoms by the rule of all readers; "" for what is no atom."""
    formula = elements_in_formula(text_value(block, *both_dialects("_chemical_formula", "sum")))

    def texts(item: str) -> list[str]:
        values = column(block, "_atom_site", item)
        return [""] * n if values is None or len(values) != n else list(map(cif.as_string, values))

    found = []
    columns = (texts("type_symbol"), texts("label"), texts("calc_flag"))
    for symbol, label, flag in zip(*columns, strict=True):
        if flag.lower() == "dum":  # a dummy, no atom
            found.append("")
            continue
        typed = bool(symbol.strip("?."))
        each = element_of_type(symbol, formula) if typed else element_of_label(label, formula)
        found.append(each.element if each is not None else "")
    return found


def _formula(block: cif.Block) -> dict[str, float] | None:
    text = text_value(block, "_chemical_formula_sum")
    try:
        return parse_formula(text) if text else None
    except UserError:
        return None


def spacegroup_of(block: cif.Block, cell: gemmi.UnitCell | None) -> gemmi.SpaceGroup | None:
    """The space group of a block (`symmetry_of_block`); None where it is unknown, or in a setting
    that is in no table."""
    return symmetry_of_block(block, cell, block.name).spacegroup
