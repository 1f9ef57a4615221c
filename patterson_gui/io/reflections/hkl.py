"""Read SHELX reflection files (HKLF 3, 4 and 5): h k l value σ [batch], in fixed columns or
separated by blanks."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.formats.cif_blocks import parse_cif
from patterson_gui.io.formats.crystallography import (
    Crystallography,
    crystallography_of_block,
    crystallography_of_header,
)
from patterson_gui.io.formats.shelx_header import HklFormat, parse_header
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements
from patterson_gui.io.reflections.reflection_file import Beside, Measured, source_note
from patterson_gui.io.source_file import SourceFile

_MORE = 10  # a bad line followed by so many reflections is an error and not the end


def is_hkl(source: SourceFile) -> bool:
    """Whether the first line holds h, k, l and a number, in fixed columns or between blanks."""
    lines = (line for line in source.head_text.splitlines() if line.strip())
    line = next(lines, "")
    in_columns = [line[0:4], line[4:8], line[8:12], line[12:20]]
    return _is_reflection(in_columns) or _is_reflection(line.split())


def _is_reflection(parts: list[str]) -> bool:
    """Whether these texts are h, k, l and a number."""
    try:
        _ = [int(part) for part in parts[:3]], float(parts[3])
    except (ValueError, IndexError):
        return False
    return True


class HklReflections:
    """The reflections of a SHELX .hkl (a `ReflectionFile`).

    Cell, space group and HKLF instruction come from the lines after the reflections, or from a
    file of the same name in the same folder.
    """

    expected = "reflections (h k l I σ)"

    def __init__(self, source: SourceFile, beside: Beside) -> None:
        self._source = source
        self._found = _appended(source) or beside()

    @cached_property
    def _data(self) -> Measurements:
        form = self._found.hkl_format if self._found else None
        return parse_hkl(self._source.text, form, self._source.name)

    @property
    def choices(self) -> list[ColumnChoice]:
        """The one column."""
        data = self._data
        label = "F" if data.kind == "amplitude" else "I"
        sigma = None if data.sigma is None else "σ"
        return [ColumnChoice(label, data.kind, sigma, self._source.stem, data.n)]

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of the one column, whatever `choice` is."""
        name, stem, found = self._source.name, self._source.stem, self._found
        if found is None:
            raise UserError(
                f"{name} gives no unit cell, and neither does any file of that name beside it: "
                f"put {stem}.ins, {stem}.res or {stem}.cif of this crystal into the same folder."
            )
        notes = []
        if found.source:
            notes.append(source_note(found, spacegroup=found.spacegroup is not None))
        if found.hkl_format is None:
            notes.append("No HKLF instruction was found: the values are taken as intensities.")
        elif found.hkl_format.code == 5:
            notes.append(
                "The crystal is a twin: only reflections of the first domain that do not overlap "
                "with others are used."
            )
        label = f"{'F' if self._data.kind == 'amplitude' else 'F²'} of {name}"
        return Measured(
            self._data,
            found.cell,
            found.spacegroup,
            label,
            (*notes, *found.notes),
            found.source,
            found.experiment,
            found.contents,
        )


def _appended(source: SourceFile) -> Crystallography | None:
    """What the lines after the reflections say: some programs append instructions or CIF items.

    None where there are no such lines.
    """
    text = source.text
    try:
        start = next(
            i for word in ("\nTITL", "\nCELL ", "\ntitl", "\ncell ") if (i := text.find(word)) >= 0
        )
        header = parse_header(text[start:], source.name)
    except (StopIteration, UserError):
        start = text.find("\n_")
        if start < 0:
            return None
        try:
            block = parse_cif("data_appended\n" + text[start:], source.name).sole_block()
        except (UserError, RuntimeError):
            return None
        return crystallography_of_block(block, None)
    return crystallography_of_header(header, source.name, None)


def parse_hkl(text: str, form: HklFormat | None, name: str) -> Measurements:
    """Read reflections up to the line 0 0 0, or up to the first line that is not a reflection.

    The columns are fixed (3I4, 2F8, I4) and may touch. A file with other columns is read as
    numbers separated by blanks.

    Parameters
    ----------
    form : the HKLF instruction. None: the values are intensities, as in nearly all files; of a
        twin (HKLF 5) where there are negative batch numbers, otherwise HKLF 4.

    Raises
    ------
    UserError
        there are no reflections, or reflections continue after a line that is not one.
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
                    f"{name} has a line among its reflections that is not a reflection (line "
                    f"{number}: “{line.strip()[:40]}”): correct or remove it."
                )
        if row is None or row[:3] == (0, 0, 0):
            break
        rows.append(row)
    if not rows:
        raise UserError(
            f"{name} does not begin with a reflection (h k l I σ): choose a SHELX .hkl file."
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
    """Whether the first lines are in fixed columns rather than separated by blanks."""
    sample = lines[:200]
    by_columns = [_fixed_row(line) for line in sample]
    by_blanks = [_free_row(line) for line in sample]
    fit = sum(row is not None for row in by_columns)
    free = sum(row is not None for row in by_blanks)
    if fit != free:
        return fit > free
    # Both ways read the lines. They can differ where σ is blank, or where values are longer.
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
    """(n,) which reflections of HKLF 5 come from the first twin domain alone.

    A negative batch number means that the next line belongs to the same measurement.
    """
    continued = batch < 0
    follows = np.concatenate([[False], continued[:-1]])
    return np.asarray((batch == 1) & ~follows)
