"""Reflection files of the data-processing programs: XDS ASCII and Scalepack."""

import re
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.errors import UserError
from patterson_gui.io.files import as_text, read_content
from patterson_gui.io.formats.symmetry import sane_cell, spacegroup_named
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements

_XDS_ITEM = re.compile(r"(ITEM_\S+?|SPACE_GROUP_NUMBER|UNIT_CELL_CONSTANTS)=\s*([-\d. ]+)")

Found = tuple[Measurements, gemmi.UnitCell, gemmi.SpaceGroup]


def read_xds(path: Path) -> Found:
    """XDS_ASCII.HKL (merged or not) or INTEGRATE.HKL; a negative σ marks a rejected
    measurement."""
    header: dict[str, str] = {}
    rows: list[list[str]] = []
    for line in as_text(read_content(path)).splitlines():
        if line.startswith("!"):
            for match in _XDS_ITEM.finditer(line):
                header.setdefault(match[1], match[2])
            if line.startswith("!END_OF_DATA"):
                break
        elif line.strip():
            rows.append(line.split())
    # INTEGRATE.HKL does not number its columns; they begin like those of XDS_ASCII.HKL.
    names = ("H", "K", "L", "IOBS", "SIGMA(IOBS)")
    places = [int(header.get(f"ITEM_{name}", n)) - 1 for n, name in enumerate(names, start=1)]
    try:
        cell = sane_cell(float(word) for word in header["UNIT_CELL_CONSTANTS"].split())
        group = gemmi.find_spacegroup_by_number(int(header["SPACE_GROUP_NUMBER"]))
        table = np.array([[float(row[i]) for i in places] for row in rows])
    except (KeyError, IndexError, ValueError) as error:
        raise UserError(
            f"{path.name} is an incomplete or damaged XDS file ({error}): write it again."
        ) from error
    if cell is None or group is None or len(table) == 0 or not (np.abs(table[:, :3]) < 1e6).all():
        raise UserError(
            f"{path.name} lacks a usable cell, a space group or reflections: write it again."
        )
    value, sigma = table[:, 3], table[:, 4]
    value[sigma < 0] = np.nan
    return (
        Measurements(table[:, :3].astype(np.int32), value, np.abs(sigma), "intensity"),
        cell,
        group,
    )


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
