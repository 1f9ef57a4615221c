"""Contour lines of sections as paths that Qt draws; made in a background thread."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainterPath, QPolygonF
from pyqtgraph.functions import arrayToQPath

from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.contours import ContourLevels, all_contour_lines
from patterson_gui.crystal.sections.harker import HarkerSection
from patterson_gui.crystal.sections.marks import (
    PeakMark,
    VectorEnds,
    VectorMark,
    peak_marks,
    vector_marks,
)
from patterson_gui.crystal.sections.planes import Plane
from patterson_gui.crystal.sections.sampling import (
    Bounds,
    Section,
    SectionSampler,
    Slab,
    default_spacing,
    finest,
)
from patterson_gui.io.sections.drawing import SectionDrawing

_MOST_PEAKS = 25  # unique ones in and near a section that are marked
_MOST_VECTORS = 60  # unique ones, the same
_POINTS, _POINTS_IN_MONTAGE = 700, 160  # of a section along an axis: what a screen can show


@dataclass(frozen=True, eq=False)
class PictureRequest:
    """What to cut and draw.

    Attributes
    ----------
    planes : one, or all of a montage.
    generation : a number that tells the newest request.
    """

    sampler: SectionSampler
    planes: Sequence[Plane]
    bounds: Bounds
    slab: Slab
    levels: ContourLevels
    peaks: Sequence[Peak]
    harker: HarkerSection | None
    generation: int
    vectors: VectorEnds | None = None

    @property
    def is_montage(self) -> bool:
        return len(self.planes) > 1


@dataclass(frozen=True, eq=False)
class SectionPicture:
    """A section as paths in Å, x to the right and y up.

    Attributes
    ----------
    thin, thick : lines at the levels above zero; every fifth is thick.
    dashed, thick_dashed : those below zero.
    outline : what is shown of the plane; `cells` the borders of cells in it.
    harker_lines : the Harker line that the section shows.
    """

    section: Section
    thin: QPainterPath
    thick: QPainterPath
    dashed: QPainterPath
    thick_dashed: QPainterPath
    outline: QPolygonF
    cells: QPainterPath
    harker_lines: QPainterPath
    marks: Sequence[PeakMark]
    vectors: Sequence[VectorMark] = ()


@dataclass(frozen=True, eq=False)
class Pictures:
    """The answer to a request."""

    request: PictureRequest
    pictures: Sequence[SectionPicture]


def make_pictures(
    request: PictureRequest, is_wanted: Callable[[PictureRequest], bool] = lambda request: True
) -> Pictures | None:
    """Sample the sections and find their contour lines; None once they are not wanted any more."""
    density = request.sampler.density
    points = _POINTS_IN_MONTAGE if request.is_montage else _POINTS
    pictures = []
    for plane in request.planes:
        if not is_wanted(request):
            return None
        coarsest = finest(plane, request.bounds, density, points)
        spacing = max(default_spacing(density), *coarsest)
        section = request.sampler.sample(plane, request.bounds, request.slab, spacing=spacing)
        pictures.append(_picture(section, request))
    return Pictures(request, pictures)


def _picture(section: Section, request: PictureRequest) -> SectionPicture:
    positive, negative = all_contour_lines(section, request.levels)
    marks = peak_marks(section, request.peaks, _MOST_PEAKS) if request.peaks else []
    drawing = SectionDrawing(section, request.levels, harker=request.harker)
    to_angstrom = 1 / drawing.scale
    corner = drawing.from_angstrom(np.zeros((1, 2)))
    harker = [(line - corner) * to_angstrom for line in drawing.harker_lines]
    return SectionPicture(
        section,
        _path(line for i, lines in enumerate(positive) if i % 5 != 4 for line in lines),
        _path(line for i, lines in enumerate(positive) if i % 5 == 4 for line in lines),
        _path(line for i, lines in enumerate(negative) if i % 5 != 4 for line in lines),
        _path(line for i, lines in enumerate(negative) if i % 5 == 4 for line in lines),
        QPolygonF([QPointF(x, y) for x, y in section.corners.tolist()]),
        _path(_cell_borders(section)),
        _path(harker),
        marks,
        [] if request.vectors is None else vector_marks(section, request.vectors, _MOST_VECTORS),
    )


def _cell_borders(section: Section) -> list[NDArray[np.float64]]:
    (left, right), (low, high) = section.bounds.right, section.bounds.up
    whole = [float(i) for i in range(-1, 3)]
    ends = [((s, low), (s, high)) for s in whole if left < s < right]
    ends += [((left, t), (right, t)) for t in whole if low < t < high]
    return [section.on_paper(np.array(pair, dtype=np.float64)) for pair in ends]


def _path(lines: Iterable[NDArray[np.float64]]) -> QPainterPath:
    """One path of many lines, each (k, 2)."""
    every = [line for line in lines if len(line) > 1]
    if not every:
        return QPainterPath()
    x, y = np.concatenate(every).T
    connect = np.ones(len(x), dtype=np.int32)
    connect[np.cumsum([len(line) for line in every]) - 1] = 0  # not to the next line
    return arrayToQPath(np.ascontiguousarray(x), np.ascontiguousarray(y), connect)
