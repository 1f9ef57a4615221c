"""Shows sections, one or a montage: their places, mouse and keys."""

from math import ceil, sqrt
from time import monotonic

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from patterson_gui.crystal.sections.marks import Mark
from patterson_gui.gui.sections.picture import Pictures
from patterson_gui.gui.sections.tile import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Tile,
    paint_axes,
    paint_cursor,
    paint_marks,
    paint_section,
    paint_vectors,
    tile_in,
    vector_at,
)
from patterson_gui.gui.widgets import theme

LABEL = 18  # height of the label above a section of a montage
_WHEEL = 120  # eighths of a degree of one notch
_CLICK = 4  # pixels a mouse may move in a click
_HIGHEST_ZOOM = 20.0
_STEP_SECONDS = 0.02  # of painting a montage, between two events
PAGE = 5  # sections of Page Up and Page Down
_STEPS = {
    Qt.Key.Key_Up: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_Left: -1,
    Qt.Key.Key_PageUp: PAGE, Qt.Key.Key_PageDown: -PAGE,
}  # fmt: skip


class SectionView(QWidget):
    """Shows one section large, or all of a montage.

    Signals
    -------
    stepped(int) : wheel and keys go on by some sections.
    home_wanted : the Home key.
    pointed(object) : (u, v, w, value) under the mouse; None outside.
    clicked(object) : (u, v, w) of a click in a section.
    vector_clicked(int) : the row of the interatomic vector whose mark was clicked.
    chosen(object) : the plane of a section of a montage that was clicked.
    """

    stepped = pyqtSignal(int)
    home_wanted = pyqtSignal()
    pointed = pyqtSignal(object)
    clicked = pyqtSignal(object)
    vector_clicked = pyqtSignal(int)
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
        self._chosen_vector: int | None = None
        self._vector_name = ""
        self._tiles: list[Tile] = []
        self._drawn: QImage | None = None  # all but the cursor; None: to be drawn anew
        self._tiles_drawn = 0
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

    def set_chosen_vector(self, row: int | None, name: str = "") -> None:
        """Which of the marked vectors stands out, and its name."""
        self._chosen_vector, self._vector_name = row, name
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
        return self._tiles[0].pixel_of(s, t)

    # ------------------------------------------------------------------ places
    def resizeEvent(self, event: object) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        self._tiles, self._drawn = [], None
        pictures = self.pictures
        if pictures is not None and pictures.pictures:
            if pictures.request.is_montage:
                self._lay_out_montage(pictures)
            else:
                whole = QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)
                self._tiles = [tile_in(pictures.pictures[0], whole, self._zoom, self._pan)]
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
            self._tiles.append(tile_in(picture, inside, 1.0, QPointF()))

    def _tile_at(self, pixel: QPointF) -> tuple[Tile, float, float] | None:
        """The section under a pixel, and s, t there."""
        for tile in self._tiles:
            place = tile.place_at(pixel)
            if place is not None:
                return tile, *place
        return None

    # ------------------------------------------------------------------ painting
    def paintEvent(self, event: QPaintEvent | None) -> None:
        look = theme.current()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self._tiles:
                painter.fillRect(self.rect(), QColor(look.view))
                painter.setPen(QColor(look.dim))
                wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(24, 8, -24, -8), wrap, self._empty)
                return
            painter.drawImage(QPointF(), self._drawing())
            if not self._is_montage:
                tile = self._tiles[0]
                if self._zoom > 1.0:
                    painter.setClipRect(tile.place)
                painter.setFont(self.font())
                paint_vectors(
                    painter, tile, self._chosen_vector, self._vector_name, self._cursor_marks
                )
                paint_cursor(painter, tile, self._cursor_marks)
        if self._tiles_drawn < len(self._tiles):
            QTimer.singleShot(0, self.update)

    @property
    def _is_montage(self) -> bool:
        return self.pictures is not None and self.pictures.request.is_montage

    def _drawing(self) -> QImage:
        """Everything but the cursor, kept: lines take long to paint. Many sections are painted in
        several steps."""
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.devicePixelRatioF() != ratio:
            self._drawn = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(QColor(theme.current().view))
            self._tiles_drawn = 0
        if self._tiles_drawn == len(self._tiles):
            return self._drawn
        start = monotonic()
        with QPainter(self._drawn) as painter:
            painter.setFont(self.font())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._is_montage:
                if self._tiles_drawn == 0:
                    self._paint_labels(painter)
                while self._tiles_drawn < len(self._tiles):
                    paint_section(painter, self._tiles[self._tiles_drawn])
                    self._tiles_drawn += 1
                    if monotonic() - start > _STEP_SECONDS:
                        break
                return self._drawn
            tile = self._tiles[0]
            paint_axes(painter, tile, self.size())
            if self._zoom > 1.0:  # what is enlarged stays within the axes
                painter.setClipRect(tile.place)
            paint_section(painter, tile)
            paint_marks(painter, tile)
            self._tiles_drawn = 1
        return self._drawn

    def _paint_labels(self, painter: QPainter) -> None:
        painter.setPen(QColor(theme.current().text))
        for tile in self._tiles:
            above = QRectF(
                tile.place.left() - 4, tile.place.top() - LABEL, tile.place.width() + 8, LABEL
            )
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, tile.picture.section.plane.label)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() in (
            QEvent.Type.PaletteChange,
            QEvent.Type.FontChange,
        ):
            self._drawn = None
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
            row = vector_at(tile, event.position())
            if row is not None:
                self.vector_clicked.emit(row)
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
