"""The table of many solved crystals that `screen` returns, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterson_gui.crystal.display.html import summary
from patterson_gui.io.screening.table import summary_of

_MOST_SHOWN = 12
_SHOWN = ("verdict", "space_group", "formula", "r1")


@dataclass(frozen=True)
class ScreenProgress:
    """How far a screening is: finished sets of all, and the row that was finished last."""

    done: int
    total: int
    row: Mapping[str, Any] | None = None

    @property
    def fraction(self) -> float:
        """0..1."""
        return self.done / self.total if self.total else 1.0


@dataclass(frozen=True, eq=False)
class Screening:
    """The table of all crystals.

    Attributes
    ----------
    folder : where screen.csv, screen.html and a folder for each crystal are.
    rows : one for each crystal, with the columns of screen.csv; `verdict` is "failed" where a set
        could not be solved at all, for the stated `reason`.
    kept : crystals that an earlier run had finished.
    notes : sentences that a reader of the table needs.
    """

    folder: Path
    rows: tuple[Mapping[str, Any], ...]
    kept: int
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """'12 crystals: 9 solved, 1 probably, 1 not solved, 1 failed.'"""
        return summary_of(self.rows)

    def __repr__(self) -> str:
        return f"<Screening {self.folder.name!r}: {self.summary}>"

    def _repr_html_(self) -> str:
        rows = [
            (str(row["name"]), " ".join(str(row[k]) for k in _SHOWN if row.get(k) is not None))
            for row in self.rows[:_MOST_SHOWN]
        ]
        more = len(self.rows) - _MOST_SHOWN
        if more > 0:
            rows.append(("...", f"and {more} more"))
        return summary(self.summary, rows)
