"""The drawing of sections: places, wheel, keys, zoom, clicks."""

from collections.abc import Callable

import gemmi
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QImage, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.marks import Mark, VectorEnds
from patterson_gui.crystal.sections.planes import Plane, axis_plane
from patterson_gui.crystal.sections.sampling import CENTRED, SectionSampler, Slab
from patterson_gui.gui.sections.picture import PictureRequest, Pictures, make_pictures
from patterson_gui.gui.sections.view import SectionView
from patterson_gui.gui.widgets import theme

pytestmark = pytest.mark.gui
CELL = gemmi.UnitCell(10, 12, 8, 90, 110, 90)


def gaussian_map() -> DensityMap:
    """One round peak at (0.2, 0.5, 0.1) of a monoclinic cell."""
    frac = np.stack(np.meshgrid(*(np.arange(n) / n for n in (20, 24, 16)), indexing="ij"), axis=-1)
    off = (frac - (0.2, 0.5, 0.1) + 0.5) % 1.0 - 0.5
    distance = np.linalg.norm(off @ np.array(CELL.orth.mat.tolist()).T, axis=-1)
    grid = np.exp(-(distance**2)).astype(np.float32)
    return DensityMap(grid, CELL, gemmi.SpaceGroup("P 1"), MapKind.PATTERSON, 1.0)


SAMPLER = SectionSampler(gaussian_map())
PEAK = Peak(1.0, 12.0, (0.2, 0.5, 0.1), 2.0, 1)


def pictures(*planes: Plane) -> Pictures:
    request = PictureRequest(
        SAMPLER, planes, CENTRED, Slab(), ContourLevels(3.0, 3.0), (PEAK,), None, 1
    )
    made = make_pictures(request)
    assert made is not None
    return made


@pytest.fixture
def view(qtbot: QtBot) -> SectionView:
    view = SectionView()
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    qtbot.waitExposed(view)
    view.set_pictures(pictures(axis_plane("v", 0.5)))
    return view


def turn(view: SectionView, steps: float, keys: Qt.KeyboardModifier, place: QPointF) -> None:
    event = QWheelEvent(
        place, view.mapToGlobal(place), QPoint(), QPoint(0, round(120 * steps)),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def painted(view: SectionView) -> QImage:
    """The view in true colours, whatever the display has."""
    image = QImage(view.size(), QImage.Format.Format_RGB32)
    view.render(image)
    return image


def test_the_cell_has_its_true_shape_on_the_screen(view: SectionView) -> None:
    origin, along, up = (view.pixel_of(*place) for place in ((0, 0), (0.5, 0), (0, 0.5)))
    a, c = along - origin, up - origin
    assert a.y() == pytest.approx(0, abs=1e-6)
    assert np.hypot(a.x(), a.y()) / np.hypot(c.x(), c.y()) == pytest.approx(10 / 8)
    assert c.x() / np.hypot(c.x(), c.y()) == pytest.approx(np.cos(np.radians(110)))
    assert c.y() < 0  # up


def test_lines_go_around_the_peak(view: SectionView) -> None:
    picture = view.tiles[0].picture
    box = picture.thin.boundingRect()
    ((x, y),) = picture.section.on_paper(np.array([[0.2, 0.1]])).tolist()
    assert box.center().x() == pytest.approx(x, abs=0.05)
    assert box.center().y() == pytest.approx(y, abs=0.05)
    # The first level, 3 rmsd above the mean, of exp(−r²).
    density = SAMPLER.density
    radius = np.sqrt(-np.log(density.mean + 3 * density.rmsd))
    assert box.width() / 2 == pytest.approx(radius, rel=0.02)
    assert box.height() / 2 == pytest.approx(radius, rel=0.02)


def test_peak_and_cursor_are_painted_where_they_are(view: SectionView) -> None:
    view.set_cursor_marks([Mark(-0.3, -0.2, 0.0, True)])
    image = painted(view)
    for place, colour in (
        (view.pixel_of(0.2, 0.1), "error"),
        (view.pixel_of(-0.3, -0.2), "cursor"),
    ):
        pixel = image.pixelColor(place.toPoint())
        expected = QColor(getattr(theme.current(), colour))
        # Edges are smoothed, so that the colour is mixed with a little of the background.
        difference = np.subtract(pixel.getRgb(), expected.getRgb())
        assert np.abs(difference).max() < 50


@pytest.mark.parametrize("look", ["dark", "light"])
def test_lines_can_be_seen_in_both_themes(view: SectionView, qapp: QApplication, look: str) -> None:
    before = theme.current().name
    try:
        theme.apply_theme(qapp, look)  # type: ignore[arg-type]
        image = painted(view)
        background = theme.current().view
        names = {
            image.pixelColor(x, y).name()
            for x in range(60, image.width() - 30, 2)
            for y in range(20, image.height() - 50, 2)
        }
        assert background in names
        assert len(names) > 5
    finally:
        theme.apply_theme(qapp, before)  # type: ignore[arg-type]


def test_the_wheel_steps_and_with_ctrl_enlarges_at_the_mouse(
    view: SectionView, qtbot: QtBot
) -> None:
    place = view.pixel_of(0.2, 0.1)
    steps: list[int] = []
    view.stepped.connect(steps.append)
    turn(view, 1, Qt.KeyboardModifier.NoModifier, place)
    turn(view, 0.5, Qt.KeyboardModifier.NoModifier, place)
    turn(view, 0.5, Qt.KeyboardModifier.NoModifier, place)
    turn(view, -2, Qt.KeyboardModifier.NoModifier, place)
    assert steps == [1, 1, -2]
    turn(view, 3, Qt.KeyboardModifier.ControlModifier, place)
    after = view.pixel_of(0.2, 0.1)
    assert (after.x(), after.y()) == (pytest.approx(place.x()), pytest.approx(place.y()))
    assert view.pixel_of(0.3, 0.1).x() - after.x() > 40
    view.set_pictures(pictures(axis_plane("v", 0.4)))  # the wheel keeps what is enlarged
    assert view.pixel_of(0.2, 0.1).x() == pytest.approx(place.x())
    view.set_pictures(pictures(axis_plane("w", 0.4)))  # another direction does not
    view.set_pictures(pictures(axis_plane("v", 0.4)))
    assert view.pixel_of(0.2, 0.1) == place


def test_keys_go_through_the_sections(view: SectionView, qtbot: QtBot) -> None:
    steps: list[int] = []
    homes: list[int] = []
    view.stepped.connect(steps.append)
    view.home_wanted.connect(lambda: homes.append(1))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_PageDown, Qt.Key.Key_Home):
        qtbot.keyClick(view, key)
    assert (steps, homes) == ([1, -1, -5], [1])


def test_tells_what_is_under_the_mouse(view: SectionView, qtbot: QtBot) -> None:
    points: list[tuple[float, ...] | None] = []
    view.pointed.connect(points.append)
    qtbot.mouseMove(view, view.pixel_of(0.2, 0.1).toPoint())
    qtbot.waitUntil(lambda: bool(points))
    u, v, w, value = points[-1] or ()
    assert (u, v, w) == (pytest.approx(0.2, abs=0.01), 0.5, pytest.approx(0.1, abs=0.01))
    assert value == pytest.approx(1.0, abs=0.05)
    qtbot.mouseMove(view, QPoint(3, 3))
    qtbot.waitUntil(lambda: points[-1] is None)


def test_a_click_puts_the_cursor_there_and_a_drag_does_not(view: SectionView, qtbot: QtBot) -> None:
    clicks: list[tuple[float, float, float]] = []
    view.clicked.connect(clicks.append)
    left, place = Qt.MouseButton.LeftButton, view.pixel_of(0.3, -0.2).toPoint()
    qtbot.mouseClick(view, left, pos=place)
    assert clicks[0] == (pytest.approx(0.3, abs=0.01), 0.5, pytest.approx(-0.2, abs=0.01))
    qtbot.mousePress(view, left, pos=place)
    qtbot.mouseMove(view, place + QPoint(40, 0))
    qtbot.mouseRelease(view, left, pos=place + QPoint(40, 0))
    qtbot.mouseClick(view, left, pos=QPoint(2, 2))  # outside the section
    assert len(clicks) == 1


def test_a_montage_shows_all_and_a_click_chooses_one(
    view: SectionView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_pictures(pictures(*(axis_plane("v", i / 10) for i in range(7))))
    assert len(view.tiles) == 7
    places = [tile.place for tile in view.tiles]
    assert not any(a.intersects(b) for a in places for b in places if a is not b)
    chosen: list[Plane] = []
    view.chosen.connect(chosen.append)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=places[4].center().toPoint())
    assert chosen[0].offset == pytest.approx(0.4)
    view.grab()


def test_a_montage_that_is_not_wanted_any_more_is_not_finished() -> None:
    planes = [axis_plane("v", i / 10) for i in range(5)]
    request = pictures(*planes).request
    answers = iter([True, True, False])
    assert make_pictures(request, lambda asked: next(answers)) is None


def test_an_empty_drawing_says_what_would_be_here(view: SectionView) -> None:
    view.set_pictures(None, "Open a file.")
    assert view.tiles == []
    view.grab()


def test_a_section_of_a_hundred_points_is_ready_in_time(process_time: Callable[[], float]) -> None:
    """The wheel: sampling, lines, paths; 50 ms are allowed."""
    planes = [axis_plane("v", i / 20) for i in range(10)]
    pictures(planes[0])
    before = process_time()
    for plane in planes:
        made = pictures(plane)
    assert made.pictures[0].section.values.shape[0] >= 100
    assert (process_time() - before) / len(planes) < 0.05


@pytest.fixture
def process_time() -> Callable[[], float]:
    import time

    return time.process_time


def test_a_click_on_a_vector_chooses_it(view: SectionView, qtbot: QtBot) -> None:
    ends = VectorEnds(np.array([[0.2, 0.5, 0.1], [0.4, 0.3, 0.3]]), np.array([7, 3]))
    request = PictureRequest(
        SAMPLER,
        (axis_plane("v", 0.5),),
        CENTRED,
        Slab(),
        ContourLevels(3.0, 3.0),
        (),
        None,
        1,
        ends,
    )
    made = make_pictures(request)
    assert made is not None
    (mark,) = made.pictures[0].vectors  # the other vector is far from this section
    assert mark.row == 7
    assert mark.in_plane
    view.set_pictures(made)
    chosen: list[int] = []
    view.vector_clicked.connect(chosen.append)
    before = view.grab().toImage()
    place = view.pixel_of(mark.s, mark.t).toPoint()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place + QPoint(3, 3))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place + QPoint(30, 30))
    assert chosen == [7]
    view.set_chosen_vector(7, "Au1 – Au2")
    assert view.grab().toImage() != before
