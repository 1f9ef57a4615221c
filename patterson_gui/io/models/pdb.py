"""Read models from PDB files."""

import re
from collections.abc import Iterator
from dataclasses import replace

import gemmi

from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.formats.symmetry import StatedSymmetry, sane_cell, symmetry_of
from patterson_gui.io.models.contents import ReadModel, damaged_model
from patterson_gui.io.models.macromolecular_symmetry import with_symmetry
from patterson_gui.io.models.radiation import notes_on_method
from patterson_gui.io.source_file import SourceFile

_RECORDS = re.compile(
    r"^(ATOM  |HETATM|CRYST1|HEADER|TITLE |COMPND|SOURCE|REMARK|MODEL |SEQRES|EXPDTA|AUTHOR"
    r"|KEYWDS|REVDAT|JRNL  |DBREF |HELIX |SHEET |SCALE1|ORIGX1|LINK  |SSBOND|CISPEP)",
    re.MULTILINE,
)
_OPERATION = re.compile(r"^REMARK 290 +\d+555 +([-+XYZxyz0-9/.]+,\S+) *$", re.MULTILINE)
_OLD_LINE = re.compile(rb"^(?:ATOM  |HETATM).{66}\d\w{3}[ \d]{3}\d\s*$", re.MULTILINE)


def is_pdb(source: SourceFile) -> bool:
    """Whether one of the first lines begins with the name of a PDB record."""
    return bool(_RECORDS.search(source.head_text))


def pdb_structures(source: SourceFile) -> Iterator[ReadModel]:
    """The one structure of a PDB file, with all its models."""
    # Before 1996, columns 73 to 80 held the code of the entry and a line number. Today they hold
    # the element and the charge.
    width = 72 if _OLD_LINE.search(source.content) else 0
    # One byte for each letter, because positions in the line count.
    text = source.text.encode("ascii", "replace")
    try:
        structure = gemmi.read_pdb_string(text, max_line_length=width)
    except (RuntimeError, ValueError) as error:
        raise damaged_model(source.name, error) from error
    structure.setup_entities()
    read = with_symmetry(structure, _stated_symmetry(structure, source.text), source.name)
    yield replace(read, notes=(*read.notes, *notes_on_method(structure)))


def crystallography_of_pdb(source: SourceFile) -> Crystallography | None:
    """Cell and space group of the CRYST1 record; None: there is no cell."""
    structure = gemmi.read_pdb_string(source.content)
    cell = sane_cell(structure.cell.parameters)
    if cell is None:
        return None
    symmetry = symmetry_of(_stated_symmetry(structure, source.text), cell, source.name)
    return Crystallography(cell, symmetry, None, source)


def _stated_symmetry(structure: gemmi.Structure, text: str) -> StatedSymmetry:
    """The operations of REMARK 290 and the name in CRYST1."""
    name = structure.spacegroup_hm.strip()
    triplets = tuple(match[1] for match in _OPERATION.finditer(text))
    return StatedSymmetry(triplets=triplets, names=(name,) if name else ())
