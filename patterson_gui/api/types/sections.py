"""The section and the table of Harker sections that API functions return."""

from collections.abc import Iterable
from dataclasses import fields
from html import escape
from typing import Self

from patterson_gui.api.arguments import PathLike, number, path_of, whole_number
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.crystal.sections import sampling
from patterson_gui.crystal.sections.contours import (
    ContourLevels,
    all_contour_lines,
    default_levels,
)
from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.crystal.sections.marks import PeakMark, peak_marks
from patterson_gui.io.sections.drawing import SectionDrawing
from patterson_gui.io.sections.write import write_sections

MOST_PEAKS = 200  # of a map, of which those in or near a section are marked
LEAST_PEAK = 2.0  # rmsd


class Section(sampling.Section):
    """A map in a plane, with `contours`, `peaks` and `save`.

    `values[i, j]` lies at the fractions `s[i]` along `plane.right` and `t[j]` along `plane.up`.
    The other attributes are described at `patterson_gui.crystal.sections.sampling.Section`, of
    which this is a subclass.
    """

    harker: HarkerSection | None = None

    @classmethod
    def of(cls, section: sampling.Section, harker: HarkerSection | None = None) -> Self:
        """Convert a section to this class; arrays are shared."""
        made = cls(**{field.name: getattr(section, field.name) for field in fields(section)})
        object.__setattr__(made, "harker", harker)
        return made

    def __repr__(self) -> str:
        n, m = self.values.shape
        return (
            f"<Section {self.plane.label}: {n} × {m} points, {self.values.min():.4g} to "
            f"{self.values.max():.4g} {self.density.units}>"
        )

    def contours(self, levels: ContourLevels | None = None) -> dict[float, list[object]]:
        """Contour lines by level, in the units of the map.

        Each line is an array (k, 2), Å, x to the right and y up, in the geometry of the cell.

        Parameters
        ----------
        levels : None: from 2 rmsd in steps of 1 rmsd, and the same below zero.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> lines = pg.section(pg.example(), "w=0").contours()
        """
        levels = levels or default_levels(self.density)
        heights = [height for each in levels.values(self) for height in each]
        lines = [line for each in all_contour_lines(self, levels) for line in each]
        return {float(h): list(found) for h, found in zip(heights, lines, strict=True)}

    def peaks(self, n: int | None = None) -> list[PeakMark]:
        """Peaks of the map in and near the section, with equivalents, highest first.

        Parameters
        ----------
        n : number of unique peaks, the highest; None: all.

        Returns
        -------
        Marks with `s`, `t`, `distance` (Å from the section), `in_plane`, `number` in the table of
        peaks, and the `peak`.
        """
        n = None if n is None else whole_number(n, "n", least=1)
        return peak_marks(self, find_peaks(self.density, MOST_PEAKS, LEAST_PEAK), n)

    def save(
        self,
        path: PathLike,
        *,
        scale: float = 10.0,
        levels: ContourLevels | None = None,
        peaks: int = 0,
        name: str = "",
    ) -> None:
        """Draw the section to scale as PDF, SVG or PNG, by the ending of the name.

        Parameters
        ----------
        scale : mm on paper for each Å.
        levels : None: from 2 rmsd in steps of 1 rmsd, and the same below zero, dashed.
        peaks : number of unique peaks in and near the section to mark with their heights.
        name : what stands first in the title.

        Raises
        ------
        UserError : another ending, a page that is too large, or the file cannot be written.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> pg.section(pg.example(), "w=0").save("section.svg")
        """
        write_sections(path_of(path, "path"), [self.drawing(scale, levels, peaks, name)])

    def drawing(
        self,
        scale: float = 10.0,
        levels: ContourLevels | None = None,
        peaks: int = 0,
        name: str = "",
    ) -> SectionDrawing:
        """What `save` draws."""
        n = whole_number(peaks, "peaks")
        return SectionDrawing(
            self,
            levels or default_levels(self.density),
            name,
            number(scale, "scale", above=0, most=1000, unit="mm per Å"),
            self.peaks(n) if n else (),
            self.harker,
        )


class HarkerTable(tuple[HarkerSection, ...]):
    """The Harker sections of a space group: a tuple that is shown as a table."""

    spacegroup: str

    def __new__(cls, found: Iterable[HarkerSection] = (), spacegroup: str = "") -> Self:
        table = super().__new__(cls, found)
        table.spacegroup = spacegroup
        return table

    def __repr__(self) -> str:
        return "\n".join(harker_lines(self, self.spacegroup))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(s.kind)}</td><td>{escape(s.label)}</td>"
            f"<td>{escape(s.made_by())}</td></tr>"
            for s in self
        )
        head = "<tr><th></th><th>points</th><th>vectors</th></tr>"
        return f"<table>{head}{rows}</table>" if self else escape(repr(self))


def harker_lines(sections: Iterable[HarkerSection], spacegroup: str) -> list[str]:
    """A heading and a line for each Harker section, in columns, for a terminal."""
    found = list(sections)
    if not found:
        return [f"{spacegroup} has no Harker sections"]
    width = max(len(section.label) for section in found)
    return [f"Harker sections of {spacegroup}"] + [
        f"{number:>3}  {section.kind:<5}  {section.label:<{width}}  {section.made_by()}"
        for number, section in enumerate(found, 1)
    ]
