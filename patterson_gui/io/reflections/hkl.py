"""SHELX reflection files (HKLF 3, 4 and 5): h k l value σ [batch] in columns of 4 and 8."""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.shelx_instructions import HklFormat
from patterson_gui.io.reflections.columns import Measurements

_MORE = 10  # reflections that go on after a line that is none


def parse_hkl(text: str, form: HklFormat | None, name: str) -> Measurements:
    """Reflections up to the line 0 0 0, or to the first line that is none.

    Fixed columns (3I4, 2F8, I4), where neighbours may touch; where a file keeps to other
    columns, its numbers are taken as separated by blanks. Without instructions they are
    taken for intensities, which nearly all are: of a twin (HKLF 5) where batch numbers are
    negative, otherwise HKLF 4.

    Raises
    ------
    UserError
        where there are none, or a line among them is none: half a data set is not one.
    """
    stated = form is not None
    form = form or HklFormat()
    if form.code not in (3, 4, 5):
        raise UserError(
            f"{name} is in SHELX format HKLF {form.code}, which is not supported: "
            "write it as HKLF 4."
        )
    lines = [line for line in text.splitlines() if line.strip()]
    fixed = _is_fixed(lines)
    rows: list[tuple[float, ...]] = []
    read = _fixed_row if fixed else _free_row
    for number, line in enumerate(lines, start=1):
        row = read(line)
        if row is None and rows:
            following = lines[number : number + _MORE]
            if len(following) == _MORE and all(read(later) for later in following):
                raise UserError(
                    f"{name} has a line amid its reflections that is none (line {number}: "
                    f"“{line.strip()[:40]}”): correct or remove it."
                )
        if row is None or row[:3] == (0, 0, 0):
            break
        rows.append(row)
    if not rows:
        raise UserError(
            f"{name} holds no reflections (h k l I σ) in its first line: choose a SHELX .hkl file."
        )
    table = np.array(rows)
    if form.code == 5 or (not stated and (table[:, 5] < 0).any()):
        table = table[_unmixed(table[:, 5])]
    hkl = table[:, :3]
    if form.matrix is not None:
        hkl = hkl @ form.matrix.T
        whole = np.abs(hkl - np.rint(hkl)).max(axis=1) < 0.1
        hkl, table = hkl[whole], table[whole]
    sigma = table[:, 4] * form.scale if (table[:, 4] > 0).any() else None
    return Measurements(
        np.rint(hkl).astype(np.int32),
        table[:, 3] * form.scale,
        sigma,
        "amplitude" if form.code == 3 else "intensity",
    )


def _is_fixed(lines: list[str]) -> bool:
    """Whether the first lines fit the fixed columns, and fit them no worse than blanks."""
    sample = lines[:200]
    by_columns = [_fixed_row(line) for line in sample]
    by_blanks = [_free_row(line) for line in sample]
    fit = sum(row is not None for row in by_columns)
    free = sum(row is not None for row in by_blanks)
    if fit != free:
        return fit > free
    # Both can be read: they differ where touching columns are taken for one number.
    widths = {len(line.rstrip()) for line in sample}
    return by_columns == by_blanks or widths <= {28, 32}


def _fixed_row(line: str) -> tuple[float, ...] | None:
    try:
        h, k, l = (int(line[i : i + 4]) for i in (0, 4, 8))  # noqa: E741
        value = float(line[12:20])
        sigma = float(line[20:28].strip() or 0)
    except ValueError:
        return None
    return h, k, l, value, sigma, _batch(line[28:32])


def _free_row(line: str) -> tuple[float, ...] | None:
    parts = line.split()
    try:
        h, k, l = (int(part) for part in parts[:3])  # noqa: E741
        value = float(parts[3])
        sigma = float(parts[4]) if len(parts) > 4 else 0.0
    except (ValueError, IndexError):
        return None
    return h, k, l, value, sigma, _batch(parts[5] if len(parts) > 5 else "")


def _batch(text: str) -> float:
    try:
        return float(int(text))
    except ValueError:
        return 1.0


def _unmixed(batch: NDArray[np.float64]) -> NDArray[np.bool_]:
    """HKLF 5: reflections of the first twin domain that no other domain overlaps.

    A negative batch says that the next line adds to the same measurement.
    """
    continued = batch < 0
    follows = np.concatenate([[False], continued[:-1]])
    return np.asarray((batch == 1) & ~follows)
