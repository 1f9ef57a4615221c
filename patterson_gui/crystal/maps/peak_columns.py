"""Columns of the table of peaks in the window, CSV files, the terminal and the API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patterson_gui.crystal.maps.peaks import Peak


@dataclass(frozen=True)
class PeakColumn:
    """One column.

    Attributes
    ----------
    key : name in CSV files.
    heading : heading of the column; `{units}` is replaced by the units of the map.
    shown : format of the number on the screen.
    exact : format of the number in a file.
    value : function of a peak that returns the number.
    """

    key: str
    heading: str
    shown: str
    exact: str
    value: Callable[[Peak], float]

    def text(self, peak: Peak) -> str:
        """The number as a screen shows it."""
        return format(self.value(peak), self.shown)

    def exact_text(self, peak: Peak) -> str:
        """The number as a file has it."""
        return format(self.value(peak), self.exact)

    def heading_in(self, units: str) -> str:
        """The heading for a map in these units; empty: not known."""
        return self.heading.format(units=units) if units else self.heading.partition(", {")[0]

    def key_in(self, units: str) -> str:
        """The name in CSV files, ASCII letters only."""
        plain = units.replace("²", "2").replace("Å", "A").replace("³", "3")
        return self.key.format(units=plain)


PEAK_COLUMNS = (
    PeakColumn("height_{units}", "Height, {units}", ".4g", ".6g", lambda peak: peak.height),
    PeakColumn("height_rmsd", "Height, rmsd", ".1f", ".3f", lambda peak: peak.rmsd),
    PeakColumn("u", "u", ".3f", ".4f", lambda peak: float(peak.frac[0])),
    PeakColumn("v", "v", ".3f", ".4f", lambda peak: float(peak.frac[1])),
    PeakColumn("w", "w", ".3f", ".4f", lambda peak: float(peak.frac[2])),
    PeakColumn("length_A", "Length, Å", ".2f", ".3f", lambda peak: peak.length_A),
    PeakColumn("multiplicity", "Multiplicity", "d", "d", lambda peak: peak.multiplicity),
)
"""Every column after the number of the peak. To add one, add an entry."""


def numbers(peaks: Sequence[Peak]) -> range:
    """The number of each peak: 0 for an origin peak, which comes first; the others from 1."""
    first = 0 if peaks and peaks[0].is_origin else 1
    return range(first, first + len(peaks))


def peak_lines(peaks: Sequence[Peak], units: str) -> list[str]:
    """A heading and a line for each peak, in columns of equal width, for a terminal."""
    rows = [["", *(column.heading_in(units) for column in PEAK_COLUMNS)]]
    for number, peak in zip(numbers(peaks), peaks, strict=True):
        name = "origin" if peak.is_origin else str(number)
        rows.append([name, *(column.text(peak) for column in PEAK_COLUMNS)])
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
