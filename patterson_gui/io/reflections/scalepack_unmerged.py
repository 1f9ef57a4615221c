"""Read unmerged Scalepack files (.sca, "no merge original index"), which have no unit cell.

HKL manual, edition 5: the number of symmetry operations and the space group, two lines for each
operation (rotation 9I3, translation 3I3), then a line for each measurement in (6I4, I6, 2I2, I3,
2F8.1): original indices, unique indices, batch, two flags, asymmetric unit, I, σ.
"""

import itertools
import math
import re

import numpy as np

from patterson_gui.io.formats.symmetry import StatedSymmetry, symmetry_of
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements, whole_indices
from patterson_gui.io.reflections.fixed_columns import table_of_lines
from patterson_gui.io.reflections.reflection_file import Beside, Measured, NoCellGiven, source_note
from patterson_gui.io.source_file import SourceFile

# Rotation and translation of the first operation on two lines, or row by row. Digits in fixed
# columns match in one way only, however many there are.
_HEAD = re.compile(
    r"\A[ \t]*\d{1,5}[ \t]+[A-Za-z][\w/ ()-]*\r?\n"
    r"(?:(?:[ -]{2}\d){9}[ \t]*\r?\n(?:[ \d-]{2}\d){3}[ \t]*\r?\n"
    r"|(?:[ \t]*-?\d[ \t]+-?\d[ \t]+-?\d[ \t]*\r?\n){4})"
)
_LONGEST_OPERATION = 27  # letters of a line
_INDICES = (slice(0, 4), slice(4, 8), slice(8, 12))
_INTENSITY, _SIGMA = slice(37, 45), slice(45, 53)


def is_unmerged_scalepack(source: SourceFile) -> bool:
    """Whether a file begins with symmetry operations as Scalepack writes them."""
    return bool(_HEAD.match(source.head_text))


class UnmergedScalepack:
    """The measurements of an unmerged Scalepack file (a `ReflectionFile`).

    The cell comes from a file of the same name in the same folder.
    """

    expected = "intensities"
    problem = ""

    def __init__(self, source: SourceFile, beside: Beside) -> None:
        """Raises `UserError` where a line is no reflection, or there is none."""
        self._source, self._found = source, beside()
        lines = source.text.splitlines()
        self._group = lines[0].split(maxsplit=1)[1].strip()
        header = itertools.takewhile(lambda line: len(line.rstrip()) <= _LONGEST_OPERATION, lines)
        self._data = _measurements(lines[sum(1 for _ in header) :], source)

    @property
    def choices(self) -> list[ColumnChoice]:
        """The one column."""
        return [ColumnChoice("I", "intensity", "σ", self._source.stem, self._data.n)]

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of the one column, whatever `choice` is."""
        source, found = self._source, self._found
        if found is None:
            raise NoCellGiven(
                f"{source.name} is an unmerged Scalepack file, which has no unit cell, and neither "
                f"does any file of that name beside it: put {source.stem}.pdb or .ins of this "
                "crystal into the same folder, or give the cell."
            )
        symmetry = symmetry_of(StatedSymmetry(names=(self._group,)), found.cell, source.name)
        notes = [source_note(found, spacegroup=False)] if found.source else []
        return Measured(
            self._data,
            found.cell,
            symmetry if symmetry.known else found.symmetry,
            f"I of {source.name}",
            (*notes, *symmetry.notes, *self._data.notes),
            found.source,
            found.experiment,
            found.contents,
        )


def _measurements(lines: list[str], source: SourceFile) -> Measurements:
    """The measurements in lines of the file up to its end."""
    table, notes = table_of_lines(lines, source, _row)
    notes.insert(0, "The file is unmerged: it holds every measurement.")
    value = np.where(table[:, 4] > 0, table[:, 3], np.nan)  # a σ of −1: not measured
    return Measurements(
        whole_indices(table[:, :3]), value, np.abs(table[:, 4]), "intensity", tuple(notes)
    )


def _row(line: str) -> list[float] | None:
    """h, k, l, I and σ, NaN where they did not fit; None: it is no reflection."""
    values = [line[_INTENSITY], line[_SIGMA]]
    if len(line.rstrip()) < _SIGMA.start + 1:
        return None
    try:
        indices = [float(int(line[place])) for place in _INDICES]
        return [*indices, *(math.nan if "**" in text else float(text) for text in values)]
    except ValueError:
        return None
