"""Cell, space group and reflection format that one file gives for the reflections in another."""

from dataclasses import dataclass

import gemmi
from gemmi import cif

from patterson_gui.io.formats.cif_blocks import (
    cell_of,
    cif_document,
    spacegroup_of,
    text_value,
)
from patterson_gui.io.formats.shelx_instructions import HklFormat, hkl_format_of, instructions_of
from patterson_gui.io.source_file import SourceFile


@dataclass(frozen=True, eq=False)
class Crystallography:
    """What a bare list of reflections needs from elsewhere.

    Attributes
    ----------
    hkl_format : the HKLF instruction; None where there is none.
    source : the file that says so; None: the file of the reflections itself.
    """

    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    hkl_format: HklFormat | None
    source: SourceFile | None


def crystallography_of_instructions(source: SourceFile) -> Crystallography:
    """What SHELX instructions say. Raises `UserError` where they cannot be understood."""
    read = source.parsed(instructions_of)
    return Crystallography(read.cell, read.spacegroup, read.hkl_format, source)


def crystallography_of_cif(source: SourceFile) -> Crystallography | None:
    """What the first block of a CIF with both cell and space group says; None: there is none.

    Raises `UserError` where it is not valid CIF.
    """
    for block in source.parsed(cif_document):
        if found := crystallography_of_block(block, source):
            return found
    return None


def crystallography_of_block(block: cif.Block, source: SourceFile | None) -> Crystallography | None:
    """What a block says; None where it lacks the cell or the space group."""
    cell = cell_of(block)
    group = spacegroup_of(block, cell)
    if cell is None or group is None:
        return None
    hkl_format = hkl_format_of(text_value(block, "_shelx_res_file"))
    return Crystallography(cell, group, hkl_format, source)
