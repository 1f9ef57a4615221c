"""Models: PDB, mmCIF, small-molecule CIF, SHELX instructions, extended XYZ and the crystal formats
of other programs, packed or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gemmi
from gemmi import cif

from patterson_gui.crystal.materials.structure import structure_of
from patterson_gui.errors import UserError
from patterson_gui.io.files import as_text, plain_stem, read_content
from patterson_gui.io.formats.cif_blocks import parse_cif
from patterson_gui.io.formats.shelx_instructions import parse_instructions
from patterson_gui.io.models import small_molecules
from patterson_gui.io.models.ase_formats import materials_by_ase
from patterson_gui.io.models.checks import checked_model
from patterson_gui.io.models.extended_xyz import Frames
from patterson_gui.io.opening.registry import FileKind, kind_of

_OLD_LINE = re.compile(rb"^(?:ATOM  |HETATM).{66}\d\w{3}[ \d]{3}\d\s*$", re.MULTILINE)
_MACROMOLECULAR = ("_atom_site.Cartn_x", "_atom_site.fract_x")
_COMPONENT = (
    "_chem_comp_atom.x",
    "_chem_comp_atom.model_Cartn_x",
    "_chem_comp_atom.pdbx_model_Cartn_x_ideal",
)
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

    The content decides which it is. Of several CIF blocks the first with atoms counts.
    The structure is named after the file; atoms of no known element are left out. Where
    there is no unit cell, `structure.cell` is gemmi's 1 Å stand-in.

    Raises
    ------
    UserError
        where the file is none of these, is damaged, or holds no atoms.
    """
    return next(models_in(path))


def models_in(path: Path) -> Iterator[ModelContents]:
    """Every model of a file: of a CIF, each block that has atoms; of extended XYZ, each frame. At
    least one."""
    path = Path(path)
    kind = kind_of(path)
    readers = {
        FileKind.PDB: _from_pdb,
        FileKind.CIF: _from_cif,
        FileKind.SHELX_INSTRUCTIONS: _from_shelx,
        FileKind.XYZ: _from_xyz,
        FileKind.ATOMS: _from_ase_formats,
    }
    if kind not in readers:
        raise UserError(
            f"{path.name} is not a model but {_named(kind)}: "
            "choose coordinates (PDB, mmCIF, CIF, SHELX .res, extended XYZ or POSCAR)."
        )
    found = False
    for structure in readers[kind](read_content(path), path.name):
        if count_atoms(structure):
            found = True
            structure.name = plain_stem(path)
            yield ModelContents(*checked_model(structure, path.name))
    if not found:
        raise UserError(f"{path.name} holds no atoms: choose a file with coordinates.")


def _named(kind: FileKind) -> str:
    return "a prediction bundle" if kind is FileKind.BUNDLE else f"a file of the kind “{kind}”"


def count_atoms(structure: gemmi.Structure) -> int:
    """Atoms of the first model."""
    return int(structure[0].count_atom_sites()) if len(structure) else 0


def _from_pdb(content: bytes, name: str) -> Iterator[gemmi.Structure]:
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
    yield structure


def _from_shelx(content: bytes, name: str) -> Iterator[gemmi.Structure]:
    yield parse_instructions(as_text(content), name).structure(name)


def _from_xyz(content: bytes, name: str) -> Iterator[gemmi.Structure]:
    frames = Frames(as_text(content), name)
    for i in range(len(frames)):
        yield structure_of(frames.material(i))
    if frames.damage is not None:
        raise frames.damage


def _from_ase_formats(content: bytes, name: str) -> Iterator[gemmi.Structure]:
    for material in materials_by_ase(as_text(content), name):
        yield structure_of(material)


def _from_cif(content: bytes, name: str) -> Iterator[gemmi.Structure]:
    for block in parse_cif(content, name):
        if has_atoms(block):
            yield structure_of_cif(block, name)


def structure_of_cif(block: cif.Block, name: str) -> gemmi.Structure:
    """The structure of a block that has atoms, of whatever dialect; `name` is its file's.

    Raises
    ------
    UserError : cell or symmetry are missing or unknown, or it cannot be understood.
    """
    if small_molecules.has_sites(block):
        return small_molecules.structure_of_block(block, name)
    try:
        if _has_any(block, _MACROMOLECULAR):
            structure = gemmi.make_structure_from_block(block)
            structure.setup_entities()
        else:
            structure = gemmi.make_structure_from_chemcomp_block(block)
    except (RuntimeError, ValueError) as error:
        raise _damaged(name, error) from error
    return structure


def has_atoms(block: cif.Block) -> bool:
    """Whether a CIF block lists coordinates: of a model, or of one chemical component."""
    return small_molecules.has_sites(block) or _has_any(block, _MACROMOLECULAR + _COMPONENT)


def _has_any(block: cif.Block, tags: tuple[str, ...]) -> bool:
    return any(len(block.find_values(tag)) for tag in tags)


def _damaged(name: str, error: Exception) -> UserError:
    match = _LINE.search(str(error))
    where = " ".join((f"line {match[1]}: {match[2]}" if match else str(error)).split())
    return UserError(
        f"{name} cannot be read as a model ({where}): it may be cut short or damaged; "
        "get it again or correct that line."
    )
