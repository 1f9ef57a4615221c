"""A section in its place on the screen, and how it is painted: lines, axes, marks, cursor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.sections.marks import Mark
from patterson_gui.gui.sections.picture import SectionPicture
from patterson_gui.gui.widgets import theme
from patterson_gui.io.sections.drawing import tick_text, ticks

LEFT, TOP, RIGHT, BOTTOM = 52, 12, 20, 50  # pixels around a section: numbers and names of axes
_PER_PIXEL = 0.26  # mm: numbers at the axes have room on paper and here
_DOT = 3.0  # radius of a peak's mark, pixels
_MOST_LABELS = 20
_DIAMOND, _CHOSEN_DIAMOND = 4.5, 7.0  # half the width of a vector's mark, pixels
_REACH = 9.0  # pixels from the middle of a mark that still are a click on it


@dataclass(frozen=True)
class Tile:
    """A section and where it is drawn."""

    picture: SectionPicture
    place: QRectF
    to_pixels: QTransform

    def pixel_of(self, s: float, t: float) -> QPointF:
        """Where a point of the section is drawn."""
        ((x, y),) = self.picture.section.on_paper(np.array([[s, t]])).tolist()
        return self.to_pixels.map(QPointF(x, y))

    def place_at(self, pixel: QPointF) -> tuple[float, float] | None:
        """s, t of the section at a pixel; None outside."""
        inverse, possible = self.to_pixels.inverted()
        if not possible:
            return None
        place, section = inverse.map(pixel), self.picture.section
        (s, t) = np.linalg.solve(section.axes.T, [place.x(), place.y()]).tolist()
        (left, right), (low, high) = section.bounds.right, section.bounds.up
        return (s, t) if left <= s <= right and low <= t <= high else None


def tile_in(picture: SectionPicture, place: QRectF, zoom: float, pan: QPointF) -> Tile:
    """The section in a rectangle, enlarged and moved."""
    box = picture.outline.boundingRect()
    scale = zoom * min(
        max(place.width(), 1.0) / max(box.width(), 1e-9),
        max(place.height(), 1.0) / max(box.height(), 1e-9),
    )
    to_pixels = QTransform()
    to_pixels.translate(place.center().x() + pan.x(), place.center().y() + pan.y())
    to_pixels.scale(scale, -scale)
    to_pixels.translate(-box.center().x(), -box.center().y())
    return Tile(picture, place, to_pixels)


def paint_section(painter: QPainter, tile: Tile) -> None:
    """Lines in pens of constant width, whatever the scale."""
    look, picture = theme.current(), tile.picture
    kind = picture.section.density.kind
    colour = QColor(theme.legible(theme.maps().maps[kind]))
    below = QColor(theme.legible(theme.maps().below)) if kind is MapKind.DIFFERENCE else colour
    outline = tile.to_pixels.map(picture.outline)
    painter.save()
    inside = QPainterPath()
    inside.addPolygon(outline)
    inside.closeSubpath()
    painter.setClipPath(inside, Qt.ClipOperation.IntersectClip)
    faint = QPen(QColor(look.border), 1.0)
    painter.setPen(faint)
    painter.drawPath(tile.to_pixels.map(picture.cells))
    dotted = QPen(QColor(look.dim), 1.5, Qt.PenStyle.DotLine)
    for path, pen in (
        (picture.harker_lines, dotted),
        (picture.dashed, QPen(below, 1.0, Qt.PenStyle.DashLine)),
        (picture.thick_dashed, QPen(below, 2.0, Qt.PenStyle.DashLine)),
        (picture.thin, QPen(colour, 1.0)),
        (picture.thick, QPen(colour, 2.0)),
    ):
        painter.setPen(pen)
        painter.drawPath(tile.to_pixels.map(path))
    painter.restore()
    painter.setPen(QPen(QColor(look.outline), 1.2))
    painter.drawPolygon(outline)


def paint_axes(painter: QPainter, tile: Tile, size: QSize) -> None:
    """Numbers and names at the edges of the section; `size` : of the drawing in pixels."""
    look = theme.current()
    section = tile.picture.section
    (left, right), (low, high) = section.bounds.right, section.bounds.up
    a, b, d = tile.pixel_of(left, low), tile.pixel_of(right, low), tile.pixel_of(left, high)
    painter.setPen(QPen(QColor(look.dim), 1.0))
    metrics = painter.fontMetrics()
    lowest, leftmost = size.height() - float(BOTTOM), float(LEFT)
    for s in ticks(left, right, _distance(a, b) * _PER_PIXEL):
        place = tile.pixel_of(s, low)
        if place.y() > lowest:  # the edge is out of sight: where the line of this s leaves it
            upper = tile.pixel_of(s, high)
            share = (place.y() - lowest) / (place.y() - upper.y())
            place = place + (upper - place) * share
        if not leftmost - 1 <= place.x() <= size.width():
            continue
        painter.drawLine(place, place + QPointF(0, 4))
        text = tick_text(s)
        x = place.x() - metrics.horizontalAdvance(text) / 2
        painter.drawText(QPointF(x, place.y() + 6 + metrics.ascent()), text)
    for t in ticks(low, high, _distance(a, d) * _PER_PIXEL):
        place = tile.pixel_of(left, t)
        x = max(place.x(), leftmost)
        if not 0 < place.y() < lowest + 1:
            continue
        painter.drawLine(QPointF(x, place.y()), QPointF(x - 4, place.y()))
        text = tick_text(t)
        x -= 7 + metrics.horizontalAdvance(text)
        painter.drawText(QPointF(x, place.y() + metrics.ascent() / 2 - 1), text)
    font = painter.font()
    font.setItalic(True)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(look.text))
    along, up = section.plane.names
    x = min(max((a.x() + b.x()) / 2, leftmost), size.width() - 60.0)
    y = min(min(a.y(), lowest) + 10 + 2 * metrics.height(), size.height() - 4.0)
    painter.drawText(QPointF(x, y), along)
    x = max((a.x() + d.x()) / 2 - 40 - painter.fontMetrics().horizontalAdvance(up), 3.0)
    y = min(max((a.y() + d.y()) / 2, 0.0), lowest) + 16
    painter.drawText(QPointF(x, y), up)
    font.setItalic(False)
    font.setBold(False)
    painter.setFont(font)


def paint_marks(painter: QPainter, tile: Tile) -> None:
    """Circles at the peaks, filled where the section goes through one, and their numbers."""
    look = theme.current()
    colour = QColor(look.error)
    labelled: set[int] = set()
    marks = tile.picture.marks
    few = len(marks) <= _MOST_LABELS
    font = painter.font()
    small = QFont(font)
    small.setPointSizeF(max(font.pointSizeF() - 1.5, 6.5))
    painter.setFont(small)
    for mark in marks:
        place = tile.pixel_of(mark.s, mark.t)
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(colour if mark.in_plane else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(place, _DOT, _DOT)
        if few or (mark.number not in labelled and len(labelled) < _MOST_LABELS):
            labelled.add(mark.number)
            painter.drawText(place + QPointF(5, -3), str(mark.number))
    painter.setFont(font)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_vectors(
    painter: QPainter, tile: Tile, chosen: int | None, name: str, cursor: Sequence[Mark]
) -> None:
    """Diamonds at the ends of interatomic vectors, filled where the section goes through one; those
    of the chosen vector are larger, and the one nearest to the cursor has its name."""
    colour = QColor(theme.current().accent)
    named = [mark for mark in tile.picture.vectors if mark.row == chosen]
    if cursor:
        at = tile.pixel_of(cursor[0].s, cursor[0].t)
        named.sort(key=lambda mark: _distance(tile.pixel_of(mark.s, mark.t), at))
    for mark in tile.picture.vectors:
        place = tile.pixel_of(mark.s, mark.t)
        is_chosen = mark.row == chosen
        size = _CHOSEN_DIAMOND if is_chosen else _DIAMOND
        painter.setPen(QPen(colour, 2.4 if is_chosen else 1.4))
        painter.setBrush(colour if mark.in_plane else Qt.BrushStyle.NoBrush)
        steps = (QPointF(size, 0), QPointF(0, size), QPointF(-size, 0), QPointF(0, -size))
        painter.drawPolygon(QPolygonF([place + step for step in steps]))
        if is_chosen and mark is named[0]:
            x, width = size + 3, painter.fontMetrics().horizontalAdvance(name)
            if place.x() + x + width > tile.place.right():
                x = -x - width  # on the other side, where the drawing has room
            painter.drawText(place + QPointF(x, 4), name)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def vector_at(tile: Tile, pixel: QPointF) -> int | None:
    """Row of the vector whose mark is nearest to a pixel; None where there is none close by."""
    best, row = _REACH, None
    for mark in tile.picture.vectors:
        away = _distance(tile.pixel_of(mark.s, mark.t), pixel)
        if away < best:
            best, row = away, mark.row
    return row


def paint_cursor(painter: QPainter, tile: Tile, marks: Sequence[Mark]) -> None:
    """A cross; one that the section does not go through has a gap in its middle."""
    painter.setPen(QPen(QColor(theme.current().cursor), 2.0))
    for mark in marks:
        place = tile.pixel_of(mark.s, mark.t)
        gap = 0.0 if mark.in_plane else 5.0
        for step in (QPointF(1, 0), QPointF(0, 1), QPointF(-1, 0), QPointF(0, -1)):
            painter.drawLine(place + step * gap, place + step * 11.0)


def _distance(a: QPointF, b: QPointF) -> float:
    return float(np.hypot(b.x() - a.x(), b.y() - a.y()))
