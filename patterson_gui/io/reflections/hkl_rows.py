"""The rows of a SHELX reflection file as numbers: fixed columns, or separated by blanks."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError

_MORE = 10  # a bad line is an error, and not the end, if so many reflections follow somewhere
_SAMPLE = 200  # lines that tell the layout
_WIDTH = 32
_END = (0, 0, 0)
_Row = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class HklRows:
    """Rows of h, k, l, value, σ, batch number.

    Attributes
    ----------
    table : (n, 6) float; value and σ are NaN where the number did not fit its columns (asterisks).
    order : (n,) fourth index of a modulated crystal; None where there is none.
    are_amplitudes : whether the layout shows that the values are amplitudes.
    """

    table: NDArray[np.float64]
    order: NDArray[np.int64] | None = None
    are_amplitudes: bool = False


def read_rows(text: str, name: str) -> HklRows:
    """Read reflections up to the line 0 0 0, or up to the first line that is not a reflection.

    Raises
    ------
    UserError
        there are no reflections, or reflections continue after a line that is not one.
    """
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    if _are_several_in_a_row(lines):
        raise UserError(
            f"{name} holds several reflections in each line: write it with one in a line (HKLF 4)."
        )
    if _is_fixed(lines):
        table = _all_in_columns(lines)
        return HklRows(_line_by_line(lines, _wide_row, name) if table is None else table)
    if _are_phased(lines):
        return HklRows(_line_by_line(lines, _phased_row, name), are_amplitudes=True)
    if _has_fourth_index(lines):
        table = _line_by_line(lines, _row_with_fourth_index, name)
        return HklRows(table[:, :6], table[:, 6].astype(np.int64))
    return HklRows(_line_by_line(lines, _free_row, name))


def _line_by_line(
    lines: list[str], read: Callable[[str], _Row | None], name: str
) -> NDArray[np.float64]:
    rows: list[_Row] = []
    for number, line in enumerate(lines, start=1):
        row = read(line)
        if row is None and rows:
            later = (line for line in lines[number:] if read(line))
            if len(list(itertools.islice(later, _MORE))) == _MORE:
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
    return np.array(rows)


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


def _is_fixed(lines: list[str]) -> bool:
    """Whether the first lines are in fixed columns rather than separated by blanks."""
    sample = lines[:_SAMPLE]
    by_columns = [_fixed_row(line) for line in sample]
    by_blanks = [_free_row(line) for line in sample]
    fit = sum(row is not None for row in by_columns)
    free = sum(row is not None for row in by_blanks)
    if fit != free:
        return fit > free
    if str(by_columns) == str(by_blanks):  # as text, because NaN differs from itself
        return True
    # Both ways read the lines. They can differ where σ is blank, or where values are longer.
    # Numbers in columns end with their column: blanks after one mean that it was cut.
    if any(line[12:20].endswith(" ") or _is_cut(line[20:28]) for line in sample):
        return False
    return {len(line.rstrip()) for line in sample} <= {28, 32}


def _is_cut(field: str) -> bool:
    """Whether a number ends before its column does."""
    return len(field) == 8 and field.endswith(" ") and bool(field.strip())


def _value(text: str) -> float:
    """A number; NaN for the asterisks of a number that did not fit."""
    return float("nan") if text.strip().startswith("***") else float(text)


def _fixed_row(line: str) -> _Row | None:
    try:
        h, k, l = (int(line[i : i + 4]) for i in (0, 4, 8))  # noqa: E741
        value = _value(line[12:20])
        sigma = _value(line[20:28].strip() or "0")
    except ValueError:
        return None
    return h, k, l, value, sigma, _batch(line[28:32])


def _wide_row(line: str) -> _Row | None:
    """A row in fixed columns, also where a large value took more than its eight columns."""
    if row := _fixed_row(line):
        return row
    values = line[12:].split()
    if not 2 <= len(values) <= 3 or not all("." in value for value in values[:2]):
        return None
    return _free_row(" ".join([line[0:4], line[4:8], line[8:12], *values]))


def _free_row(line: str) -> _Row | None:
    parts = line.replace(",", " ").split()
    try:
        h, k, l = (int(part) for part in parts[:3])  # noqa: E741
        value = _value(parts[3])
        sigma = _value(parts[4]) if len(parts) > 4 else 0.0
    except (ValueError, IndexError):
        return None
    return h, k, l, value, sigma, _batch(parts[5] if len(parts) > 5 else "")


def _are_several_in_a_row(lines: list[str]) -> bool:
    """Whether lines hold h k l I several times: whole numbers only, eight, twelve or more."""
    sample = [line.split() for line in lines[: _SAMPLE // 10]]
    return bool(sample) and all(
        len(parts) >= 8 and len(parts) % 4 == 0 and all(p.lstrip("-").isdigit() for p in parts)
        for parts in sample
    )


def _has_fourth_index(lines: list[str]) -> bool:
    """Whether rows are h k l m I σ: a small whole number, then two numbers with a point."""
    sample = [line.replace(",", " ").split() for line in lines[:_SAMPLE]]
    sample = [parts for parts in sample if len(parts) >= 6 and parts[:3] != ["0"] * 3]
    return bool(sample) and all(
        parts[3].lstrip("-").isdigit()
        and len(parts[3]) <= 3
        and "." in parts[4]
        and "." in parts[5]
        for parts in sample
    )


def _row_with_fourth_index(line: str) -> _Row | None:
    parts = line.replace(",", " ").split()
    row = _free_row(" ".join(parts[:3] + parts[4:]))
    try:
        return None if row is None else (*row, float(int(parts[3])))
    except ValueError:
        return None


def _are_phased(lines: list[str]) -> bool:
    """Whether rows are h, k, l, F, figure of merit, phase, σ(F), as SHELXE writes them (.phs)."""
    sample = [line.split() for line in lines[:_SAMPLE]]
    try:
        merit = [float(parts[4]) for parts in sample if len(parts) == 7 and "." in parts[5]]
    except ValueError:
        return False
    return len(merit) == len(sample) and all(0 <= value <= 1 for value in merit)


def _phased_row(line: str) -> _Row | None:
    """The amplitude and its σ; figure of merit and phase are not read."""
    parts = line.split()
    return _free_row(" ".join([*parts[:4], *parts[6:7]])) if len(parts) == 7 else None


def _batch(text: str) -> float:
    try:
        return float(int(text))
    except ValueError:
        return 1.0
