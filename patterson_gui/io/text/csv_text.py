"""CSV that spreadsheet programs show as text and numbers, and never run as formulas."""

import csv
import io
from collections.abc import Iterable, Sequence

# Excel, LibreOffice and others take a cell that begins so for a formula, which can call programs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV. Text that a spreadsheet would take for a formula gets an apostrophe before
    it; numbers stay as they are; None becomes an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
