"""Read the map coefficients of MTZ files."""

import itertools

import gemmi
import numpy as np

from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import sane_cell
from patterson_gui.io.reflections.map_coefficients.columns import MapColumns, in_order
from patterson_gui.io.reflections.map_coefficients.terms import terms_of
from patterson_gui.io.reflections.mtz import read_mtz, symmetry_of_mtz
from patterson_gui.io.source_file import SourceFile


def list_mtz_maps(source: SourceFile) -> list[MapColumns]:
    """The maps of a file: each column of amplitudes that is followed by one of phases.

    Raises
    ------
    UserError : the file is damaged.
    """
    mtz = source.parsed(read_mtz)
    if len(mtz.batches):
        return []
    return in_order(
        MapColumns(one.label, other.label)
        for one, other in itertools.pairwise(mtz.columns)
        if (one.type, other.type) == ("F", "P")
    )


def read_mtz_map(source: SourceFile, columns: MapColumns) -> tuple[Coefficients, tuple[str, ...]]:
    """The structure factors of two columns, and notes.

    Raises
    ------
    UserError : the file is damaged, or has no such columns, no cell or no space group.
    """
    mtz = source.parsed(read_mtz)
    amplitude, phase = (_column(mtz, label, source) for label in (columns.amplitude, columns.phase))
    stated = (mtz.get_cell(amplitude.dataset_id), mtz.cell)
    cell = next((c for each in stated if (c := sane_cell(each.parameters)) is not None), None)
    if cell is None:
        raise UserError(f"{source.name} has no usable unit cell: write the MTZ again with it.")
    symmetry = symmetry_of_mtz(mtz, cell, source)
    hkl = np.array(mtz.make_miller_array(), dtype=np.int32)
    with np.errstate(invalid="ignore"):  # some programs write signalling NaNs
        f, phi = (np.array(each.array, dtype=np.float64) for each in (amplitude, phase))
    terms = terms_of(hkl, f, phi, cell, symmetry.spacegroup, columns, source.name)
    return terms, symmetry.notes


def _column(mtz: gemmi.Mtz, label: str, source: SourceFile) -> gemmi.Mtz.Column:
    column = mtz.column_with_label(label)
    if column is None:
        raise UserError(f"{source.name} has no column {label}: choose another.")
    return column
