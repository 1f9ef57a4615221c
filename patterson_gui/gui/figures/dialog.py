"""The dialog of a picture or a turntable of the views, with a preview."""

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QRectF, QSignalBlocker, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from patterson_gui.errors import UserError
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.form_layout import form_layout
from patterson_gui.gui.widgets.labels import set_property, text_label
from patterson_gui.io.figures.pictures import LONGEST_EDGE, refuse_size
from patterson_gui.io.figures.settings import PicturePart, TurntablePart

PREVIEW = QSize(440, 360)
_MM = 25.4  # per inch
_SQUARE = 8  # points, of the chequered pattern behind what is transparent
_LATER_MS = 200
BACKGROUNDS = {
    "screen": "As on the screen",
    "white": "White",
    "black": "Black",
    "transparent": "Transparent",
}
AXES = {
    "screen-y": "Upright",
    "screen-x": "From left to right",
    "a": "a of the cell",
    "b": "b of the cell",
    "c": "c of the cell",
}


class PicturePreview(QWidget):
    """A small picture, on a chequered pattern where it is transparent."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(PREVIEW)
        self.image: QImage | None = None

    def show_image(self, image: QImage) -> None:
        self.image = image
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.current().field))
            if self.image is None:
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            box = QRectF(left, top, size.width(), size.height())
            if self.image.hasAlphaChannel():
                self._paint_squares(painter, box)
            painter.drawImage(box, self.image)
            painter.setPen(QColor(theme.current().border))
            painter.drawRect(box.adjusted(0, 0, -1, -1))

    def _paint_squares(self, painter: QPainter, box: QRectF) -> None:
        painter.save()
        painter.setClipRect(box)
        painter.fillRect(box, QColor("#ffffff"))
        for row in range(int(box.height() / _SQUARE) + 1):
            for column in range(row % 2, int(box.width() / _SQUARE) + 1, 2):
                x, y = box.left() + column * _SQUARE, box.top() + row * _SQUARE
                painter.fillRect(QRectF(x, y, _SQUARE, _SQUARE), QColor("#dddddd"))
        painter.restore()


class FigureDialog(QDialog):
    """Emits `chosen` with a `PicturePart`, a `TurntablePart` or None, and whether to keep maps."""

    chosen = pyqtSignal(object, object, bool)

    def __init__(
        self,
        views: Mapping[str, str],
        picture: PicturePart,
        preview: Callable[["FigureDialog", PicturePart], object],
        parent: QWidget | None = None,
        *,
        turntable: TurntablePart | None = None,
        note: str = "",
        keeps_maps: bool = False,
    ) -> None:
        """Fill the fields.

        Parameters
        ----------
        views : titles of the views that show something, by name.
        picture, turntable : what is proposed; `turntable` None: a picture.
        preview : draws a picture for this dialog and hands it to `show_preview`, later.
        note : a sentence below the fields, such as why there is no MP4.
        keeps_maps : whether something is shown that is in no file.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Save a turntable" if turntable else "Save a picture")
        self._preview = preview
        self._views = views
        self.preview = PicturePreview()
        self._make_fields(picture, is_picture=turntable is None)
        self._make_turn_fields(turntable)
        self.keep = QCheckBox("Keep the maps that are in no file")
        self.keep.setToolTip(
            "A folder beside the figure gets the prediction or fragment that it shows. Without it "
            "the figure cannot be made again from its settings."
        )
        self.keep.setChecked(keeps_maps)
        self.keep.setVisible(keeps_maps)
        self.words = text_label("", dim=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LATER_MS)
        self._timer.timeout.connect(lambda: self._preview(self, self.picture()))
        self._lay_out(turntable, note)
        self._connect()
        self._changed()

    # ------------------------------------------------------------------ making
    def _make_fields(self, picture: PicturePart, *, is_picture: bool) -> None:
        self.which = QComboBox()
        if len(self._views) > 1:
            self.which.addItem("All views, side by side", ())
        for name, title in self._views.items():
            self.which.addItem(title, (name,))
        found = self.which.findData(picture.views)
        self.which.setCurrentIndex(max(found, 0))
        self.unit = QComboBox()
        self.unit.addItems(["pixels", "mm"])
        self.unit.setAccessibleName("Unit of width and height")
        self.unit.setToolTip("Millimetres are those on paper, at this resolution")
        self.unit.setVisible(is_picture)
        self.width_box, self.height_box = QDoubleSpinBox(), QDoubleSpinBox()
        self.width_box.setAccessibleName("Width")
        self.height_box.setAccessibleName("Height")
        self.dpi = QSpinBox()
        self.dpi.setRange(10, 2400)
        self.dpi.setSuffix(" dpi")
        self.dpi.setValue(round(picture.dpi))
        self.dpi.setToolTip("Pixels per inch: journals ask for 300, and for 600 to 1200 for lines")
        self._pixels = (picture.width, picture.height)
        self._show_size()
        self.background = QComboBox()
        for value, words in BACKGROUNDS.items():
            if is_picture or value != "transparent":  # GIF and MP4 have no smooth transparency
                self.background.addItem(words, value)
        self.background.setCurrentIndex(max(self.background.findData(picture.background), 0))
        self.lines = QDoubleSpinBox()
        self.lines.setRange(0.1, 5.0)
        self.lines.setSingleStep(0.1)
        self.lines.setPrefix("× ")
        self.lines.setValue(picture.line_width)
        self.lines.setToolTip(
            "Width of lines relative to the screen, scaled up with the picture; finer lines show "
            "more detail in a large picture"
        )
        self.titles = QCheckBox("Titles and levels")
        self.axes = QCheckBox("Names of axes and scale bar")
        self.marks = QCheckBox("Peaks, vectors, sites and cursor")
        for box, on in (
            (self.titles, picture.titles), (self.axes, picture.axes), (self.marks, picture.marks),
        ):  # fmt: skip
            box.setChecked(on)

    def _make_turn_fields(self, turntable: TurntablePart | None) -> None:
        self._turns = turntable is not None
        part = turntable or TurntablePart()
        self.axis = QComboBox()
        for value, words in AXES.items():
            self.axis.addItem(words, value)
        self.axis.setCurrentIndex(self.axis.findData(part.axis))
        self.axis.setToolTip("The axis of rotation")
        self.frames = QSpinBox()
        self.frames.setRange(2, 2000)
        self.frames.setValue(part.frames)
        self.frames.setToolTip("Pictures in one turn; more look smoother and make a larger file")
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(0.1, 600.0)
        self.seconds.setDecimals(1)
        self.seconds.setSuffix(" s")
        self.seconds.setValue(part.seconds)
        self.seconds.setToolTip("Time of one turn")

    def _lay_out(self, turntable: TurntablePart | None, note: str) -> None:
        size = QWidget()
        row = QHBoxLayout(size)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.width_box, text_label("×"), self.height_box, self.unit):
            row.addWidget(widget)
        row.addStretch(1)
        form = form_layout()
        form.addRow("Views", self.which)
        form.addRow("Size", size)
        if turntable is None:
            form.addRow("Resolution", self.dpi)
        else:
            form.addRow("Axis", self.axis)
            form.addRow("Frames", self.frames)
            form.addRow("Time of a turn", self.seconds)
        form.addRow("Background", self.background)
        form.addRow("Line width", self.lines)
        for n, box in enumerate((self.titles, self.axes, self.marks)):
            form.addRow("Draw" if n == 0 else "", box)
        form.addRow("", self.keep)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save_button = QPushButton("Save…")
        self.save_button.setDefault(True)
        self.buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(self.words)
        if note:
            left.addWidget(text_label(note, dim=True))
        left.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(24)
        columns.addLayout(left)
        columns.addWidget(self.preview, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(columns)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.width_box.valueChanged.connect(self._size_typed)
        self.height_box.valueChanged.connect(self._size_typed)
        self.unit.currentIndexChanged.connect(self._show_size)
        self.dpi.valueChanged.connect(self._dpi_typed)
        for combo in (self.which, self.background):
            combo.currentIndexChanged.connect(self._changed)
        for box in (self.titles, self.axes, self.marks):
            box.toggled.connect(self._changed)
        for spin in (self.frames, self.seconds, self.lines):
            spin.valueChanged.connect(self._changed)

    # ------------------------------------------------------------------ the size
    @property
    def _per_unit(self) -> float:
        """Pixels in one unit of the size."""
        return self.dpi.value() / _MM if self.unit.currentText() == "mm" else 1.0

    def _show_size(self) -> None:
        millimetres = self.unit.currentText() == "mm"
        for box, pixels in zip((self.width_box, self.height_box), self._pixels, strict=True):
            with QSignalBlocker(box):
                box.setDecimals(1 if millimetres else 0)
                box.setRange(1.0, LONGEST_EDGE / self._per_unit)
                box.setSingleStep(1.0 if millimetres else 10.0)
                box.setValue(pixels / self._per_unit)

    def _size_typed(self) -> None:
        width, height = (
            max(1, round(box.value() * self._per_unit)) for box in (self.width_box, self.height_box)
        )
        self._pixels = (width, height)
        self._changed()

    def _dpi_typed(self) -> None:
        """A size in millimetres stays; one in pixels, too."""
        if self.unit.currentText() == "mm":
            for box in (self.width_box, self.height_box):
                with QSignalBlocker(box):
                    box.setMaximum(LONGEST_EDGE / self._per_unit)
            self._size_typed()
        self._changed()

    # ------------------------------------------------------------------ what is chosen
    def picture(self) -> PicturePart:
        """The picture that the fields describe."""
        return PicturePart(
            width=self._pixels[0], height=self._pixels[1], dpi=self.dpi.value(),
            background=self.background.currentData(), views=self.which.currentData(),
            line_width=self.lines.value(), titles=self.titles.isChecked(),
            axes=self.axes.isChecked(), marks=self.marks.isChecked(),
        )  # fmt: skip

    def turntable(self) -> TurntablePart | None:
        """The turntable that the fields describe; None for a picture."""
        if not self._turns:
            return None
        return TurntablePart(
            frames=self.frames.value(), seconds=self.seconds.value(),
            axis=self.axis.currentData(),
        )  # fmt: skip

    def show_preview(self, image: QImage) -> None:
        """Show a small picture of what will be saved."""
        self.preview.show_image(image)

    def _changed(self) -> None:
        width, height = self._pixels
        try:
            refuse_size(width, height)
        except UserError as error:
            self._tell(str(error), wrong=True)
            return
        if self._turns:
            rate = self.frames.value() / self.seconds.value()
            self._tell(f"{width:,} × {height:,} pixels, {rate:.3g} frames per second")
        else:
            dpi = self.dpi.value()
            on_paper = f"{width * _MM / dpi:.0f} × {height * _MM / dpi:.0f} mm on paper"
            self._tell(f"{width:,} × {height:,} pixels, {on_paper}")
        self._timer.start()

    def _tell(self, words: str, *, wrong: bool = False) -> None:
        self.words.setText(words)
        set_property(self.words, "error", wrong)
        set_property(self.words, "dim", not wrong)
        self.save_button.setEnabled(not wrong)

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.picture(), self.turntable(), self.keep.isChecked())
