"""Read map coefficients, amplitudes with phases, of MTZ files. They are only for showing maps: no
phases reach a solution."""

import itertools
import re
from dataclasses import dataclass

import gemmi
import numpy as np

from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import sane_cell
from patterson_gui.io.reflections.mtz import read_mtz, symmetry_of_mtz
from patterson_gui.io.source_file import SourceFile

# Labels of Refmac, Buster, phenix, Coot and SHELX converters for Fo − Fc and anomalous differences.
_DIFFERENCE = re.compile(r"^(DELF|FOFC|M?FO-?D?FC|FAN$|F_?DIFF|ANOM)", re.IGNORECASE)
_DENSITY = re.compile(r"WT|2M?FO|FEM|FDM", re.IGNORECASE)


@dataclass(frozen=True)
class MapColumns:
    """Two columns of one map: amplitudes, with the weights in them, and phases in degrees."""

    amplitude: str
    phase: str

    @property
    def is_difference(self) -> bool:
        """Whether the map is of differences, by its label."""
        return _DIFFERENCE.search(self.amplitude) is not None

    def __str__(self) -> str:
        return f"{self.amplitude}, {self.phase}"


def list_map_columns(source: SourceFile) -> list[MapColumns]:
    """The maps of a file: each column of amplitudes that is followed by one of phases. Densities
    with weighted coefficients come first, then their differences, then the others.

    Raises
    ------
    UserError : the file is damaged.
    """
    mtz = source.parsed(read_mtz)
    if len(mtz.batches):
        return []
    found = [
        MapColumns(one.label, other.label)
        for one, other in itertools.pairwise(mtz.columns)
        if (one.type, other.type) == ("F", "P")
    ]

    def order(columns: MapColumns) -> int:
        if columns.is_difference:
            return 1
        return 0 if _DENSITY.search(columns.amplitude) else 2

    return sorted(found, key=order)


def read_map_coefficients(
    source: SourceFile, columns: MapColumns
) -> tuple[Coefficients, tuple[str, ...]]:
    """F · exp(iφ) of two columns, and notes; reflections without both values are left out.

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
    if symmetry.spacegroup is None:
        raise UserError(
            f"{source.name} states no space group, so its map cannot be calculated: write the MTZ "
            "again with it."
        )
    hkl = np.array(mtz.make_miller_array(), dtype=np.int32)
    with np.errstate(invalid="ignore"):  # some programs write signalling NaNs
        f, phi = (np.array(each.array, dtype=np.float64) for each in (amplitude, phase))
    known = np.isfinite(f) & np.isfinite(phi) & hkl.any(axis=1)
    if not known.any() or not f[known].any():
        raise UserError(f"{source.name} has no values in {columns}: choose other columns.")
    values = f[known] * np.exp(1j * np.radians(phi[known]))
    if np.abs(values).max() > 1e12:
        raise UserError(f"{source.name} has absurd values in {columns}: it is damaged.")
    terms = Coefficients(hkl[known], values.astype(np.complex64), cell, symmetry.spacegroup)
    return terms, symmetry.notes


def _column(mtz: gemmi.Mtz, label: str, source: SourceFile) -> gemmi.Mtz.Column:
    column = mtz.column_with_label(label)
    if column is None:
        raise UserError(f"{source.name} has no column {label}: choose another.")
    return column
