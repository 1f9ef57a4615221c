"""Read SHELX reflection files (HKLF 3, 4 and 5): h k l value σ [batch], in fixed columns or
separated by blanks."""

from functools import cached_property

import gemmi
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
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements, whole_indices
from patterson_gui.io.reflections.reflection_file import Beside, Measured, NoCellGiven, source_note
from patterson_gui.io.reflections.scale_groups import on_one_scale
from patterson_gui.io.reflections.shelx.hkl_layouts import content_lines, number_of
from patterson_gui.io.reflections.shelx.hkl_rows import read_rows
from patterson_gui.io.source_file import SourceFile

_LARGEST_BATCH = 1e9  # damaged files may have numbers beyond any integer
_BATCHES_DIFFER = 0.3  # more than absorption and decay make runs of one crystal differ


def is_hkl(source: SourceFile) -> bool:
    """Whether the first line that is no comment (#) holds h, k, l and a number, in fixed columns
    or between blanks or commas."""
    lines, _ = content_lines(source.head_text)
    line = next(iter(lines), "")
    in_columns = [line[0:4], line[4:8], line[8:12], line[12:20]]
    return _is_reflection(in_columns) or _is_reflection(line.split())


def _is_reflection(parts: list[str]) -> bool:
    """Whether these texts are h, k, l and a number."""
    try:
        _ = [int(part) for part in parts[:3]], number_of(parts[3])
    except (ValueError, IndexError):
        return False
    return True


class HklReflections:
    """The reflections of a SHELX .hkl (a `ReflectionFile`).

    Cell, space group and HKLF instruction come from the lines after the reflections, or from a
    file of the same name in the same folder.
    """

    expected = "reflections (h k l I σ)"
    problem = ""

    def __init__(self, source: SourceFile, beside: Beside) -> None:
        self._source = source
        self._found = _appended(source) or beside()

    @cached_property
    def _data(self) -> Measurements:
        form = self._found.hkl_format if self._found else None
        cell = self._found.cell if self._found else None
        return parse_hkl(self._source.text, form, self._source.name, cell)

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
            raise NoCellGiven(
                f"{name} gives no unit cell, and neither does any file of that name beside it: "
                f"put {stem}.ins, {stem}.res or {stem}.cif of this crystal into the same folder, "
                "or give the cell."
            )
        notes = []
        if found.source:
            notes.append(source_note(found, spacegroup=found.symmetry.known))
        if found.hkl_format is None:
            notes.append("No HKLF instruction was found: the values are taken as intensities.")
        label = f"{'F' if self._data.kind == 'amplitude' else 'F²'} of {name}"
        return Measured(
            self._data,
            found.cell,
            found.symmetry,
            label,
            (*notes, *found.symmetry.notes, *self._data.notes, *found.notes),
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


def parse_hkl(
    text: str, form: HklFormat | None, name: str, cell: gemmi.UnitCell | None = None
) -> Measurements:
    """Read reflections up to the line 0 0 0, or up to the first line that is not a reflection.

    The columns are fixed (3I4, 2F8, I4) and may touch. A file with other columns is read as
    numbers separated by blanks. Of a modulated crystal (h k l m I σ) the main reflections are
    kept, of h k l F fom φ σ (.phs) the amplitudes; of a twin in HKLF 5, what `_domain` keeps.
    Notes say what was left out.

    Parameters
    ----------
    form : the HKLF instruction. None: the values are intensities, as in nearly all files. A list
        with negative batch numbers and several domains is of a twin whatever it says.
    cell : helps to put batches on one scale; None: unknown.

    Raises
    ------
    UserError
        there are no reflections, or reflections continue after a line that is not one.
    """
    form = form or HklFormat()
    if form.code not in (3, 4, 5):
        raise UserError(
            f"{name} is in SHELX format HKLF {form.code}, which is not supported: "
            "write it as HKLF 4."
        )
    rows = read_rows(text, name)
    table, notes = rows.table, list(rows.notes)
    if rows.satellite is not None:
        table = table[~rows.satellite]
        if satellites := int(np.count_nonzero(rows.satellite)):
            notes.append(
                f"The crystal is modulated: {satellites:,} satellite reflections (a further index "
                "is not 0) are left out."
            )
    overflowed = ~np.isfinite(table[:, 3:5]).all(axis=1)
    if n := int(np.count_nonzero(overflowed)):
        notes.append(
            f"{n:,} reflections of {name} did not fit their columns (asterisks) or are no numbers, "
            "and are left out. They may be the strongest: write the file again on a smaller scale."
        )
        table = table[~overflowed]
    batch = table[:, 5]
    # SHELXL marks the reflections of its free R value by −1: they are no twin.
    is_twin_list = (batch < 0).any() and (np.abs(batch) == 1).any() and (np.abs(batch) > 1).any()
    if form.code == 5 or is_twin_list:
        kept, note = _domain(table[:, 5])
        table = table[kept]
        notes.append(note)
        batch = np.ones(len(table))
    hkl = table[:, :3]
    if form.matrix is not None:
        hkl = hkl @ form.matrix.T
        whole = np.abs(hkl - np.rint(hkl)).max(axis=1) < 0.1
        hkl, table, batch = hkl[whole], table[whole], batch[whole]
        if n := int(np.count_nonzero(~whole)):
            notes.append(f"The matrix of HKLF gives {n:,} reflections no whole indices.")
    sigma = table[:, 4] * form.scale if (table[:, 4] > 0).any() else None
    data = Measurements(
        whole_indices(hkl),
        table[:, 3] * form.scale,
        sigma,
        "amplitude" if form.code == 3 or rows.are_amplitudes else "intensity",
        tuple(notes),
    )
    # SHELXL gives each batch a scale factor (BASF). −1 marks the reflections of the free R value.
    numbers = np.abs(np.nan_to_num(batch)).clip(max=_LARGEST_BATCH).astype(np.int64)
    return on_one_scale(data, numbers, cell if form.scaled_batches else None, _BATCHES_DIFFER)


def _domain(batch: NDArray[np.float64]) -> tuple[NDArray[np.bool_], str]:
    """(n,) which rows of HKLF 5 are used for the first twin domain, and a note that says so.

    A negative batch number means that the next line belongs to the same measurement. Those of
    the first domain that overlap with no other are used, unless most of its reflections
    overlap: then all are used as measured, which is good enough for phases in many twins.
    """
    number = np.where(batch == 0, 1, np.abs(batch))  # SHELXL resets 0 to 1
    continued = batch < 0
    follows = np.concatenate([[False], continued[:-1]])
    first = number == (number.min() if len(number) else 1)
    alone = first & ~continued & ~follows
    n, of = int(np.count_nonzero(alone)), int(np.count_nonzero(first))
    if n == len(batch):
        return alone, (
            "The instructions are those of a twin (HKLF 5), but the list has one domain and no "
            "overlap."
        )
    if 2 * n >= of:
        return alone, (
            f"The crystal is a twin (HKLF 5): of the {of:,} reflections of the first domain, "
            f"{of - n:,} that overlap with others are left out."
        )
    return first, (
        f"The crystal is a twin (HKLF 5): {of - n:,} of the {of:,} reflections of the first domain "
        "overlap with others, and all are used as measured. R stays high until the twin is refined."
    )
