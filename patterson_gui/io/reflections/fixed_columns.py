"""Lines of files whose values stand in fixed columns, so that a value may not fit."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.source_file import SourceFile


def table_of_lines(
    lines: Sequence[str], source: SourceFile, read_row: Callable[[str], list[float] | None]
) -> tuple[NDArray[np.float64], list[str]]:
    """The values of all lines up to the end of the file, and notes.

    Parameters
    ----------
    lines : of the file, from the first reflection on.
    read_row : the values of a line, NaN where asterisks stand for one that did not fit; None
        where the line is no reflection.

    Raises
    ------
    UserError : a line is no reflection, unless the file is cut off in it; or there are none.
    """
    rows, notes, overflowed = [], [], 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = read_row(line)
        if row is None and number == len(lines) and not source.text.endswith("\n"):
            notes.append(f"{source.name} is cut off within its last line, which is left out.")
        elif row is None:
            raise UserError(
                f"{source.name} has a line that is not a reflection (“{line.strip()[:40]}”): "
                "correct it, or write the file as MTZ."
            )
        else:
            overflowed += "**" in line
            rows.append(row)
    if overflowed:
        notes.append(
            f"{overflowed:,} rows of {source.name} hold values that did not fit their columns "
            "(asterisks): these values are left out. They may be the strongest."
        )
    if not rows:
        raise UserError(f"{source.name} holds no reflections: get it again.")
    return np.array(rows), notes
