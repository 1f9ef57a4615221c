"""What a printed section shows, and where it is on the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.display.words import cell_words
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.crystal.sections.marks import PeakMark, VectorMark
from patterson_gui.crystal.sections.sampling import Section
from patterson_gui.errors import UserError

# Margins around the plot, mm: numbers on its left and below it, the title above it.
LEFT, RIGHT, BOTTOM = 18.0, 8.0, 15.0
TITLE_HEIGHT = 21.0
LABEL_HEIGHT = 7.0
_LEAST_WIDTH = 110.0  # mm, for the lines below the title
_LETTER = 2.25  # mm, width of a letter of the title
LARGEST_PAGE = 5000.0  # mm, of PDF viewers
_STEPS = (0.05, 0.1, 0.25, 0.5, 1.0)
_LABEL_DISTANCE = 11.0  # mm between numbers along an axis
_SCALES = (20.0, 10.0, 5.0, 4.0, 2.5, 2.0, 1.0, 0.5)
_ROOM_ON_A4 = 165.0  # mm, between margins
_KINDS = {
    MapKind.PATTERSON: "Patterson map",
    MapKind.PREDICTED: "Predicted density",
    MapKind.TRUE: "True density",
    MapKind.DENSITY: "Density",
    MapKind.DIFFERENCE: "Difference map",
}


@dataclass(frozen=True, eq=False)
class SectionDrawing:
    """A section with what is drawn on it.

    Attributes
    ----------
    name : of the crystal or the file; may be empty.
    scale : mm on paper for each Å.
    marks : peaks in and near it.
    harker : the Harker plane or line that the section shows; a line is drawn, dotted.
    among_others : one of several on a page, which has the title of all.
    vectors : ends of interatomic vectors in and near it.
    """

    section: Section
    levels: ContourLevels
    name: str = ""
    scale: float = 10.0
    marks: Sequence[PeakMark] = ()
    harker: HarkerSection | None = None
    among_others: bool = False
    vectors: Sequence[VectorMark] = ()

    @cached_property
    def origin(self) -> NDArray[np.float64]:
        """(2,) Å: lower left corner of the plot."""
        return np.asarray(self.section.corners.min(axis=0))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the plot, mm."""
        width, height = (self.section.corners.max(axis=0) - self.origin) * self.scale
        return float(width), float(height)

    @property
    def page(self) -> tuple[float, float]:
        """Width and height with margins, mm.

        Raises
        ------
        UserError : larger than any page.
        """
        width, height = self.size
        words = LEFT + _LETTER * len(self.label) if self.among_others else title_width(self.title)
        width = max(width + LEFT + RIGHT, words)
        height += BOTTOM + (LABEL_HEIGHT if self.among_others else TITLE_HEIGHT)
        if max(width, height) > LARGEST_PAGE:
            raise UserError(
                f"At {self.scale:g} mm per Å the section is {max(width, height) / 1000:.1f} m "
                "large: choose a smaller scale or narrower bounds."
            )
        return width, height

    def millimetres(self, s_t: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) mm from the lower left corner of the page, of (n, 2) fractions."""
        return self.from_angstrom(self.section.on_paper(s_t))

    def from_angstrom(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) mm from the lower left corner of the page, of (n, 2) Å."""
        return np.asarray((places - self.origin) * self.scale + (LEFT, BOTTOM))

    @property
    def label(self) -> str:
        """The plane; of a Harker section what it is."""
        harker, label = self.harker, self.section.plane.label
        if harker is None:
            return label
        where = f" in {label}" if harker.label != label else ""
        return f"Harker {harker.kind} {harker.label}{where}"

    @property
    def map_words(self) -> str:
        """The name and the kind of the map: "toxd · Anomalous difference Patterson map"."""
        density = self.section.density
        kind = _KINDS[density.kind]
        if density.kind is MapKind.PATTERSON and density.name.endswith("Patterson"):
            kind = f"{density.name} map"
        return f"{self.name} · {kind}" if self.name else kind

    @property
    def title(self) -> str:
        """The map and the plane."""
        return f"{self.map_words} · {self.label}"

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines below the title: the crystal; the slab, the levels and the scale; for a single
        Harker section the vectors in it."""
        section, density = self.section, self.section.density
        to = "" if density.d_min is None else f" · to {density.d_min:.2f} Å"
        slab = section.slab
        thick = f"{slab.projection} of {slab.thickness:g} Å · " if slab.thickness else ""
        crystal = f"{density.spacegroup.xhm()} · {cell_words(density.cell)}{to}"
        levels = f"levels {self.levels.words(density)} (rmsd {density.rmsd:.3g} {density.units})"
        alone = self.harker is not None and not self.among_others
        made = () if self.harker is None or not alone else (f"vectors {self.harker.made_by(3)}",)
        return crystal, f"{thick}{levels} · {self.scale:g} mm = 1 Å", *made

    @property
    def harker_lines(self) -> list[NDArray[np.float64]]:
        """Each (2, 2) mm: the Harker line and its lattice translations; they go beyond the plot."""
        harker = self.harker
        if harker is None or harker.direction is None:
            return []
        cell, plane = self.section.density.cell, self.section.plane
        point = np.array([float(x) for x in harker.point])
        ends, _ = plane.project(np.array([point, point + harker.direction]), cell)
        step = ends[1] - ends[0]
        # Translations along the axis that the line does not follow; it is whole numbers long.
        across = np.array([0.0, 1.0]) if abs(step[0]) > 0.5 else np.array([1.0, 0.0])
        return [
            self.millimetres(np.array([ends[0] - 4 * step, ends[0] + 4 * step]) + i * across)
            for i in range(-4, 5)
        ]


def fitting_scale(section: Section) -> float:
    """The largest of 20, 10, 5 ... mm per Å at which a section fits on a sheet of A4."""
    longest = float(np.ptp(section.corners, axis=0).max())
    return next((scale for scale in _SCALES if scale * longest <= _ROOM_ON_A4), _SCALES[-1])


def title_width(title: str) -> float:
    """Width of a page, mm, that has room for a title and the lines below it."""
    return max(LEFT + _LETTER * len(title) + RIGHT, _LEAST_WIDTH)


def ticks(low: float, high: float, length: float) -> list[float]:
    """Places of the numbers along an axis from `low` to `high` that is `length` mm long."""
    per_unit = length / (high - low)
    step = next((step for step in _STEPS if step * per_unit >= _LABEL_DISTANCE), _STEPS[-1])
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [i * step for i in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A fraction as it stands at an axis."""
    return f"{value:g}".replace("-", "−")
