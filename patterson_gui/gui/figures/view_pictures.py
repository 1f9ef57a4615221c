"""Draw the views into a picture of any size, side by side, in the colours of paper or screen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from patterson_gui.app.figures.capture import map_part
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.errors import UserError
from patterson_gui.gui.figures.paper import look_of
from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.rendering.render_thread import RenderThread
from patterson_gui.gui.rendering.scene import FrameRequest, Scene
from patterson_gui.gui.rendering.tiles import render_tiled
from patterson_gui.gui.viewer3d import overlay
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.gui.viewer3d.map_view import MapView
from patterson_gui.gui.widgets import theme
from patterson_gui.io.figures.settings import MapPart, PicturePart
from patterson_gui.io.sessions.session import CameraPart

GAP = 12.0  # points between two views
TITLE_HEIGHT = 30.0  # points above a view
_SIDE = 12.0  # points beside a title
_MARGIN = (34.0, 60.0)  # points beside and above what is drawn: room for names, triad and scale
_LEAST_REGION = 200.0  # points; smaller parts of a view are not enlarged
_STRIP = 256  # rows; other threads wait while Qt works on a picture
_MOST_LOOKED_AT = 3_000  # points of each part
Step = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class ViewSnapshot:
    """One view at one moment, as it is drawn into a figure; safe to hand to another thread.

    Attributes
    ----------
    name : of the view: the kind of map it is for.
    colour : of the map, '#rrggbb'.
    on_screen : width and height of the view, points.
    size : of the part of the view that has something in it, points.
    density : the map; None where a view shows a model alone.
    """

    name: str
    title: str
    level: str
    level_rmsd: float
    style: str
    colour: str
    scene: Scene
    camera: CameraState
    marks: overlay.Marks
    on_screen: tuple[int, int]
    size: tuple[float, float]
    density: DensityMap | None
    font: QFont

    def part(self, camera: CameraState) -> MapPart:
        """How the view shows its map, for the settings; `camera` is that of the figure."""
        seen = CameraPart(rotation=camera.rotation, target=camera.target, span=camera.span)
        if self.density is None:
            return MapPart(title=self.title, kind=self.name, camera=seen)
        rmsd = self.density.rmsd
        return map_part(self.density, self.title).model_copy(
            update={
                "level": self.level_rmsd * rmsd, "level_rmsd": self.level_rmsd,
                "style": self.style, "colour": self.colour, "camera": seen,
            }
        )  # fmt: skip


def shown_views(views: LinkedViews) -> dict[str, MapView]:
    """The views that show something now, by the kind of map they are for, from left to right."""
    return {
        kind.value: view
        for kind, view in views.by_kind.items()
        if view.isVisibleTo(views) and view.shows_map
    }


def snapshots(
    views: LinkedViews,
    picture: PicturePart,
    points_per_angstrom: Mapping[str, float] = MappingProxyType({}),
) -> list[ViewSnapshot]:
    """The views of a picture as they are now, in the colours of its background.

    Parameters
    ----------
    points_per_angstrom : by which the planes of a wire are chosen, by view; those of the screen
        where it has none.

    Raises
    ------
    UserError : none of them shows anything.
    """
    look = look_of(picture.background)
    there = shown_views(views)
    chosen = {name: there[name] for name in picture.views if name in there} or there
    taken = []
    for name, view in chosen.items():
        density = points_per_angstrom.get(name) or view.viewport.points_per_angstrom
        scene = view.scene_in(look, density / picture.line_width)
        if scene is not None:
            taken.append(_snapshot(name, view, scene))
    if not taken:
        raise UserError("No view shows a map: open a file first, or switch a map on in Layers.")
    return taken


def _snapshot(name: str, view: MapView, scene: Scene) -> ViewSnapshot:
    viewport = view.viewport
    size = (viewport.width(), viewport.height())
    return ViewSnapshot(
        name, view.header.title.text(), view.contours.texts[0], view.level, *view.look,
        scene, view.camera.state, viewport.marks, size, seen_region(scene, view.camera.state, size),
        view.density, viewport.font(),
    )  # fmt: skip


def seen_region(scene: Scene, camera: CameraState, size: tuple[int, int]) -> tuple[float, float]:
    """Width and height of the part of a view of `size`, about its middle, that has something in it
    and a margin, points. It is the whole view where parts reach out of it."""
    width, height = reach_of(scene, camera, size)
    return min(width, size[0]), min(height, size[1])


def reach_of(scene: Scene, camera: CameraState, size: tuple[int, int]) -> tuple[float, float]:
    """Width and height of all that is in a scene, also outside a view of `size`, about the middle
    of the view and with a margin, points."""
    points = [part.geometry.points for part in scene.parts if len(part.geometry.points)]
    if not points:
        return size
    every = np.concatenate([p[:: len(p) // _MOST_LOOKED_AT + 1] for p in points])
    spots = camera.project(every.astype(np.float64), size)
    spots = spots[spots[:, 2] > 0, :2]
    away = np.abs(spots - np.array(size) / 2).max(axis=0, initial=0.0) + np.array(_MARGIN)
    width, height = np.maximum(2 * away, _LEAST_REGION)
    return float(width), float(height)


@dataclass(frozen=True, eq=False)
class Panel:
    """One view placed in a picture.

    Attributes
    ----------
    left, top, size : of the view without its title, pixels.
    camera : shows all that is in the view on the screen, without empty margins.
    """

    view: ViewSnapshot
    left: int
    top: int
    size: tuple[int, int]
    camera: CameraState


def proportions(views: Sequence[ViewSnapshot], *, titles: bool) -> float:
    """Height by width of a picture that the views fill."""
    width = sum(view.size[0] for view in views) + GAP * (len(views) - 1)
    return (max(view.size[1] for view in views) + TITLE_HEIGHT * titles) / width


def fit_panels(
    views: Sequence[ViewSnapshot], picture: PicturePart
) -> tuple[list[Panel], PicturePart]:
    """Place views side by side; the cameras and the scale are chosen so that each view shows all
    that it shows on the screen. Returns the picture with this scale, too."""
    n, scale = len(views), 1.0
    for _ in range(3):  # titles and gaps are as large as the scale, which depends on them
        room = panel_size(picture, n, scale)
        scale = min(min(room[0] / v.size[0], room[1] / v.size[1]) for v in views)
    picture = picture.model_copy(update={"scale": scale})
    size = panel_size(picture, n, scale)
    cameras = [
        replace(v.camera, span=v.camera.span * min(size) / (scale * min(v.on_screen)))
        for v in views
    ]
    return place_panels(views, cameras, picture), picture


def panel_size(picture: PicturePart, n: int, scale: float) -> tuple[int, int]:
    """Width and height of each of `n` views in a picture, pixels."""
    width = (picture.width - (n - 1) * round(GAP * scale)) // n
    height = picture.height - (round(TITLE_HEIGHT * scale) if picture.titles else 0)
    return max(width, 1), max(height, 1)


def place_panels(
    views: Sequence[ViewSnapshot], cameras: Sequence[CameraState], picture: PicturePart
) -> list[Panel]:
    """Place views side by side, with these cameras and the scale of the picture."""
    size = panel_size(picture, len(views), picture.scale)
    step = size[0] + round(GAP * picture.scale)
    top = picture.height - size[1]
    return [
        Panel(view, i * step, top, size, camera)
        for i, (view, camera) in enumerate(zip(views, cameras, strict=True))
    ]


def draw_picture(
    thread: RenderThread,
    panels: Sequence[Panel],
    picture: PicturePart,
    look: theme.Theme,
    step: Step = lambda done, total: None,
) -> QImage:
    """Draw the picture; slow, and possible in any thread but the render thread.

    Parameters
    ----------
    step : called with the number of finished tiles and of all; it may raise to stop.

    Raises
    ------
    UserError : there is no OpenGL.
    """
    kinds = QImage.Format
    kind = kinds.Format_ARGB32_Premultiplied if picture.transparent else kinds.Format_RGB32
    image = QImage(picture.width, picture.height, kind)
    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        colour = QColor(look.view) if not picture.transparent else QColor(0, 0, 0, 0)
        for top in range(0, picture.height, _STRIP):
            painter.fillRect(0, top, picture.width, _STRIP, colour)
    for number, panel in enumerate(panels):
        frame = FrameRequest(
            panel.view.scene,
            panel.camera,
            panel.size,
            picture.scale * picture.line_width,
            clear=picture.transparent,
        )

        def tell(done: int, total: int, number: int = number) -> None:
            step(number * total + done, len(panels) * total)

        drawn = render_tiled(thread, frame, step=tell, onto=image, corner=(panel.left, panel.top))
        if drawn is None:
            raise UserError(thread.failure or "The picture could not be drawn: try again.")
        with QPainter(image) as painter:
            _paint_over(painter, panel, picture, look)
    return image


def _paint_over(painter: QPainter, panel: Panel, picture: PicturePart, look: theme.Theme) -> None:
    """Paint the marks over one view, and its title above."""
    view, scale = panel.view, picture.scale
    painter.setFont(view.font)
    painter.translate(panel.left, panel.top)
    painter.scale(scale, scale)
    size = (panel.size[0] / scale, panel.size[1] / scale)
    painter.save()
    painter.setClipRect(QRectF(0, 0, *size))
    marks = view.marks
    if not picture.marks:
        marks = replace(marks, peaks=None, vectors=None, ends=None, sites=None, cursor=None)
    slab = view.scene.slab
    overlay.paint(painter, marks, panel.camera, size, look, with_axes=picture.axes, slab=slab)
    painter.restore()
    if picture.titles:
        _paint_title(painter, view, size[0], look)


def _paint_title(painter: QPainter, view: ViewSnapshot, width: float, look: theme.Theme) -> None:
    """Dot and title at the left, the level beside it where there is room."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = -TITLE_HEIGHT / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(view.colour))
    painter.drawEllipse(QPointF(_SIDE + 4, middle), 4, 4)
    bold = QFont(view.font)
    bold.setBold(True)
    x = _SIDE + 14.0
    for font, text, colour in ((bold, view.title, look.text), (view.font, view.level, look.dim)):
        metrics = QFontMetricsF(font)
        if x + metrics.horizontalAdvance(text) > width - _SIDE / 2:
            break
        painter.setFont(font)
        painter.setPen(QColor(colour))
        box = QRectF(x, -TITLE_HEIGHT, width - x, TITLE_HEIGHT)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, flags, text)
        x += metrics.horizontalAdvance(text) + 10.0


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """(h, w, 3) red, green, blue, or (h, w, 4) with alpha where the image has it."""
    channels = 4 if image.hasAlphaChannel() else 3
    kinds = QImage.Format
    kind = kinds.Format_RGBA8888 if channels == 4 else kinds.Format_RGB888
    pixels = np.empty((image.height(), image.width(), channels), np.uint8)
    for top in range(0, image.height(), _STRIP):
        strip = image.copy(0, top, image.width(), min(_STRIP, image.height() - top))
        strip = strip.convertToFormat(kind)
        bits = strip.constBits()
        assert bits is not None
        bits.setsize(strip.sizeInBytes())
        rows = np.frombuffer(cast(Any, bits), np.uint8).reshape(strip.height(), -1)
        flat = rows[:, : channels * image.width()]
        pixels[top : top + strip.height()] = flat.reshape(strip.height(), -1, channels)
    return pixels
