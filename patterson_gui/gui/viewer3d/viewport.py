"""The picture of a 3D view: shows what the render thread draws, and moves the camera."""

from PyQt6.QtCore import QPointF, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.rendering.render_thread import render_thread
from patterson_gui.gui.rendering.scene import FrameRequest, Scene
from patterson_gui.gui.viewer3d import overlay
from patterson_gui.gui.widgets import theme

RADIANS_PER_POINT = 0.0085
ZOOM_PER_STEP = 1.12
ZOOM_PER_POINT = 1.006
CLICK_POINTS = 4  # a press that moves less than this is a click
SLOW_SECONDS = 0.020  # slower pictures are rendered without anti-aliasing while moving
REST_MS = 140  # without motion, after which a fine picture is rendered


class Viewport(QWidget):
    """A 3D picture that reacts to mouse and keys.

    Dragging rotates; with Shift or the middle button it shifts; the right button or Ctrl with
    the wheel zooms; the wheel alone is emitted as `wheel_turned`.
    """

    camera_changed = pyqtSignal(object)
    zoomed = pyqtSignal()
    resized = pyqtSignal()
    wheel_turned = pyqtSignal(float)  # steps, up is positive
    level_key = pyqtSignal(float)
    clicked = pyqtSignal(float, float)
    failed = pyqtSignal(str)
    pictured = pyqtSignal()  # a picture is shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.scene = Scene()
        self.marks = overlay.Marks()
        self.camera = CameraState()
        self.seconds = 0.0  # that the last fine picture took
        self.pictures = 0
        self._image: QImage | None = None
        self._frame: FrameRequest | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragged = False
        self._turned = 0.0  # of the wheel, in steps not yet emitted
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(lambda: self.refresh(fine=True))
        self._render_thread = render_thread()
        self._render_thread.failed.connect(self.failed)

    @property
    def failure(self) -> str | None:
        """Why there are no pictures, a sentence, or None."""
        return self._render_thread.failure

    @property
    def points_per_angstrom(self) -> float:
        """At the depth of the camera's target."""
        return min(self.width(), self.height()) / self.camera.span

    # ------------------------------------------------------------------ the picture
    def set_scene(self, scene: Scene, *, is_draft: bool = False) -> None:
        """Draw another scene. The picture of a draft, which another scene follows, is not fine
        where fine pictures are slow."""
        self.scene = scene
        self.refresh(moving=is_draft)
        if is_draft:
            self._rest.stop()

    def set_marks(self, marks: overlay.Marks) -> None:
        self.marks = marks
        self.update()

    def set_camera(self, camera: CameraState) -> None:
        """Move the camera; emits nothing but `zoomed`."""
        if camera != self.camera:
            nearer = camera.span != self.camera.span
            self.camera = camera
            self.refresh(moving=True)
            if nearer:
                self.zoomed.emit()

    def refresh(self, *, moving: bool = False, fine: bool = False) -> None:
        """Request a new picture. While moving it is coarse, where fine pictures are slow."""
        if not self.isVisible() or self._render_thread.failure is not None:
            return
        coarse = moving and not fine and self.seconds > SLOW_SECONDS
        if coarse:
            self._rest.start()
        else:
            self._rest.stop()
        self._render_thread.request(id(self), self._frame_request(fine=not coarse), self._show)

    def picture(self) -> QImage | None:
        """A fine picture now, with its marks; the caller waits. None where OpenGL is missing."""
        frame = self._frame_request(fine=True)
        image = self._render_thread.render_now(frame)
        if image is None:
            return None
        size = (self.width(), self.height())
        with QPainter(image) as painter:
            painter.setFont(self.font())
            look, slab = theme.current(), frame.scene.slab
            overlay.paint(painter, self.marks, frame.camera, size, look, slab=slab)
        return image

    @property
    def settled(self) -> bool:
        """Whether the picture shown is a fine one of the present scene and camera."""
        frame = self._frame
        if self._render_thread.failure is not None:
            return True
        return (
            frame is not None
            and frame.fine
            and frame.scene is self.scene
            and frame.camera == self.camera
        )

    def _frame_request(self, *, fine: bool) -> FrameRequest:
        # A quick picture has one pixel a point: on a fine screen it costs a quarter.
        ratio = self.devicePixelRatioF() if fine else min(self.devicePixelRatioF(), 1.0)
        size = (max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        return FrameRequest(self.scene, self.camera, size, ratio, fine)

    def _show(self, frame: FrameRequest, image: QImage, seconds: float) -> None:
        self._image, self._frame = image, frame
        self.pictures += 1
        if frame.fine:
            self.seconds = seconds
        self.update()
        self.pictured.emit()

    # ------------------------------------------------------------------ Qt's events
    def paintEvent(self, event: QPaintEvent | None) -> None:
        # Ended here and by name. Whatever keeps this call's variables, as a traceback or another
        # thread that looks at the stack, would let the painter live on and end it in the middle
        # of the next picture or in that thread, and Qt ends the program then.
        with QPainter(self) as painter:
            self._paint(painter, theme.current())

    def _paint(self, painter: QPainter, look: theme.Theme) -> None:
        if self._image is None or self._frame is None:
            painter.fillRect(self.rect(), QColor(look.view))
            return
        size = (self.width(), self.height())
        # While a view is resized, the last picture is stretched until the next one is there.
        painter.drawImage(QRectF(self.rect()), self._image)
        slab = self._frame.scene.slab
        overlay.paint(painter, self.marks, self._frame.camera, size, look, slab=slab)
        if self.hasFocus():
            painter.setPen(QColor(look.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self.refresh(moving=True)
        self.resized.emit()

    def showEvent(self, event: QShowEvent | None) -> None:
        self.refresh()

    def hideEvent(self, event: object) -> None:
        self._rest.stop()
        self._render_thread.withdraw(id(self))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        assert event is not None
        steps = event.angleDelta().y() / 120.0
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._move_to(self.camera.zoomed(ZOOM_PER_STEP**steps))
        else:
            # Touchpads send fractions of a step.
            self._turned += steps
            whole = int(self._turned)
            if whole:
                self._turned -= whole
                self.wheel_turned.emit(float(whole))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self._pressed = self._last = event.position()
        self._dragged = False
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if self._pressed is None:
            return
        far = (event.position() - self._pressed).manhattanLength() > CLICK_POINTS
        if not self._dragged and not far:
            return
        self._dragged = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        step = event.position() - self._last
        self._last = event.position()
        buttons, size = event.buttons(), (self.width(), self.height())
        shifting = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if buttons & Qt.MouseButton.MiddleButton or (
            buttons & Qt.MouseButton.LeftButton and shifting
        ):
            self._move_to(self.camera.moved(step.x(), step.y(), size))
        elif buttons & Qt.MouseButton.RightButton:
            self._move_to(self.camera.zoomed(ZOOM_PER_POINT ** -step.y()))
        elif buttons & Qt.MouseButton.LeftButton:
            self._move_to(
                self.camera.turned(RADIANS_PER_POINT * step.x(), RADIANS_PER_POINT * step.y())
            )

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        left = event.button() == Qt.MouseButton.LeftButton
        if self._pressed is not None and not self._dragged and left:
            self.clicked.emit(event.position().x(), event.position().y())
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """The second press of a double click is not a click of its own."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        step = 12 * RADIANS_PER_POINT
        turns = {
            Qt.Key.Key_Left: (-step, 0.0),
            Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Up: (0.0, -step),
            Qt.Key.Key_Down: (0.0, step),
        }
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.level_key.emit(1.0)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.level_key.emit(-1.0)
        elif event.key() in turns:
            self._move_to(self.camera.turned(*turns[Qt.Key(event.key())]))
        else:
            super().keyPressEvent(event)

    def _move_to(self, camera: CameraState) -> None:
        self.set_camera(camera)
        self.camera_changed.emit(camera)
