"""The layouts of SHELX reflection files and of lists like them: which columns hold what."""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patterson_gui.errors import UserError

SAMPLE = 200  # lines that tell the layout
# h, k, l, value, σ, batch number, and 0 or 1: whether a further index is not 0 (a satellite).
Row = tuple[float, ...]
_MOST_INDICES = 6
_HEADER = re.compile(r"^\W*h\W+k\W+l\W+(\S+)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"^[-+]?\d*,\d+$")


@dataclass(frozen=True)
class Layout:
    """How to read a line.

    Attributes
    ----------
    read : the row of a line; None where it is no reflection.
    fixed : whether all columns are those of SHELX (3I4, 2F8, I4).
    are_amplitudes : whether the layout shows that the values are amplitudes.
    modulated : whether there are more than three indices.
    note : what is not read, for the user; "" for nothing.
    """

    read: Callable[[str], Row | None]
    fixed: bool = False
    are_amplitudes: bool = False
    modulated: bool = False
    note: str = ""


def content_lines(text: str) -> tuple[list[str], str]:
    """The lines that can hold reflections, and the name of the values in a line of names before
    them, "" where there is none. Decimal commas and other separators are replaced."""
    every = [line for line in text.splitlines() if line.strip()]
    lines = [line for line in every if line[0] not in "#!"]
    header = _HEADER.match(lines[0]) if lines else None
    if header is not None:
        lines = lines[1:]
    comments = itertools.takewhile(lambda line: line[0] in "#!", every)
    header = header or next(filter(None, map(_HEADER.match, comments)), None)
    sample = [line.replace(";", " ").split() for line in lines[:SAMPLE]]
    if any(";" in line for line in lines[:SAMPLE]):
        lines = [line.replace(";", " ") for line in lines]
    if any(len(parts) > 4 and _DECIMAL_COMMA.match(parts[3]) for parts in sample):
        lines = [line.replace(",", ".") for line in lines]
    elif any("," in line for line in lines[:SAMPLE]):
        lines = [line.replace(",", " ") for line in lines]
    return lines, "" if header is None else re.split(r"[,;]", header[1])[0]


def layout_of(lines: Sequence[str], name: str) -> Layout:
    """The layout of a list, from its first lines.

    Raises
    ------
    UserError : the list is of a kind that is not read; the sentence names it.
    """
    sample = lines[:SAMPLE]
    parts = [line.split() for line in sample]
    if _are_several_in_a_row(parts):
        raise UserError(
            f"{name} holds several reflections in each line: write it with one in a line (HKLF 4)."
        )
    if _are_phased(parts):
        return Layout(_phased_row, are_amplitudes=True)
    if _end_in_a_phase(parts) and all(0 <= float(words[4]) <= 1 for words in parts):
        return Layout(_weighted_row, are_amplitudes=True)
    if not _is_fixed(sample) and _have_three_values(parts):
        raise UserError(
            f"{name} holds h k l and three values: which of them is measured, which σ, which "
            "calculated or a phase is not known; write it as h k l I σ (HKLF 4)."
        )
    if not _is_fixed(sample) and (n := _indices(parts)) > 3:
        if n == 4 and _are_hexagonal(parts):
            note = "The indices are h k i l of a hexagonal crystal: i is not used."
            return Layout(_hexagonal_row, note=note)
        return Layout(lambda line: _row_with_indices(line, n), modulated=True)
    if _is_fixed(sample):
        return Layout(_wide_row, fixed=True)
    return Layout(free_row)


def _is_fixed(lines: Sequence[str]) -> bool:
    """Whether the first lines are in fixed columns rather than separated by blanks."""
    sample = lines
    by_columns = [_fixed_row(line) for line in sample]
    by_blanks = [free_row(line) for line in sample]
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


def number_of(text: str) -> float:
    """A number; NaN for the asterisks of a number that did not fit."""
    text = text.strip()
    if text.startswith("**"):
        return float("nan")
    try:
        return float(text)
    except ValueError:
        return float(re.sub("[dD]", "e", text))  # an exponent as Fortran writes it


def _fixed_row(line: str) -> Row | None:
    try:
        h, k, l = (int(line[i : i + 4]) for i in (0, 4, 8))  # noqa: E741
        value = number_of(line[12:20])
        sigma = number_of(line[20:28].strip() or "0")
    except ValueError:
        return None
    return h, k, l, value, sigma, _batch(line[28:32])


def _wide_row(line: str) -> Row | None:
    """A row in fixed columns, also where a large value took more than its eight columns."""
    if row := _fixed_row(line):
        return row
    values = line[12:].split()
    if not 2 <= len(values) <= 3 or not all("." in value for value in values[:2]):
        return None
    return free_row(" ".join([line[0:4], line[4:8], line[8:12], *values]))


def free_row(line: str) -> Row | None:
    """The row of numbers separated by blanks; None where they are no reflection."""
    parts = line.split()
    try:
        h, k, l = (int(part) for part in parts[:3])  # noqa: E741
        value = number_of(parts[3])
        sigma = number_of(parts[4]) if len(parts) > 4 else 0.0
    except (ValueError, IndexError):
        return None
    return h, k, l, value, sigma, _batch(parts[5] if len(parts) > 5 else "")


def _are_several_in_a_row(sample: Sequence[list[str]]) -> bool:
    """Whether lines hold h k l I several times: whole numbers only, eight, twelve or more."""
    return bool(sample) and all(
        len(parts) >= 8 and len(parts) % 4 == 0 and all(p.lstrip("-").isdigit() for p in parts)
        for parts in sample[:20]
    )


def _indices(sample: Sequence[list[str]]) -> int:
    """How many small whole numbers stand before two numbers with a point: 3 in most lists, 4 and
    more of modulated crystals."""
    counts = []
    for parts in sample:
        if parts[:3] == ["0"] * 3:
            continue
        n = next((i for i, part in enumerate(parts) if _is_decimal(part)), 0)
        two_follow = len(parts) >= n + 2 and _is_decimal(parts[n + 1])
        if not two_follow or not all(_is_index(part) for part in parts[:n]):
            return 3
        counts.append(n)
    # In columns (4I4, 2F8) a large value touches the fourth index.
    if set(counts) == {3, 4} and counts.count(4) > 3 * counts.count(3):
        return 4
    return counts[0] if len(set(counts)) == 1 and counts[0] <= _MOST_INDICES else 3


def _is_decimal(part: str) -> bool:
    return "." in part or part.startswith("**")


def _is_index(part: str) -> bool:
    return part.lstrip("-+").isdigit() and len(part.lstrip("-+")) <= 3


def _row_with_indices(line: str, n: int) -> Row | None:
    parts = line.split()
    if n == 4 and len(parts) < 6:
        parts = [line[0:4], line[4:8], line[8:12], line[12:16], line[16:24], line[24:32]]
    row = free_row(" ".join(parts[:3] + parts[n:]))
    try:
        further = [int(part) for part in parts[3:n]]
    except ValueError:
        return None
    return None if row is None else (*row, float(any(further)))


def _are_hexagonal(sample: Sequence[list[str]]) -> bool:
    """Whether the third of four indices is −(h + k) in every row (Miller–Bravais)."""
    four = [[int(part) for part in parts[:4]] for parts in sample if len(parts) >= 6]
    return len(four) > 3 and all(h + k + i == 0 for h, k, i, _ in four) and any(r[2] for r in four)


def _hexagonal_row(line: str) -> Row | None:
    parts = line.split()
    return free_row(" ".join(parts[:2] + parts[3:]))


def _are_phased(sample: Sequence[list[str]]) -> bool:
    """Whether rows are h, k, l, F, figure of merit, phase, σ(F), as SHELXE writes them (.phs)."""
    try:
        merit = [
            float(parts[4])
            for parts in sample
            if len(parts) == 7 and "." in parts[3] and "." in parts[5]
        ]
    except ValueError:
        return False
    return 0 < len(merit) == len(sample) and all(0 <= value <= 1 for value in merit)


def _phased_row(line: str) -> Row | None:
    """The amplitude and its σ; figure of merit and phase are not read."""
    parts = line.split()
    return free_row(" ".join([*parts[:4], *parts[6:7]])) if len(parts) == 7 else None


def _end_in_a_phase(sample: Sequence[list[str]]) -> bool:
    """Whether rows are h, k, l, F, a number and a phase in degrees. A batch number is whole."""
    try:
        phases = [
            float(parts[5])
            for parts in sample
            if len(parts) == 6 and "." in parts[5] and all(map(_is_index, parts[:3]))
            and "." in parts[3] and float(parts[4]) == float(parts[4])
        ]  # fmt: skip
    except ValueError:
        return False
    return (
        0 < len(phases) == len(sample)
        and all(-360 <= phase <= 360 for phase in phases)
        and max(phases) - min(phases) > 90
    )


def _have_three_values(sample: Sequence[list[str]]) -> bool:
    """Whether three numbers with a point follow h, k, l in every row, as Fo², Fc² and σ."""
    rows = [parts for parts in sample if parts[:3] != ["0"] * 3]
    return bool(rows) and all(
        len(parts) == 6 and all(map(_is_index, parts[:3])) and all(map(_is_decimal, parts[3:]))
        for parts in rows
    )


def _weighted_row(line: str) -> Row | None:
    """The amplitude; figure of merit and phase are not read."""
    parts = line.split()
    return free_row(" ".join(parts[:4])) if len(parts) == 6 else None


def _batch(text: str) -> float:
    try:
        return float(int(text))
    except ValueError:
        return 1.0
