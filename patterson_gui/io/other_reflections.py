"""Reflection files of the data-processing programs: XDS ASCII and Scalepack."""

from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.errors import UserError
from patterson_gui.io.columns import ColumnChoice, Measurements
from patterson_gui.io.files import as_text, plain_file, read_content
from patterson_gui.io.symmetry import sane_cell, spacegroup_named

Found = tuple[Measurements, gemmi.UnitCell, gemmi.SpaceGroup]


def read_xds(path: Path) -> Found:
    """XDS_ASCII.HKL or INTEGRATE.HKL; a negative σ marks a rejected measurement."""
    with plain_file(path) as plain:
        try:
            xds = gemmi.read_xds_ascii(str(plain))
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"{path.name} is a damaged XDS file ({error}): write it again."
            ) from error
    cell = sane_cell(xds.cell_constants)
    group = gemmi.find_spacegroup_by_number(xds.spacegroup_number)
    if cell is None or group is None:
        raise UserError(f"{path.name} gives no usable cell and space group: write it again.")
    hkl = np.array(xds.miller_array, dtype=np.int32).reshape(-1, 3)
    value = np.array(xds.iobs_array, dtype=np.float64)
    sigma = np.array(xds.sigma_array, dtype=np.float64)
    value[sigma < 0] = np.nan
    return Measurements(hkl, value, np.abs(sigma), "intensity"), cell, group


def read_scalepack(path: Path) -> Found:
    """Merged Scalepack (.sca): h k l I σ, or I+ σ I− σ, in columns of 4 and 8."""
    lines = as_text(read_content(path)).splitlines()
    words = lines[2].split()
    cell = sane_cell([float(word) for word in words[:6]])
    group = spacegroup_named("".join(words[6:]), cell)
    if cell is None or group is None:
        raise UserError(
            f"{path.name} names a cell or space group that is not known "
            f"({lines[2].strip()}): write it as MTZ."
        )
    rows = []
    for line in lines[3:]:
        if not line.strip():
            continue
        try:
            indices = [int(line[i : i + 4]) for i in (0, 4, 8)]
            values = [float(line[i : i + 8]) for i in range(12, len(line.rstrip()), 8)]
        except ValueError as error:
            raise UserError(
                f"{path.name} has a line that is no reflection (“{line.strip()[:40]}”); only "
                "merged Scalepack files can be read."
            ) from error
        rows.append([*indices, *values, *[np.nan] * (4 - len(values))][:7])
    if not rows:
        raise UserError(f"{path.name} holds no reflections: get it again.")
    table = np.array(rows)
    hkl = table[:, :3].astype(np.int32)
    for i in (4, 6):  # a σ of −1 stands for "not measured"
        table[~(table[:, i] > 0), i - 1] = np.nan
    plus = Measurements(hkl, table[:, 3], table[:, 4], "intensity")
    minus = Measurements(hkl, table[:, 5], table[:, 6], "intensity")
    return plus.with_mates(minus), cell, group


def choice_of(data: Measurements, dataset: str) -> ColumnChoice:
    """The one thing such a file offers."""
    return ColumnChoice("I", "intensity", "σ", dataset, data.n)
