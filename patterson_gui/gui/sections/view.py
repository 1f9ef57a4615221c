"""Draws sections: contour lines in the geometry of the cell, peaks, cursor, axes."""

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTransform,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from patterson_gui.crystal.colours import DIFFERENCE_COLOURS, MAP_COLOURS
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.sections.marks import Mark
from patterson_gui.gui.sections.picture import Pictures, SectionPicture
from patterson_gui.gui.widgets import theme
from patterson_gui.io.sections.drawing import tick_text, ticks

LEFT, TOP, RIGHT, BOTTOM = 52, 12, 20, 50  # pixels around a section: numbers and names of axes
LABEL = 18  # height of the label above a section of a montage
_PER_PIXEL = 0.26  # mm: numbers at the axes have room on paper and here
_WHEEL = 120  # eighths of a degree of one notch
_CLICK = 4  # pixels a mouse may move in a click
_DOT = 3.0  # radius of a peak's mark, pixels
_MOST_LABELS = 20
_HIGHEST_ZOOM = 20.0
PAGE = 5  # sections of Page Up and Page Down
_STEPS = {
    Qt.Key.Key_Up: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_Left: -1,
    Qt.Key.Key_PageUp: PAGE, Qt.Key.Key_PageDown: -PAGE,
}  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """A section and where it is drawn."""

    picture: SectionPicture
    place: QRectF
    to_pixels: QTransform


class SectionView(QWidget):
    """Shows one section large, or all of a montage.

    Signals
    -------
    stepped(int) : wheel and keys go on by some sections.
    home_wanted : the Home key.
    pointed(object) : (u, v, w, value) under the mouse; None outside.
    clicked(object) : (u, v, w) of a click in a section.
    chosen(object) : the plane of a section of a montage that was clicked.
    """

    stepped = pyqtSignal(int)
    home_wanted = pyqtSignal()
    pointed = pyqtSignal(object)
    clicked = pyqtSignal(object)
    chosen = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Section of the map")
        self.pictures: Pictures | None = None
        self._empty = ""
        self._cursor_marks: list[Mark] = []
        self._tiles: list[Tile] = []
        self._zoom, self._pan = 1.0, QPointF()
        self._turned = 0
        self._pressed: QPointF | None = None
        self._dragged = False

    def sizeHint(self) -> QSize:
        return QSize(420, 380)

    # ------------------------------------------------------------------ what is shown
    def set_pictures(self, pictures: Pictures | None, empty: str = "") -> None:
        """Show sections; None: a sentence that says what would be here."""
        earlier, self.pictures, self._empty = self.pictures, pictures, empty
        if pictures is None or earlier is None or _frame(pictures) != _frame(earlier):
            self._zoom, self._pan = 1.0, QPointF()
        self._lay_out()

    def set_cursor_marks(self, marks: list[Mark]) -> None:
        """Where the 3D cursor is in or near the section."""
        self._cursor_marks = marks
        self.update()

    def reset_zoom(self) -> None:
        """Show the whole section."""
        self._zoom, self._pan = 1.0, QPointF()
        self._lay_out()

    @property
    def tiles(self) -> list[Tile]:
        """The sections in their places."""
        return self._tiles

    def pixel_of(self, s: float, t: float) -> QPointF:
        """Where a point of the single section is drawn."""
        ((x, y),) = self._tiles[0].picture.section.on_paper(np.array([[s, t]])).tolist()
        return self._tiles[0].to_pixels.map(QPointF(x, y))

    # ------------------------------------------------------------------ places
    def resizeEvent(self, event: object) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        self._tiles = []
        pictures = self.pictures
        if pictures is not None and pictures.pictures:
            if pictures.request.is_montage:
                self._lay_out_montage(pictures)
            else:
                whole = QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)
                self._tiles = [_tile(pictures.pictures[0], whole, self._zoom, self._pan)]
        self.update()

    def _lay_out_montage(self, pictures: Pictures) -> None:
        n = len(pictures.pictures)
        box = pictures.pictures[0].outline.boundingRect()
        shape = box.width() / max(box.height(), 1e-9)
        width, height = max(self.width(), 1), max(self.height(), 1)
        # As many columns as make the sections largest.
        columns = min(max(1, ceil(sqrt(n * width / height / shape))), n)
        rows = ceil(n / columns)
        w, h = width / columns, height / rows
        for i, picture in enumerate(pictures.pictures):
            place = QRectF(i % columns * w, i // columns * h, w, h)
            inside = place.adjusted(6, LABEL, -6, -4)
            self._tiles.append(_tile(picture, inside, 1.0, QPointF()))

    def _tile_at(self, pixel: QPointF) -> tuple[Tile, float, float] | None:
        """The section under a pixel, and s, t there."""
        for tile in self._tiles:
            inverse, possible = tile.to_pixels.inverted()
            if not possible:
                continue
            place = inverse.map(pixel)
            section = tile.picture.section
            (s, t) = np.linalg.solve(section.axes.T, [place.x(), place.y()]).tolist()
            (left, right), (low, high) = section.bounds.right, section.bounds.up
            if left <= s <= right and low <= t <= high:
                return tile, s, t
        return None

    # ------------------------------------------------------------------ painting
    def paintEvent(self, event: QPaintEvent | None) -> None:
        look = theme.current()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(look.view))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self._tiles:
                painter.setPen(QColor(look.dim))
                wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(24, 8, -24, -8), wrap, self._empty)
                return
            if self.pictures is not None and self.pictures.request.is_montage:
                for tile in self._tiles:
                    _paint_section(painter, tile)
                self._paint_labels(painter)
                return
            tile = self._tiles[0]
            self._paint_axes(painter, tile)
            if self._zoom > 1.0:  # what is enlarged stays within the axes
                painter.setClipRect(tile.place)
            _paint_section(painter, tile)
            self._paint_marks(painter, tile)
            self._paint_cursor(painter)

    def _paint_labels(self, painter: QPainter) -> None:
        painter.setPen(QColor(theme.current().text))
        for tile in self._tiles:
            above = QRectF(
                tile.place.left() - 4, tile.place.top() - LABEL, tile.place.width() + 8, LABEL
            )
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, tile.picture.section.plane.label)

    def _paint_axes(self, painter: QPainter, tile: Tile) -> None:
        look = theme.current()
        section = tile.picture.section
        (left, right), (low, high) = section.bounds.right, section.bounds.up
        a, b, d = self.pixel_of(left, low), self.pixel_of(right, low), self.pixel_of(left, high)
        painter.setPen(QPen(QColor(look.dim), 1.0))
        metrics = painter.fontMetrics()
        lowest, leftmost = self.height() - float(BOTTOM), float(LEFT)
        for s in ticks(left, right, _distance(a, b) * _PER_PIXEL):
            place = self.pixel_of(s, low)
            if place.y() > lowest:  # the edge is out of sight: where the line of this s leaves it
                upper = self.pixel_of(s, high)
                share = (place.y() - lowest) / (place.y() - upper.y())
                place = place + (upper - place) * share
            if not leftmost - 1 <= place.x() <= self.width():
                continue
            painter.drawLine(place, place + QPointF(0, 4))
            text = tick_text(s)
            x = place.x() - metrics.horizontalAdvance(text) / 2
            painter.drawText(QPointF(x, place.y() + 6 + metrics.ascent()), text)
        for t in ticks(low, high, _distance(a, d) * _PER_PIXEL):
            place = self.pixel_of(left, t)
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
        x = min(max((a.x() + b.x()) / 2, leftmost), self.width() - 60.0)
        y = min(min(a.y(), lowest) + 10 + 2 * metrics.height(), self.height() - 4.0)
        painter.drawText(QPointF(x, y), along)
        x = max((a.x() + d.x()) / 2 - 40 - painter.fontMetrics().horizontalAdvance(up), 3.0)
        y = min(max((a.y() + d.y()) / 2, 0.0), lowest) + 16
        painter.drawText(QPointF(x, y), up)
        font.setItalic(False)
        font.setBold(False)
        painter.setFont(font)

    def _paint_marks(self, painter: QPainter, tile: Tile) -> None:
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
            place = self.pixel_of(mark.s, mark.t)
            painter.setPen(QPen(colour, 1.4))
            painter.setBrush(colour if mark.in_plane else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place, _DOT, _DOT)
            if few or (mark.number not in labelled and len(labelled) < _MOST_LABELS):
                labelled.add(mark.number)
                painter.drawText(place + QPointF(5, -3), str(mark.number))
        painter.setFont(font)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_cursor(self, painter: QPainter) -> None:
        """A cross; one that the section does not go through has a gap in its middle."""
        painter.setPen(QPen(QColor(theme.current().cursor), 2.0))
        for mark in self._cursor_marks:
            place = self.pixel_of(mark.s, mark.t)
            gap = 0.0 if mark.in_plane else 5.0
            for step in (QPointF(1, 0), QPointF(0, 1), QPointF(-1, 0), QPointF(0, -1)):
                painter.drawLine(place + step * gap, place + step * 11.0)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.update()

    # ------------------------------------------------------------------ mouse and keys
    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        event.accept()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_at(event.position(), 1.2 ** (event.angleDelta().y() / _WHEEL))
            return
        self._turned += event.angleDelta().y()
        steps = int(self._turned / _WHEEL)
        if steps:
            self._turned -= steps * _WHEEL
            self.stepped.emit(steps)

    def _zoom_at(self, pixel: QPointF, factor: float) -> None:
        """Enlarge, so that what is under the pixel stays there."""
        zoom = min(max(self._zoom * factor, 1.0), _HIGHEST_ZOOM)
        middle = QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM).center()
        kept = (pixel - middle - self._pan) / self._zoom
        self._pan = QPointF() if zoom == 1.0 else pixel - middle - kept * zoom
        self._zoom = zoom
        self._lay_out()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        place = event.position()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = place - self._pressed
            if self._dragged or moved.manhattanLength() > _CLICK:
                self._dragged = True
                if self._zoom > 1.0:
                    self._pan += moved
                    self._pressed = place
                    self._lay_out()
        found = self._tile_at(place)
        if found is None:
            self.pointed.emit(None)
            return
        tile, s, t = found
        u, v, w = tile.picture.section.plane.frac(s, t).tolist()
        self.pointed.emit((u, v, w, tile.picture.section.cubic_at(s, t)))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is None or self._pressed is None:
            return
        self._pressed = None
        found = None if self._dragged else self._tile_at(event.position())
        if found is None or self.pictures is None:
            return
        tile, s, t = found
        if self.pictures.request.is_montage:
            self.chosen.emit(tile.picture.section.plane)
        else:
            u, v, w = tile.picture.section.plane.frac(s, t).tolist()
            self.clicked.emit((u, v, w))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.reset_zoom()

    def leaveEvent(self, event: QEvent | None) -> None:
        self.pointed.emit(None)

    def event(self, event: QEvent | None) -> bool:
        """Keys for the drawing are not taken by shortcuts of the window, such as Home."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and (event.key() in _STEPS or event.key() == Qt.Key.Key_Home)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _STEPS:
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Home:
            self.reset_zoom()
            self.home_wanted.emit()
        else:
            super().keyPressEvent(event)


def _frame(pictures: Pictures) -> object:
    """What a zoom belongs to: another kind of map, direction or range begins with the whole
    section."""
    request = pictures.request
    plane, density = request.planes[0], request.sampler.density
    return (
        density.kind, density.cell.parameters, request.bounds, plane.right, plane.up,
        request.is_montage,
    )  # fmt: skip


def _tile(picture: SectionPicture, place: QRectF, zoom: float, pan: QPointF) -> Tile:
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


def _paint_section(painter: QPainter, tile: Tile) -> None:
    """Lines in pens of constant width, whatever the scale."""
    look, picture = theme.current(), tile.picture
    kind = picture.section.density.kind
    colour = QColor(theme.legible(MAP_COLOURS[kind]))
    below = QColor(theme.legible(DIFFERENCE_COLOURS[1])) if kind is MapKind.DIFFERENCE else colour
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


def _distance(a: QPointF, b: QPointF) -> float:
    return float(np.hypot(b.x() - a.x(), b.y() - a.y()))
