"""Cell, space group and HKLF instruction, which one file gives for the reflections of another."""

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
    """What is needed to use a list of reflections without a header.

    Attributes
    ----------
    hkl_format : the HKLF instruction; None where there is none.
    source : the file that gives them; None: the reflection file itself.
    """

    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    hkl_format: HklFormat | None
    source: SourceFile | None


def crystallography_of_instructions(source: SourceFile) -> Crystallography:
    """Read SHELX instructions. Raises `UserError` if they cannot be read."""
    read = source.parsed(instructions_of)
    return Crystallography(read.cell, read.spacegroup, read.hkl_format, source)


def crystallography_of_cif(source: SourceFile) -> Crystallography | None:
    """Read the first block of a CIF with both cell and space group; None: there is no such block.

    Raises `UserError` where the file is not a valid CIF.
    """
    for block in source.parsed(cif_document):
        if found := crystallography_of_block(block, source):
            return found
    return None


def crystallography_of_block(block: cif.Block, source: SourceFile | None) -> Crystallography | None:
    """Read a CIF block; None where it lacks the cell or the space group."""
    cell = cell_of(block)
    group = spacegroup_of(block, cell)
    if cell is None or group is None:
        return None
    hkl_format = hkl_format_of(text_value(block, "_shelx_res_file"))
    return Crystallography(cell, group, hkl_format, source)
