"""The rows of a SHELX reflection file, or of a list like it, as numbers."""

import itertools
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.reflections.shelx.hkl_layouts import Layout, Row, content_lines, layout_of

_MORE = 10  # a bad line is an error, and not the end, if so many reflections follow somewhere
_WIDTH = 32
_AMPLITUDE = re.compile(r"f(?!.*(2|²|sq))", re.IGNORECASE)
_END = (0, 0, 0)


@dataclass(frozen=True, eq=False)
class HklRows:
    """Rows of h, k, l, value, σ, batch number.

    Attributes
    ----------
    table : (n, 6) float; value and σ are NaN where the number did not fit its columns (asterisks).
    satellite : (n,) whether a further index of a modulated crystal is not 0; None where there are
        three indices.
    are_amplitudes : whether the layout shows that the values are amplitudes.
    notes : what was left out, for the user.
    """

    table: NDArray[np.float64]
    satellite: NDArray[np.bool_] | None = None
    are_amplitudes: bool = False
    notes: tuple[str, ...] = ()


def read_rows(text: str, name: str) -> HklRows:
    """Read reflections up to the line 0 0 0, or up to the first line that is not a reflection.

    Raises
    ------
    UserError
        there are no reflections, they are in a layout that is not read, or reflections continue
        after a line that is not one.
    """
    lines, named = content_lines(text)
    layout = layout_of(lines, name)
    notes = [layout.note] if layout.note else []
    if is_cut := not text.endswith("\n") and _is_cut_off(lines):
        del lines[-1]
    table = _all_in_columns(lines) if layout.fixed else None
    if table is None:
        table = np.array(_line_by_line(lines, layout, name))
    if after := _after_the_end(lines, len(table), layout):
        notes.append(
            f"{after:,} reflections of {name} follow the line 0 0 0, which ends the list in SHELX: "
            "they are not read."
        )
    if is_cut and len(table) == len(lines):
        notes.append(f"{name} is cut off within its last line, which is left out.")
    return HklRows(
        table[:, :6],
        table[:, 6] > 0 if layout.modulated else None,
        layout.are_amplitudes or bool(_AMPLITUDE.match(named)),
        tuple(notes),
    )


def _line_by_line(lines: list[str], layout: Layout, name: str) -> list[Row]:
    rows: list[Row] = []
    read = layout.read
    for number, line in enumerate(lines, start=1):
        row = read(line)
        if row is None and rows:
            follows = number < len(lines) and read(lines[number]) is not None
            later = (line for line in lines[number:] if read(line))
            if follows or len(list(itertools.islice(later, _MORE))) == _MORE:
                raise UserError(
                    f"{name} has a line among its reflections that is not a reflection (line "
                    f"{number}: “{line.strip()[:40]}”): correct or remove it."
                )
        if row is None or row[:3] == _END:
            break
        rows.append(row)
    if not rows:
        raise UserError(
            f"{name} does not begin with a reflection (h k l I σ): choose a SHELX .hkl file."
        )
    return rows


def _after_the_end(lines: list[str], n: int, layout: Layout) -> int:
    """The number of reflections after the line that ends the list, if there are many; n are
    before it."""
    if len(lines) - n <= _MORE:
        return 0
    rows = (layout.read(line) for line in lines[n + 1 :])
    found = sum(row is not None and row[:3] != _END for row in rows)
    return found if found >= _MORE else 0


def _is_cut_off(lines: list[str]) -> bool:
    """Whether the last line is the beginning of a reflection: it has fewer numbers than the lines
    before it, or fewer decimals where all of these have as many."""
    if len(lines) < 2 or lines[-1].strip(" -+.0123456789"):
        return False
    last, before = lines[-1].split(), [line.split() for line in lines[-21:-1]]
    if len(last) < min(len(parts) for parts in before):
        return True
    decimals = {len(parts[-1].partition(".")[2]) for parts in before}
    return len(decimals) == 1 and len(last[-1].partition(".")[2]) < decimals.pop()


def _all_in_columns(lines: list[str]) -> NDArray[np.float64] | None:
    """(n, 6) rows in fixed columns, all at once; None where some line needs a closer look."""
    end = next((i for i, line in enumerate(lines) if line[:12] == "   0   0   0"), len(lines))
    if end == 0:
        return None
    content = "".join([line[:_WIDTH].ljust(_WIDTH) for line in lines[:end]])
    characters = np.frombuffer(content.encode("ascii", "replace"), dtype="S1").reshape(end, _WIDTH)

    def column(start: int, stop: int) -> NDArray[np.bytes_]:
        return np.ascontiguousarray(characters[:, start:stop]).view(f"S{stop - start}").ravel()

    batch = column(28, 32)
    blank = batch == b"    "
    try:
        table = np.stack(
            [
                *(column(i, i + 4).astype(np.int64) for i in (0, 4, 8)),
                column(12, 20).astype(np.float64),
                column(20, 28).astype(np.float64),
                np.where(blank, b"   1", batch).astype(np.int64),
            ],
            axis=1,
        )
    except ValueError:
        return None
    return None if (table[:, :3] == 0).all(axis=1).any() else table
