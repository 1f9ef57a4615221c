"""Read the map coefficients of mmCIF files, such as those of the validation by the PDB."""

import numpy as np
from gemmi import cif

from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import cif_document, column, numbers
from patterson_gui.io.reflections.cif import cell_and_symmetry
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns, in_order
from patterson_gui.io.reflections.map_coefficients.terms import terms_of
from patterson_gui.io.source_file import SourceFile

_PAIRS = (
    MapColumns("pdbx_FWT", "pdbx_PHWT"),
    MapColumns("pdbx_DELFWT", "pdbx_DELPHWT"),
    MapColumns("F_calc", "phase_calc"),
    MapColumns("F_calc_au", "phase_calc"),
)


def list_cif_maps(source: SourceFile) -> list[MapColumns]:
    """The maps of a file, by the items of the dictionary of the PDB.

    Raises
    ------
    UserError : the file is damaged.
    """
    document = source.parsed(cif_document)
    return in_order(pair for pair in _PAIRS if _block_of(document, pair) is not None)


def read_cif_map(source: SourceFile, columns: MapColumns) -> tuple[Coefficients, tuple[str, ...]]:
    """The structure factors of two columns, and notes.

    Raises
    ------
    UserError : the file is damaged, or has no such columns, no cell or no space group.
    """
    document = source.parsed(cif_document)
    block = _block_of(document, columns)
    if block is None:
        raise UserError(f"{source.name} has no columns {columns}: choose others.")
    cell, symmetry = cell_and_symmetry([block, *document], source.name)
    if cell is None:
        raise UserError(f"{source.name} has no usable unit cell: add a file that has it.")
    items = ("index_h", "index_k", "index_l", columns.amplitude, columns.phase)
    values = [numbers(found) for item in items if (found := column(block, "_refln", item))]
    if len(values) < len(items) or len({len(each) for each in values}) > 1:
        raise UserError(f"{source.name} has a damaged list of reflections: get the file again.")
    indices = np.stack(values[:3], axis=1)
    whole = np.asarray(np.isfinite(indices.sum(axis=1)))
    hkl = np.where(whole.reshape(-1, 1), indices, 0).astype(np.int32)  # F(000) is left out
    terms = terms_of(hkl, values[3], values[4], cell, symmetry.spacegroup, columns, source.name)
    return terms, symmetry.notes


def _block_of(document: cif.Document, pair: MapColumns) -> cif.Block | None:
    """The first block that has both columns."""
    for block in document:
        both = (column(block, "_refln", item) for item in (pair.amplitude, pair.phase))
        if all(each is not None and len(each) for each in both):
            return block
    return None
