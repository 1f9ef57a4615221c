"""Paint over a 3D picture: axis names, the triad, peaks, sites, the cursor, a scale bar.

The camera is that of the picture below, so that labels stay at their points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from patterson_gui.gui.rendering.camera import CameraState, Slab
from patterson_gui.gui.viewer3d.layers.colour_legend import Legend, paint_legend
from patterson_gui.gui.widgets.theme import Theme

Points = tuple[float, float]  # width and height in screen points

MOST_LABELS = 60
MOST_NAMED_PEAKS = 30  # the highest ones; a protein has hundreds
NAME_ROOM = (26.0, 14.0)  # points that the name of a peak needs
LARGEST_CROSS, SMALLEST_CROSS = 4.5, 3.0  # points, of high and of other peaks
TRIAD_LENGTH = 26.0  # points
CURSOR_ARM = 0.7  # Å
MARGIN = 16.0
ROOM_FOR_ALL = 240  # points; a smaller view has no triad


@dataclass(frozen=True, eq=False)
class Marks:
    """What to paint.

    Attributes
    ----------
    axes : (3, 3) a, b, c in rows, Cartesian Å; None: no cell.
    peaks : (n, 3) Cartesian Å, with `labels`.
    vectors : (n, 3) Cartesian Å, ends of interatomic vectors.
    ends : (2, 3) Cartesian Å, two atoms joined by a line, with `end_names`; None: none.
    cursor : (3,) Cartesian Å, or None.
    sites : (n, 3) Cartesian Å, sites of atoms, with `site_names`; `chosen_site` is a row or None.
    names : of the three axes.
    legend : of the colours of the map, or None.
    """

    axes: NDArray[np.float64] | None = None
    peaks: NDArray[np.float64] | None = None
    labels: Sequence[str] = ()
    cursor: NDArray[np.float64] | None = None
    names: str = "abc"
    vectors: NDArray[np.float64] | None = None
    ends: NDArray[np.float64] | None = None
    end_names: Sequence[str] = ()
    sites: NDArray[np.float64] | None = None
    site_names: Sequence[str] = ()
    chosen_site: int | None = None
    legend: Legend | None = None


def paint(
    painter: QPainter,
    marks: Marks,
    camera: CameraState,
    size: Points,
    theme: Theme,
    *,
    with_axes: bool = True,
    slab: Slab | None = None,
) -> None:
    """Paint `marks` over a picture of `size` points, rendered with `camera`; with names of the
    axes, triad and scale bar unless `with_axes` is false. Peaks and vectors outside a slab are left
    out."""
    depths = camera.slab_depths(slab)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = painter.font()
    if marks.vectors is not None and len(marks.vectors):
        _paint_vectors(painter, marks.vectors, camera, size, theme, depths)
    if marks.peaks is not None and len(marks.peaks):
        _paint_peaks(painter, marks, camera, size, theme, depths)
    if marks.axes is not None and with_axes:
        _paint_axis_names(painter, marks.axes, marks.names, camera, size, theme)
        if min(size) >= ROOM_FOR_ALL:
            _paint_triad(painter, marks.axes, marks.names, camera, size, theme)
        _paint_scale(painter, camera, size, theme)
    if marks.sites is not None:
        _paint_sites(painter, marks, camera, size, theme)
    if marks.ends is not None:
        _paint_ends(painter, marks.ends, marks.end_names, camera, size, theme)
    if marks.cursor is not None:
        _paint_cursor(painter, marks.cursor, camera, size, theme)
    if marks.legend is not None:
        painter.setFont(font)
        paint_legend(painter, marks.legend, size[0], theme)


def _paint_axis_names(
    painter: QPainter,
    axes: NDArray[np.float64],
    names: str,
    camera: CameraState,
    size: Points,
    theme: Theme,
) -> None:
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    ends = axes * (1 + 0.045 * lengths.max() / lengths)
    beyond = -0.045 * lengths.max() * (axes / lengths).sum(axis=0) / np.sqrt(3)
    spots = camera.project(np.vstack([ends, beyond]), size)
    font = _font(painter, 1.12, italic=True, bold=True)
    for (x, y, _), name, colour in zip(spots[:3], names, theme.axes, strict=True):
        _write(painter, font, QPointF(x, y), name, QColor(colour), theme)
    font = _font(painter, 0.95)
    _write(painter, font, QPointF(*spots[3, :2]), "0", QColor(theme.dim), theme)


def _paint_triad(
    painter: QPainter,
    axes: NDArray[np.float64],
    names: str,
    camera: CameraState,
    size: Points,
    theme: Theme,
) -> None:
    origin = QPointF(MARGIN + TRIAD_LENGTH, size[1] - MARGIN - TRIAD_LENGTH)
    eye = (axes / np.linalg.norm(axes, axis=1, keepdims=True)) @ camera.matrix.T
    font = _font(painter, 0.95, italic=True)
    for n in np.argsort(eye[:, 2]):  # axes that point away are painted first
        colour = QColor(theme.axes[n])
        tip = origin + QPointF(eye[n, 0], -eye[n, 1]) * TRIAD_LENGTH
        painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(origin, tip)
        name = origin + QPointF(eye[n, 0], -eye[n, 1]) * (TRIAD_LENGTH + 9.0)
        if np.hypot(eye[n, 0], eye[n, 1]) > 0.25:  # not where the axis is seen end on
            _write(painter, font, name, names[n], colour, theme)


def _paint_scale(painter: QPainter, camera: CameraState, size: Points, theme: Theme) -> None:
    """A scale bar of a round length, correct at the depth of the camera's target."""
    per_angstrom = min(size) / camera.span
    room = 0.25 * min(size) / per_angstrom
    length = max((n for n in _ROUND_LENGTHS if n <= room), default=_ROUND_LENGTHS[0])
    right, y = size[0] - MARGIN, size[1] - MARGIN
    left = right - length * per_angstrom
    painter.setPen(QPen(QColor(theme.dim), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    path = QPainterPath(QPointF(left, y - 5))
    for x, up in ((left, 0), (right, 0), (right, 5)):
        path.lineTo(x, y - up)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    font = _font(painter, 0.9)
    middle = QPointF((left + right) / 2, y - 12)
    _write(painter, font, middle, f"{length:g} Å", QColor(theme.dim), theme)


_ROUND_LENGTHS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


def _paint_peaks(
    painter: QPainter,
    marks: Marks,
    camera: CameraState,
    size: Points,
    theme: Theme,
    depths: tuple[float, float],
) -> None:
    assert marks.peaks is not None
    spots = camera.project(marks.peaks, size)
    inside = (spots[:, 2] > depths[0]) & (spots[:, 2] < depths[1])
    inside &= np.abs(spots[:, 0] - size[0] / 2) < size[0] / 2
    inside &= np.abs(spots[:, 1] - size[1] / 2) < size[1] / 2
    chosen = np.flatnonzero(inside)
    near, far = camera.distance - 0.5 * camera.span, camera.distance + 0.6 * camera.span
    font = _font(painter, 0.92)
    named = _free_of_others(spots, chosen[chosen < len(marks.labels)])
    for n in chosen[np.argsort(-spots[chosen, 2])]:  # the farthest are painted first
        x, y, depth = spots[n]
        colour = QColor(theme.text)
        colour.setAlphaF(float(np.clip(1.1 - 0.85 * (depth - near) / (far - near), 0.15, 1.0)))
        painter.setPen(QPen(colour, 1.4))
        size_of_it = LARGEST_CROSS if n < MOST_NAMED_PEAKS // 2 else SMALLEST_CROSS
        for dx, dy in ((size_of_it, 0.0), (0.0, size_of_it)):
            painter.drawLine(QPointF(x - dx, y - dy), QPointF(x + dx, y + dy))
        if n in named:
            _write(painter, font, QPointF(x + 12, y - 9), marks.labels[n], colour, theme)


def _free_of_others(spots: NDArray[np.float64], order: NDArray[np.intp]) -> set[int]:
    """Which of these can be named without one name over another; the first ones, which are the
    highest peaks, come first."""
    named: list[int] = []
    for n in order:
        far = np.abs(spots[named, :2] - spots[n, :2]) > NAME_ROOM
        if far.any(axis=1).all():
            named.append(int(n))
        if len(named) == MOST_NAMED_PEAKS:
            break
    return set(named)


def _paint_vectors(
    painter: QPainter,
    places: NDArray[np.float64],
    camera: CameraState,
    size: Points,
    theme: Theme,
    depths: tuple[float, float],
) -> None:
    """A small square at each place."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.accent), 1.4))
    for x, y, depth in camera.project(places, size):
        if depths[0] < depth < depths[1]:
            painter.drawRect(QRectF(x - 3.5, y - 3.5, 7.0, 7.0))


def _paint_sites(
    painter: QPainter, marks: Marks, camera: CameraState, size: Points, theme: Theme
) -> None:
    """A ring around each site, and its name; those of the chosen one in the cursor's colour."""
    assert marks.sites is not None
    spots = camera.project(marks.sites, size)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for n in np.argsort(-spots[:, 2]):  # the farthest are painted first
        x, y, depth = spots[n]
        if depth <= 0:
            continue
        chosen = n == marks.chosen_site
        colour = QColor(theme.cursor if chosen else theme.accent)
        for pen, width in ((QColor(theme.view), 4.0), (colour, 2.4 if chosen else 1.6)):
            painter.setPen(QPen(pen, width))
            painter.drawEllipse(QPointF(x, y), 9.0 if chosen else 6.0, 9.0 if chosen else 6.0)
        if n < min(len(marks.site_names), MOST_LABELS) or chosen:
            font = _font(painter, 0.92, bold=bool(chosen))
            _write(painter, font, QPointF(x + 14, y - 14), marks.site_names[n], colour, theme)


def _paint_ends(
    painter: QPainter,
    ends: NDArray[np.float64],
    names: Sequence[str],
    camera: CameraState,
    size: Points,
    theme: Theme,
) -> None:
    """Two atoms: a ring around each, a line between them, and their names."""
    spots = camera.project(ends, size)
    if (spots[:, 2] <= 0).any():
        return
    one, other = (QPointF(x, y) for x, y, _ in spots)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(theme.view), 4.0), (QColor(theme.cursor), 1.8)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.DashLine))
        painter.drawLine(one, other)
        painter.setPen(QPen(colour, width))
        for place in (one, other):
            painter.drawEllipse(place, 9.0, 9.0)
    font = _font(painter, 0.92, bold=True)
    for place, name in zip((one, other), names, strict=True):
        _write(painter, font, place + QPointF(14, -14), name, QColor(theme.cursor), theme)


def _paint_cursor(
    painter: QPainter, cursor: NDArray[np.float64], camera: CameraState, size: Points, theme: Theme
) -> None:
    """Three arms along x, y and z in space, so that rotating the view shows the depth."""
    arms = CURSOR_ARM * max(1.0, camera.span / 24.0) * np.eye(3)
    ends = camera.project(np.vstack([cursor - arms, cursor + arms]), size)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(theme.view), 4.0), (QColor(theme.cursor), 1.8)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for n in range(3):
            painter.drawLine(QPointF(*ends[n, :2]), QPointF(*ends[n + 3, :2]))
    x, y, _ = camera.project(cursor, size)[0]
    painter.setPen(QPen(QColor(theme.cursor), 1.2))
    painter.drawEllipse(QPointF(x, y), 9.0, 9.0)


def _font(painter: QPainter, scale: float, *, italic: bool = False, bold: bool = False) -> QFont:
    font = QFont(painter.font())
    font.setPointSizeF(max(7.0, painter.font().pointSizeF() * scale))
    font.setItalic(italic)
    font.setBold(bold)
    return font


def _write(
    painter: QPainter, font: QFont, centre: QPointF, text: str, colour: QColor, theme: Theme
) -> None:
    """Text centred on a point, outlined in the background's colour."""
    path = QPainterPath()
    path.addText(0, 0, font, text)
    box: QRectF = path.boundingRect()
    path.translate(centre - box.center())
    edge = QColor(theme.view)
    edge.setAlphaF(0.85 * colour.alphaF() * edge.alphaF())
    painter.setPen(
        QPen(edge, 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.fillPath(path, colour)
