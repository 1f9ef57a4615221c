"""Read CIF blocks of both dialects: core (`_cell_length_a`), macromolecular (`_cell.length_a`)."""

import math
import re
from collections.abc import Iterable

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import operations_of_triplets, sane_cell, spacegroup_named
from patterson_gui.io.source_file import SourceFile, first_line

_POSITION = re.compile(r"(?:string|data):(\d+)(?::\d+\(\d+\))?:?\s*(.*)", re.DOTALL)
_SYMMETRY_LOOPS = (
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv.pos_as_xyz",
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
)
_NUMBER_TAGS = (
    "_space_group_IT_number",
    "_symmetry_Int_Tables_number",
    "_space_group.IT_number",
    "_symmetry.Int_Tables_number",
)


def is_cif(source: SourceFile) -> bool:
    """Whether the first line, apart from comments, begins a CIF."""
    return first_line(source.head_text).lower().startswith(("data_", "global_"))


def cif_document(source: SourceFile) -> cif.Document:
    """The document in a file. Raises as `parse_cif` does.

    Readers ask for `source.parsed(cif_document)`, so that the file is parsed once.
    """
    return parse_cif(source.text, source.name)


def parse_cif(text: str, name: str) -> cif.Document:
    """Parse a text as CIF. Raises `UserError`, which names the line, if it is not valid."""
    try:
        return cif.read_string(text, check_level=0)
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


def operations_of(block: cif.Block) -> gemmi.GroupOps | None:
    """The symmetry operations of a block; None: there are none, or they are not valid."""
    for tag in _SYMMETRY_LOOPS:
        triplets = [cif.as_string(v) for v in block.find_values(tag)]
        if operations := operations_of_triplets(triplets):
            return operations
    return None


def spacegroup_of(block: cif.Block, cell: gemmi.UnitCell | None) -> gemmi.SpaceGroup | None:
    """The space group, from its operations, Hall symbol, name or number; None: it is unknown.

    They are tried in this order, because only the first two always give the setting.
    """
    operations = operations_of(block)
    group = None if operations is None else gemmi.find_spacegroup_by_ops(operations)
    if group is not None and group.number > 1:
        return group
    # Some programs write only x,y,z for any space group.
    return _by_hall(block) or _by_name(block, cell) or group


def _by_hall(block: cif.Block) -> gemmi.SpaceGroup | None:
    hall = text_value(block, *_HALL_TAGS)
    if not hall:
        return None
    try:
        return gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(hall))
    except (RuntimeError, ValueError):
        return None  # some old files have misspelt Hall symbols


def _by_name(block: cif.Block, cell: gemmi.UnitCell | None) -> gemmi.SpaceGroup | None:
    for tag in _NAME_TAGS:
        if (name := text_value(block, tag)) and (group := spacegroup_named(name, cell)):
            return group
    it_number = number(text_value(block, *_NUMBER_TAGS))
    return gemmi.find_spacegroup_by_number(int(it_number)) if 1 <= it_number <= 230 else None
