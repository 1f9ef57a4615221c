"""Read models from SHELX instructions (.res, .ins)."""

from collections.abc import Iterator

import gemmi

from patterson_gui.io.formats.shelx_header import header_of
from patterson_gui.io.formats.shelx_instructions import instructions_of
from patterson_gui.io.models.contents import ReadModel
from patterson_gui.io.models.radiation import notes_on_radiation
from patterson_gui.io.source_file import SourceFile


def shelx_structures(source: SourceFile) -> Iterator[ReadModel]:
    """The structure that the instructions describe."""
    read = source.parsed(instructions_of)
    radiation = notes_on_radiation(source.parsed(header_of).experiment)
    yield ReadModel(read.structure(source.name), (*read.notes, *radiation))


def shelx_has_model(source: SourceFile) -> bool:
    """Whether the instructions list atoms."""
    return bool(source.parsed(instructions_of).sites)


def shelx_compositions(source: SourceFile) -> Iterator[tuple[gemmi.UnitCell, dict[str, int]]]:
    """Cell and numbers of its non-hydrogen atoms, from SFAC and UNIT."""
    read = source.parsed(instructions_of)
    if read.composition:
        yield read.cell, read.composition
