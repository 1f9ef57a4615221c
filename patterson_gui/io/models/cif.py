"""Read models and crystals from CIF: macromolecular, core, and chemical components."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import gemmi
from gemmi import cif

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import (
    cell_of,
    cif_document,
    stated_symmetry,
    text_value,
)
from patterson_gui.io.formats.experiment import experiment_of_block
from patterson_gui.io.models import small_molecules
from patterson_gui.io.models.atom_site_columns import complete_atom_site
from patterson_gui.io.models.checks import checked_model
from patterson_gui.io.models.contents import ReadModel, damaged_model
from patterson_gui.io.models.macromolecular_symmetry import with_symmetry
from patterson_gui.io.models.material_file import ListedMaterials
from patterson_gui.io.models.radiation import notes_on_method, notes_on_radiation
from patterson_gui.io.source_file import SourceFile

_MACROMOLECULAR = ("_atom_site.Cartn_x", "_atom_site.fract_x")
_COMPONENT = (
    "_chem_comp_atom.x",
    "_chem_comp_atom.model_Cartn_x",
    "_chem_comp_atom.pdbx_model_Cartn_x_ideal",
)
_CODES = (
    ("_cod_database_code", "COD"),
    ("_database_code_ICSD", "ICSD"),
    ("_database_code_CSD", "CSD"),
    ("_database_code_depnum_ccdc_archive", ""),
)
_NAMES = ("_chemical_name_mineral", "_chemical_name_common", "_chemical_formula_structural")


def cif_structures(source: SourceFile) -> Iterator[ReadModel]:
    """The model of each block that has atoms."""
    for block in source.parsed(cif_document):
        if has_atoms(block):
            yield model_of_cif(block, source.name)


def cif_has_models(source: SourceFile) -> bool:
    """Whether any block has atoms."""
    return any(has_atoms(block) for block in source.parsed(cif_document))


def has_atoms(block: cif.Block) -> bool:
    """Whether a CIF block has coordinates, of a model or of a chemical component."""
    return small_molecules.has_sites(block) or _has_any(block, _MACROMOLECULAR + _COMPONENT)


def _has_any(block: cif.Block, tags: tuple[str, ...]) -> bool:
    return any(len(block.find_values(tag)) for tag in tags)


def model_of_cif(block: cif.Block, name: str) -> ReadModel:
    """The model of a block with atoms, in any dialect. `name` : name of the file, for messages.

    Raises
    ------
    UserError : cell or symmetry is missing or unknown, or the block cannot be read.
    """
    if small_molecules.has_sites(block):
        read = small_molecules.model_of_block(block, name)
        return replace(read, notes=(*read.notes, *notes_on_radiation(experiment_of_block(block))))
    assumed: tuple[str, ...] = ()
    try:
        if _has_any(block, _MACROMOLECULAR):
            assumed = complete_atom_site(block)
            structure = gemmi.make_structure_from_block(block)
            structure.setup_entities()
            if not structure.cell.is_crystal() and (cell := cell_of(block)) is not None:
                structure.cell = cell  # angles that are not given are 90°
        else:
            structure = gemmi.make_structure_from_chemcomp_block(block)
    except (RuntimeError, ValueError) as error:
        raise damaged_model(name, error) from error
    read = with_symmetry(structure, stated_symmetry(block), name)
    return replace(read, notes=(*read.notes, *assumed, *notes_on_method(structure)))


def cif_compositions(source: SourceFile) -> Iterator[tuple[gemmi.UnitCell, dict[str, int]]]:
    """Cell and numbers of its non-hydrogen atoms, for each block with cell, formula and Z."""
    for block in source.parsed(cif_document):
        cell, stated = cell_of(block), small_molecules.formula_in_cell(block)
        if stated and cell is not None:
            yield cell, stated


def cif_materials(source: SourceFile) -> ListedMaterials:
    """The crystal of each block with atoms. Raises `UserError` if there is none."""
    blocks = [block for block in source.parsed(cif_document) if has_atoms(block)]
    if not blocks:
        raise UserError(f"{source.name} is a CIF without atoms: choose a file with coordinates.")
    many = len(blocks) > 1

    def reader(block: cif.Block) -> Callable[[], Material]:
        # The document must exist as long as its blocks: the source keeps it.
        return lambda: _material_of_block(block, source, many)

    return ListedMaterials([reader(block) for block in blocks])


def _material_of_block(block: cif.Block, source: SourceFile, many: bool) -> Material:
    where = f"Block {block.name} of {source.name}" if many else source.name
    read = model_of_cif(block, where)
    structure, notes = checked_model(read.structure, where)
    structure.name = where
    code = next(
        (f"{of} {its}".strip() for tag, of in _CODES if (its := text_value(block, tag))), ""
    )
    return replace(
        material_of(structure),
        name=text_value(block, *_NAMES),
        notes=(*read.notes, *notes),
        identifier=code or (f"{source.stem}:{block.name}" if many else source.stem),
    )
