"""Models: PDB, mmCIF, small-molecule CIF and SHELX instructions, packed or not."""

import re
from pathlib import Path

import gemmi
from gemmi import cif

from patterson_gui.errors import UserError
from patterson_gui.io import small_molecules
from patterson_gui.io.cif_blocks import parse_cif
from patterson_gui.io.files import as_text, plain_stem, read_content
from patterson_gui.io.shelx import parse_instructions
from patterson_gui.io.sniffing import FileKind, kind_of

_OLD_LINE = re.compile(rb"^(?:ATOM  |HETATM).{66}\d\w{3}[ \d]{3}\d\s*$", re.MULTILINE)
_LINE = re.compile(r"line (\d+)[^:]*:?\s*(.*)", re.IGNORECASE | re.DOTALL)


def read_model(path: Path) -> gemmi.Structure:
    """The model in a PDB, mmCIF, small-molecule CIF or SHELX file.

    The content decides which it is. The structure is named after the file. Where there
    is no unit cell, `structure.cell` is gemmi's 1 Å stand-in.

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
    return structure


def _named(kind: FileKind) -> str:
    return "a prediction bundle" if kind is FileKind.BUNDLE else f"a file of the kind “{kind}”"


def count_atoms(structure: gemmi.Structure) -> int:
    """Atoms of the first model."""
    return int(structure[0].count_atom_sites()) if len(structure) else 0


def _from_pdb(content: bytes, name: str) -> gemmi.Structure:
    # Before 1996 columns 73 to 80 held the entry's code and a line number, where the
    # element and the charge are today.
    width = 72 if _OLD_LINE.search(content) else 0
    try:
        structure = gemmi.read_pdb_string(content, max_line_length=width)
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


def model_notes(structure: gemmi.Structure) -> tuple[str, ...]:
    """What a reader should be told about a model: alternatives, unknown atoms."""
    notes = []
    if len(structure) == 0:
        return ()
    residues = [residue for chain in structure[0] for residue in chain]
    split = sum(1 for r in residues if any(atom.has_altloc() for atom in r))
    if split:
        where = f" in {split} residues" if len(residues) > 1 else ""
        notes.append(
            f"Some atoms{where} have alternative positions; all count with their occupancies."
        )
    unknown = sum(1 for r in residues for atom in r if atom.element.atomic_number == 0)
    if unknown:
        notes.append(f"{unknown} atoms are of no known element.")
    return tuple(notes)


def without_unknown_atoms(structure: gemmi.Structure) -> gemmi.Structure:
    """A copy without atoms of no known element, which scatter by no known law."""
    copy = structure.clone()
    for model in copy:
        for chain in model:
            for residue in chain:
                for i in reversed(range(len(residue))):
                    if residue[i].element.atomic_number == 0:
                        del residue[i]
    copy.remove_empty_chains()
    return copy
