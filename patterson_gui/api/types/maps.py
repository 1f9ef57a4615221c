"""The map and the table of peaks that API functions return, with `save`."""

from collections.abc import Iterable
from dataclasses import fields
from html import escape
from typing import Self

from patterson_gui.api.arguments import PathLike, number, path_of, whole_number
from patterson_gui.crystal.maps import density_map, peaks
from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS, numbers, peak_lines
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.report.tables import write_peaks


class DensityMap(density_map.DensityMap):
    """A map of the whole unit cell, with `peaks` and `save`.

    `np.asarray(map)` is its grid, (nu, nv, nw) float32. The other attributes are described at
    `patterson_gui.crystal.maps.density_map.DensityMap`, of which this is a subclass.
    """

    @classmethod
    def of(cls, density: density_map.DensityMap) -> Self:
        """Convert a map to this class; the grid is shared."""
        if isinstance(density, cls):
            return density
        return cls(**{field.name: getattr(density, field.name) for field in fields(density)})

    def peaks(self, n: int = 100, min_rmsd: float = 1.0) -> "PeakTable":
        """The highest symmetry-unique peaks, highest first.

        Parameters
        ----------
        n : largest number of peaks.
        min_rmsd : smallest height above the mean, in units of the map's rmsd.

        Returns
        -------
        Peaks with `height` (in the map's units), `rmsd`, `frac` (3,) in 0..1, `length_A` (Å),
        `multiplicity` and `is_origin`. The origin peak of a Patterson map comes first.

        Raises
        ------
        UserError : an argument is not a number, or `n` is less than 1.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> P = pg.patterson(pg.example())
        >>> P.peaks(n=3)[0].is_origin
        True
        """
        n = whole_number(n, "n", least=1)
        min_rmsd = number(min_rmsd, "min_rmsd")
        return PeakTable(peaks.find_peaks(self, n, min_rmsd), self)

    def save(self, path: PathLike) -> None:
        """Write the map as CCP4 (MRC 2014), which Coot, PyMOL, ChimeraX and CCP4 read.

        An existing file is replaced after the new one is complete.

        Raises
        ------
        UserError : the file cannot be written.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> pg.patterson(pg.example()).save("P.ccp4")
        """
        write_map(path_of(path, "path"), self)


class PeakTable(tuple[peaks.Peak, ...]):
    """The peaks of a map, highest first: a tuple that is shown as a table, with `save`."""

    density: density_map.DensityMap

    def __new__(
        cls, found: Iterable[peaks.Peak] = (), density: density_map.DensityMap | None = None
    ) -> Self:
        table = super().__new__(cls, found)
        if density is not None:
            table.density = density
        return table

    def save(self, path: PathLike) -> None:
        """Write the table as CSV with a header: number, height, rmsd, u, v, w, length.

        Raises
        ------
        UserError : the file cannot be written.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> pg.patterson(pg.example()).peaks(n=10).save("peaks.csv")
        """
        write_peaks(path_of(path, "path"), self, self.density)

    def __repr__(self) -> str:
        lines = [f"{len(self)} peaks; height in {self.density.units}, length in Å"]
        lines += peak_lines(self[:_MOST_SHOWN], self.density.units)
        if len(self) > _MOST_SHOWN:
            lines.append(f"... and {len(self) - _MOST_SHOWN} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = ("", *(column.heading_in(self.density.units) for column in PEAK_COLUMNS))
        rows = []
        for number_, peak in zip(numbers(self), self[:_MOST_SHOWN], strict=False):
            name = "origin" if peak.is_origin else str(number_)
            cells = "".join(f"<td>{column.text(peak)}</td>" for column in PEAK_COLUMNS)
            rows.append(f"<tr><th>{name}</th>{cells}</tr>")
        more = len(self) - _MOST_SHOWN
        caption = f"<caption>and {more} more</caption>" if more > 0 else ""
        top = "".join(f"<th>{escape(word)}</th>" for word in head)
        return f"<table>{caption}<tr>{top}</tr>{''.join(rows)}</table>"


_MOST_SHOWN = 12
