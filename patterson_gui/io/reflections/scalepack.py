"""Read merged Scalepack files (.sca)."""

import math
import re

import numpy as np

from patterson_gui.errors import UserError
from patterson_gui.io.formats.symmetry import StatedSymmetry, sane_cell, symmetry_of
from patterson_gui.io.reflections.columns import Measurements, whole_indices
from patterson_gui.io.reflections.fixed_columns import table_of_lines
from patterson_gui.io.reflections.reflection_file import OneColumnFile
from patterson_gui.io.source_file import SourceFile

# The cell line has six numbers in columns, which may touch, and the name of the group. This is no
# pattern of six numbers, because a long row of digits splits into six in too many ways to try.
_HEAD = re.compile(r"\A\s*\d+\s*\n\s*-\d+\s*\n[ \t\d.eE+-]{12,90}[A-Za-z]\S*")


def is_scalepack(source: SourceFile) -> bool:
    """Whether a file begins as a merged Scalepack file does."""
    return bool(_HEAD.match(source.head_text))


def read_scalepack(source: SourceFile) -> OneColumnFile:
    """Rows of h k l I σ, or h k l I+ σ I− σ, in columns of 4 and 8.

    Raises
    ------
    UserError : the cell is unusable, or a line is no reflection.
    """
    lines = source.text.splitlines()
    words = lines[2].split()
    try:
        cell = sane_cell([float(word) for word in words[:6]])
    except ValueError:
        cell = None
    stated = StatedSymmetry(names=(" ".join(words[6:]),))
    symmetry = symmetry_of(stated, cell, source.name)
    if cell is None:
        raise UserError(
            f"{source.name} has an unusable cell ({lines[2].strip()}): write it as MTZ."
        )
    table, notes = table_of_lines(lines[3:], source, _row)
    hkl = whole_indices(table[:, :3])
    for i in (4, 6):  # a σ of −1 stands for "not measured"
        table[~(table[:, i] > 0), i - 1] = np.nan
    plus = Measurements(hkl, table[:, 3], table[:, 4], "intensity", tuple(notes))
    minus = Measurements(hkl, table[:, 5], table[:, 6], "intensity")
    return OneColumnFile(source, plus.with_mates(minus), cell, symmetry)


def _row(line: str) -> list[float] | None:
    """h, k, l, I+, σ, I−, σ, NaN where not given or not fitting; None: it is no reflection."""
    fields = [line[i : i + 8] for i in range(12, len(line.rstrip()), 8)]
    if not fields or len(fields) == 3 or len(fields) == 1 or len(fields[-1]) < 8:
        return None
    try:
        indices = [int(line[i : i + 4]) for i in (0, 4, 8)]
        values = [math.nan if "**" in field else float(field) for field in fields]
    except ValueError:
        return None
    return [*indices, *values, *[math.nan] * (4 - len(values))][:7]
