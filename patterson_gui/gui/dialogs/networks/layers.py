"""The diagram of a network: its layers as boxes, in the boxes of the parts that hold them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from patterson_gui.gui.widgets import theme
from patterson_gui.io.training.network_parts import NetworkPart, PartKind

_LAYER, _HEAD = 30.0, 28.0  # heights of a layer and of the head of a group, pixels
_GAP, _INSIDE = 4.0, 10.0  # between boxes; around what lies in a group
_STRIPE = 4.0  # the coloured edge of a layer
_NAME = 96.0  # width of the column of names
_LEAST_WIDTH = 420
KIND_WORDS = {
    PartKind.CONVOLUTION: "convolution",
    PartKind.LINEAR: "linear",
    PartKind.NORMALISATION: "normalisation",
    PartKind.OTHER: "other",
}


def colour_of(kind: PartKind) -> QColor:
    """The colour of layers of a kind in the current theme."""
    look = theme.current()
    colours = {
        PartKind.CONVOLUTION: look.accent,
        PartKind.LINEAR: look.good,
        PartKind.NORMALISATION: look.outline,
    }
    return QColor(colours.get(kind, look.warning))


@dataclass(frozen=True)
class Box:
    """A part in its place; `depth` : how many groups it lies in."""

    part: NetworkPart
    place: QRectF
    depth: int


class LayersDiagram(QWidget):
    """Layers from top to bottom. A bar below each shows its share of all weights."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: tuple[NetworkPart, ...] = ()
        self.setAccessibleName("Layers of the network")
        self.setMinimumWidth(_LEAST_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_parts(self, parts: Sequence[NetworkPart]) -> None:
        """Show these."""
        self.parts = tuple(parts)
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleDescription("; ".join(_sentences(self.parts)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        boxes = self.boxes()
        return QSize(_LEAST_WIDTH, int(boxes[-1].place.bottom() + _INSIDE) if boxes else 0)

    def boxes(self) -> list[Box]:
        """All boxes in their places, groups before what they hold; the last is the lowest."""
        boxes, end = self._stack(self.parts, 0.0, 0.0, float(self.width()), 0)
        lowest = Box(NetworkPart("", PartKind.GROUP, "", 0), QRectF(0, 0, 0, end), 0)
        return [*boxes, lowest] if boxes else []

    def _stack(
        self, parts: Sequence[NetworkPart], left: float, top: float, width: float, depth: int
    ) -> tuple[list[Box], float]:
        """The boxes of parts that lie below each other, and where they end."""
        boxes: list[Box] = []
        for part in parts:
            if not part.parts:
                boxes.append(Box(part, QRectF(left, top, width, _LAYER), depth))
                top += _LAYER + _GAP
                continue
            inside, end = self._stack(
                part.parts, left + _INSIDE, top + _HEAD, width - 2 * _INSIDE, depth + 1
            )
            end += _INSIDE - _GAP
            boxes += [Box(part, QRectF(left, top, width, end - top), depth), *inside]
            top = end + _GAP
        return boxes, top

    # ------------------------------------------------------------------ painting
    def paintEvent(self, event: QPaintEvent | None) -> None:
        total = max(sum(part.weights for part in self.parts), 1)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for box in self.boxes()[:-1]:
                if box.part.parts:
                    self._paint_group(painter, box)
                else:
                    self._paint_layer(painter, box, total)

    def _paint_group(self, painter: QPainter, box: Box) -> None:
        look = theme.current()
        painter.setPen(QPen(QColor(look.border), 1.0))
        painter.setBrush(QColor(look.panel if box.depth % 2 == 0 else look.window))
        painter.drawRoundedRect(box.place.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        head = QRectF(box.place.left() + _INSIDE, box.place.top(), 0, _HEAD)
        head.setRight(box.place.right() - _INSIDE)
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(QColor(look.text))
        times = f"{box.part.repeats} × " if box.part.repeats > 1 else ""
        name = "" if times and box.part.name.isdigit() else box.part.name
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, f"{times}{name}" or "part")
        painter.setFont(self.font())
        painter.setPen(QColor(look.dim))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(head, side, _weights(box.part))

    def _paint_layer(self, painter: QPainter, box: Box, total: int) -> None:
        look, place, part = theme.current(), box.place, box.part
        colour = colour_of(part.kind)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.field))
        painter.drawRoundedRect(place, 4, 4)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(place.topLeft(), place.bottomLeft()).adjusted(
            0, 0, _STRIPE, 0), 2, 2)  # fmt: skip
        inside = place.adjusted(_STRIPE + 8, 0, -8, 0)
        share = max(inside.width() * part.weights / total, 1.0)
        faint = QColor(colour)
        faint.setAlphaF(0.55)
        painter.fillRect(QRectF(inside.left(), place.bottom() - 3, share, 2), faint)
        metrics = QFontMetricsF(self.font())
        weights = _weights(part)
        room = inside.adjusted(_NAME, 0, -metrics.horizontalAdvance(weights) - 12, 0)
        name = f"{part.repeats} ×" if part.repeats > 1 else part.name
        painter.setPen(QColor(look.dim))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inside, middle, _cut(metrics, name, _NAME - 8))
        painter.drawText(inside, middle | Qt.AlignmentFlag.AlignRight, weights)
        painter.setPen(QColor(look.text))
        painter.drawText(room, middle, _cut(metrics, part.words, room.width()))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.update()


def _weights(part: NetworkPart) -> str:
    return f"{part.weights:,}"


def _cut(metrics: QFontMetricsF, text: str, width: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def _sentences(parts: Sequence[NetworkPart]) -> Iterator[str]:
    for part in parts:
        times = f"{part.repeats} times " if part.repeats > 1 else ""
        yield f"{times}{part.name}: {part.words or f'{len(part.parts)} parts'}"
        yield from _sentences(part.parts)
