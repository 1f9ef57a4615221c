"""Plots as SVG or PDF in the colours of white paper, and again from the data in their settings."""

from pathlib import Path

from PyQt6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PyQt6.QtGui import QPageSize, QPainter, QPdfWriter
from PyQt6.QtSvg import QSvgGenerator

from patterson_gui.errors import UserError
from patterson_gui.gui.figures.paper import PAPER
from patterson_gui.gui.figures.plot_data import PlotOfData
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plots import ThemedPlot
from patterson_gui.io.figures.settings import PlotPart
from patterson_gui.io.files import refuse_unwritable, replace_file

ENDINGS = (".svg", ".pdf")
_MM = 25.4
_CREATOR = "patterson_gui"


def refuse_plot(path: Path) -> None:
    """Raise `UserError` for a file that is neither SVG nor PDF, or cannot be written."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(f"Plots are saved as SVG or PDF: end the name {path.name!r} in .svg or "
                        ".pdf.")  # fmt: skip
    refuse_unwritable(path)


def draw_plot(plot: ThemedPlot, ending: str) -> bytes:
    """A plot as it is now, as the bytes of a file: lines and text, no pixels. In the GUI thread.

    Parameters
    ----------
    ending : ".svg" or ".pdf".
    """
    try:
        with theme.using(PAPER):
            plot.look_changed.emit()
            return _drawn(plot, ending)
    finally:
        _set_export(plot, on=False)
        plot.look_changed.emit()  # the colours of the screen again


def _drawn(plot: ThemedPlot, ending: str) -> bytes:
    view = plot.plot
    _set_export(plot, on=True)
    width, height, dpi = view.width(), view.height(), view.logicalDpiX()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    device: QSvgGenerator | QPdfWriter
    if ending == ".svg":
        device = QSvgGenerator()
        device.setOutputDevice(buffer)
        device.setSize(view.size())
        device.setViewBox(QRectF(0, 0, width, height))
        device.setTitle(" by ".join(reversed(plot.axis_names)))
        device.setResolution(dpi)
    else:
        device = QPdfWriter(buffer)
        device.setCreator(_CREATOR)
        device.setResolution(dpi)  # else the letters of the axes would have another size
        size = QSizeF(width * _MM / dpi, height * _MM / dpi)
        device.setPageSize(QPageSize(size, QPageSize.Unit.Millimeter))
        device.setPageMargins(QMarginsF(0, 0, 0, 0))
    with QPainter(device) as painter:
        view.render(painter, QRectF(0, 0, width, height), view.rect())
    return buffer.data().data()


def _set_export(plot: ThemedPlot, *, on: bool) -> None:
    """Let symbols be drawn as shapes; on the screen they are small pictures."""
    for item in plot.plot.scene().items():
        if hasattr(item, "setExportMode"):
            item.setExportMode(on, {"antialias": True, "resolutionScale": 1.0} if on else None)


def write_plot(path: Path, part: PlotPart) -> None:
    """Draw a plot from its data into a file, SVG or PDF by its ending. In the GUI thread.

    Raises
    ------
    UserError : another ending, or the file cannot be written.
    """
    refuse_plot(path)
    plot = PlotOfData(part)
    plot.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    plot.show()  # lays out the axes
    try:
        content = draw_plot(plot, path.suffix.lower())
    finally:
        plot.close()
        plot.deleteLater()
    with replace_file(path) as temporary:
        temporary.write_bytes(content)
