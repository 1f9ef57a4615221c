"""Plots as SVG and PDF, and again from their data."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QSize, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtPdf import QPdfDocument
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.comparison.prediction_metrics import Shell
from patterson_gui.errors import UserError
from patterson_gui.gui.figures.plot_data import PlotOfData, plot_part
from patterson_gui.gui.figures.plots import draw_plot, write_plot
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.plots import ConvergencePlot, ShellPlot, ThemedPlot
from patterson_gui.io.figures.settings import PlotPart

pytestmark = pytest.mark.gui


def shells(errors: list[float]) -> list[Shell]:
    edges = [5.0, 3.0, 2.5, 2.0]
    return [Shell(edges[i], edges[i + 1], 100, error, error) for i, error in enumerate(errors)]


@pytest.fixture
def plot(qtbot: QtBot) -> ShellPlot:
    made = ShellPlot()
    qtbot.addWidget(made)
    made.resize(400, 260)
    made.set_shells(shells([80.0, 85.0, 88.0]), shells([20.0, 35.0, 50.0]))
    made.show()
    return made


def test_the_data_of_a_plot_are_those_of_its_curves(plot: ShellPlot) -> None:
    part = plot_part(plot)
    assert (part.bottom, part.left) == ("d (Å)", "phase error (°)")
    by_name = {curve.name: curve for curve in part.curves}
    assert by_name["random phases"].y == (90.0, 90.0)
    aligned = next(c for c in part.curves if c.symbol == "o")
    assert aligned.y == (20.0, 35.0, 50.0)
    assert aligned.x[0] == pytest.approx((5.0**-3 + 3.0**-3) / 2)
    assert not aligned.dashed
    assert any(c.dashed and c.y == (80.0, 85.0, 88.0) for c in part.curves)
    assert part.y == (0.0, 112.0)
    assert part.y_ticks is not None
    assert [text for _, text in part.y_ticks] == ["0", "30", "60", "90"]


def test_an_svg_has_lines_and_text_and_no_pixels(plot: ShellPlot) -> None:
    root = ET.fromstring(draw_plot(plot, ".svg"))
    names = [element.tag.rsplit("}")[-1] for element in root.iter()]
    texts = ["".join(e.itertext()).strip() for e in root.iter() if e.tag.endswith("text")]
    assert "image" not in names
    assert "phase error (°)" in texts
    assert "90" in texts
    assert names.count("path") + names.count("polyline") > 10


def test_a_pdf_has_one_page_of_the_size_of_the_plot(plot: ShellPlot, tmp_path: Path) -> None:
    path = tmp_path / "plot.pdf"
    path.write_bytes(draw_plot(plot, ".pdf"))
    document = QPdfDocument(None)
    document.load(str(path))
    assert document.pageCount() == 1
    size = document.pagePointSize(0)
    dpi = plot.logicalDpiX()
    assert size.width() == pytest.approx(plot.plot.width() * 72 / dpi, abs=1.5)
    assert size.height() == pytest.approx(plot.plot.height() * 72 / dpi, abs=1.5)
    assert "phase error" in document.getAllText(0).text()
    page = document.render(0, QSize(390, 260))
    dark = [
        x for x in range(390) for y in range(260) if page.pixelColor(x, y).alpha() > 100
        and page.pixelColor(x, y).lightness() < 200
    ]  # fmt: skip
    assert min(dark) < 40  # the plot fills the page
    assert max(dark) > 350
    document.close()


def test_drawing_leaves_the_colours_of_the_screen(plot: ShellPlot, qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark")
    before = plot.grab().toImage()
    svg = draw_plot(plot, ".svg").decode()
    assert theme.DARK.window not in svg
    plot_part(plot)
    assert plot.grab().toImage() == before
    assert theme.current() is theme.DARK


def test_a_plot_is_drawn_again_from_its_settings(
    plot: ShellPlot, qtbot: QtBot, tmp_path: Path
) -> None:
    part = PlotPart.model_validate_json(plot_part(plot).model_dump_json())
    path = tmp_path / "again.svg"
    write_plot(path, part)
    texts = ["".join(e.itertext()).strip() for e in ET.parse(path).iter() if e.tag.endswith("text")]
    assert "phase error (°)" in texts
    assert "random phases" in path.read_text(encoding="utf-8") or len(texts) > 6
    again = PlotOfData(part)
    qtbot.addWidget(again)
    again.show()
    assert [c.y for c in plot_part(again).curves] == [c.y for c in part.curves]
    assert plot_part(again).x == pytest.approx(part.x)


def test_a_plot_without_points_can_be_saved(qtbot: QtBot, tmp_path: Path) -> None:
    empty = ConvergencePlot()
    qtbot.addWidget(empty)
    empty.show()
    assert plot_part(empty).curves == ()
    assert draw_plot(empty, ".pdf").startswith(b"%PDF")
    with pytest.raises(UserError, match=r"end the name 'a.png' in .svg or .pdf"):
        write_plot(tmp_path / "a.png", plot_part(empty))


def test_the_right_button_offers_to_save(plot: ThemedPlot, qtbot: QtBot) -> None:
    place = QPoint(50, 50)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, plot.mapToGlobal(place))
    QApplication.sendEvent(plot, event)
    menu = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible())
    with qtbot.waitSignal(plot.save_clicked):
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
