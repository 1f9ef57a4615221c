"""Figures with their targets, and a table of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`at_least` and `at_most` bound the target; None: no bound."""

    what: str
    value: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    digits: int = 3
    note: str = ""

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured" if self.target else ""
        if self.at_least is not None:
            return "met" if self.value >= self.at_least else "NOT MET"
        if self.at_most is not None:
            return "met" if self.value <= self.at_most else "NOT MET"
        return ""


def print_table(rows: list[Row]) -> None:
    """Print one line per row; a row whose `what` ends in a colon is a heading."""
    width = max(len(row.what) for row in rows)
    print(f"\n{'':{width}}  {'measured':>12}  {'target':>9}")
    for row in rows:
        if row.what.endswith(":"):
            print(f"\n{row.what}")
            continue
        value = "–" if row.value is None else f"{row.value:.{row.digits}f}"
        line = f"{row.what:{width}}  {value + ' ' + row.unit:>12}  {row.target:>9}  {row.verdict}"
        print(f"{line}  {row.note}".rstrip())
