"""Models: PDB, mmCIF, small-molecule CIF and SHELX instructions, packed or not."""

import re
from dataclasses import dataclass
from pathlib import Path

import gemmi
from gemmi import cif

from patterson_gui.errors import UserError
from patterson_gui.io import small_molecules
from patterson_gui.io.cif_blocks import parse_cif
from patterson_gui.io.files import as_text, plain_stem, read_content
from patterson_gui.io.model_checks import checked_model
from patterson_gui.io.shelx import parse_instructions
from patterson_gui.io.sniffing import FileKind, kind_of

_OLD_LINE = re.compile(rb"^(?:ATOM  |HETATM).{66}\d\w{3}[ \d]{3}\d\s*$", re.MULTILINE)
_LINE = re.compile(r"line (\d+)[^:]*:?\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, eq=False)
class ModelContents:
    """A model that can scatter, with what its reader should be told about it."""

    structure: gemmi.Structure
    notes: tuple[str, ...]


def read_model(path: Path) -> gemmi.Structure:
    """The model in a file. See `read_model_contents`."""
    return read_model_contents(path).structure


def read_model_contents(path: Path) -> ModelContents:
    """The model in a PDB, mmCIF, small-molecule CIF or SHELX file.

    The content decides which it is. The structure is named after the file; atoms of no
    known element are left out. Where there is no unit cell, `structure.cell` is gemmi's
    1 Å stand-in.

    Raises
    ------
    UserError
        where the file is none of these, is damaged, or holds no atoms.
    """
    path = Path(path)
    kind = kind_of(path)
    readers = {
        FileKind.PDB: _from_pdb,
        FileKind.CIF: _from_cif,
        FileKind.SHELX_INSTRUCTIONS: _from_shelx,
    }
    if kind not in readers:
        raise UserError(
            f"{path.name} is not a model but {_named(kind)}: "
            "choose coordinates (PDB, mmCIF, CIF or SHELX .res)."
        )
    structure = readers[kind](read_content(path), path.name)
    if count_atoms(structure) == 0:
        raise UserError(f"{path.name} holds no atoms: choose a file with coordinates.")
    structure.name = plain_stem(path)
    return ModelContents(*checked_model(structure, path.name))


def _named(kind: FileKind) -> str:
    return "a prediction bundle" if kind is FileKind.BUNDLE else f"a file of the kind “{kind}”"


def count_atoms(structure: gemmi.Structure) -> int:
    """Atoms of the first model."""
    return int(structure[0].count_atom_sites()) if len(structure) else 0


def _from_pdb(content: bytes, name: str) -> gemmi.Structure:
    # Before 1996 columns 73 to 80 held the entry's code and a line number, where the
    # element and the charge are today.
    width = 72 if _OLD_LINE.search(content) else 0
    # One byte a letter, because columns count; names beyond ASCII stand in remarks only.
    text = as_text(content).encode("ascii", "replace")
    try:
        structure = gemmi.read_pdb_string(text, max_line_length=width)
    except (RuntimeError, ValueError) as error:
        raise _damaged(name, error) from error
    structure.setup_entities()
    return structure


def _from_shelx(content: bytes, name: str) -> gemmi.Structure:
    return parse_instructions(as_text(content), name).structure(name)


def _from_cif(content: bytes, name: str) -> gemmi.Structure:
    structure = structure_of_document(parse_cif(content, name), name)
    if structure is None:
        raise UserError(
            f"{name} is a CIF without atoms: choose one that lists coordinates (_atom_site)."
        )
    return structure


def structure_of_document(document: cif.Document, name: str) -> gemmi.Structure | None:
    """The structure of the first block that has atoms; None where none has."""
    for block in document:
        if len(block.find_values("_atom_site.Cartn_x")) or len(
            block.find_values("_atom_site.fract_x")
        ):
            try:
                structure = gemmi.make_structure_from_block(block)
            except (RuntimeError, ValueError) as error:
                raise _damaged(name, error) from error
            if count_atoms(structure):
                structure.setup_entities()
                return structure
        elif small_molecules.has_sites(block):
            return small_molecules.structure_of_block(block, name)
    return None


def _damaged(name: str, error: Exception) -> UserError:
    match = _LINE.search(str(error))
    where = f"line {match[1]}: {' '.join(match[2].split())}" if match else str(error)
    return UserError(
        f"{name} cannot be read as a model ({where}): it may be cut short or damaged; "
        "get it again or correct that line."
    )
