"""Read models from SHELX instructions (.res, .ins)."""

from collections.abc import Iterator

import gemmi

from patterson_gui.io.formats.shelx_instructions import instructions_of
from patterson_gui.io.source_file import SourceFile


def shelx_structures(source: SourceFile) -> Iterator[gemmi.Structure]:
    """The structure that the instructions describe."""
    yield source.parsed(instructions_of).structure(source.name)


def shelx_has_model(source: SourceFile) -> bool:
    """Whether the instructions list atoms."""
    return bool(source.parsed(instructions_of).sites)


def shelx_compositions(source: SourceFile) -> Iterator[tuple[gemmi.UnitCell, dict[str, int]]]:
    """Cell and numbers of its non-hydrogen atoms, from SFAC and UNIT."""
    read = source.parsed(instructions_of)
    if read.composition:
        yield read.cell, read.composition
