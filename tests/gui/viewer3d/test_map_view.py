"""A single 3D view: what it draws and what it emits."""

import threading

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.colours import MAP_COLOURS
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.rendering.contouring import Contour, ContourRequest, compute_contour
from patterson_gui.gui.viewer3d import map_contour
from patterson_gui.gui.viewer3d.map_view import MapView
from patterson_gui.gui.widgets import theme
from tests.gui.scenes import CUBE, TRICLINIC, blob, peptide
from tests.gui.viewer3d.conftest import settle, wheel

pytestmark = pytest.mark.gui


def pixels(image: QImage) -> NDArray[np.int64]:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), -1, 3).astype(np.int64)


def blue_places(image: QImage) -> NDArray[np.int64]:
    """Pixels in the colour of the predicted map, (n, 2) x, y. Axes and letters have other hues."""
    picture = pixels(image)
    target = QColor(theme.legible(MAP_COLOURS[MapKind.PREDICTED]))
    wanted = np.array([target.red(), target.green(), target.blue()])
    ground = np.array(QColor(theme.current().view).getRgb()[:3])
    # Colours on the line between the map's and the background's: wires, haze included.
    along = (wanted - ground) / np.linalg.norm(wanted - ground)
    offset = picture - ground
    share = offset @ along
    away = np.linalg.norm(offset - share[..., None] * along, axis=-1)
    y, x = np.nonzero((share > 40) & (away < 8))
    return np.stack([x, y], axis=1)


# ---------------------------------------------------------------------- the picture
def test_a_map_looks_smaller_at_a_higher_level(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    view.set_level(1.0)
    settle(qtbot, view)
    low = blue_places(view.grab_image())
    view.set_level(5.0)
    settle(qtbot, view)
    high = blue_places(view.grab_image())
    assert len(low) > len(high) > 50
    assert np.ptp(low, axis=0).min() > 1.3 * np.ptp(high, axis=0).max()


def test_a_grabbed_image_equals_the_picture_on_the_screen(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    grabbed = pixels(view.grab_image())
    on_screen = pixels(view.viewport.grab().toImage())
    assert grabbed.shape == on_screen.shape
    assert np.mean(np.abs(grabbed - on_screen) > 24) < 0.002


@pytest.mark.parametrize("cell", [CUBE, TRICLINIC], ids=["cube", "triclinic"])
@pytest.mark.parametrize("place", [(0.2, 0.5, 0.5), (0.5, 0.2, 0.5), (0.5, 0.5, 0.2)])
def test_axes_u_v_w_of_the_grid_are_x_y_z_of_the_view(
    qtbot: QtBot, view: MapView, cell: gemmi.UnitCell, place: tuple[float, float, float]
) -> None:
    view.set_map(blob(place, cell=cell, width=0.8))
    view.set_level(4.0)
    settle(qtbot, view)
    seen = blue_places(view.grab_image())
    cartesian = np.array(cell.orthogonalize(gemmi.Fractional(*place)).tolist())
    size = (view.viewport.width(), view.viewport.height())
    expected = view.camera.state.project(cartesian, size)[0, :2]
    assert (seen.min(axis=0) + seen.max(axis=0)) / 2 == pytest.approx(expected, abs=6.0)


def test_wire_and_surface_look_different_and_another_style_is_refused(
    qtbot: QtBot, view: MapView
) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    wire = pixels(view.grab_image())
    view.set_style("surface")
    settle(qtbot, view)
    assert np.mean(np.abs(pixels(view.grab_image()) - wire) > 30) > 0.01
    with pytest.raises(ValueError, match="wire or surface"):
        view.set_style("fog")


def test_draws_fewer_wires_from_afar(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)

    def lines() -> int:
        settle(qtbot, view)
        return len(view.viewport.scene.parts[-1].geometry.indices)

    near = lines()
    for n, factor in ((2, 0.3), (4, 0.5)):
        view.camera.follow(view.camera.state.zoomed(factor))
        assert lines() == pytest.approx(near / n, rel=0.25)
    view.camera.follow(view.camera.state.zoomed(1 / 0.15))
    assert lines() == near


def test_draws_density_around_a_model_outside_the_cell(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob(centre=(0.95, 0.5, 0.5), width=0.5))
    settle(qtbot, view)
    assert view.contours.contour is not None
    assert view.contours.contour.mesh.vertices[:, 0].max() < 12.1
    model = peptide()
    for cra in model[0].all():
        cra.atom.pos += gemmi.Position(5.0, 0.0, 0.0)
    view.set_model(model)
    settle(qtbot, view)
    assert view.contours.contour.mesh.vertices[:, 0].max() > 12.3
    view.set_model(None)
    settle(qtbot, view)
    assert view.contours.contour.mesh.vertices[:, 0].max() < 12.1


def test_model_peaks_and_cursor_appear(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    view.set_level(1000.0)  # nothing of the map is drawn
    settle(qtbot, view)
    before = pixels(view.grab_image())
    for change in (
        lambda: view.set_model(peptide()),
        lambda: view.marks.set_peaks([(0.2, 0.3, 0.4), (0.7, 0.6, 0.5)], ["1", "2"]),
        lambda: view.marks.set_sites([(0.3, 0.8, 0.6), (0.5, 0.2, 0.8)], ["Au1", "Au2"]),
        lambda: view.marks.set_sites([(0.3, 0.8, 0.6), (0.5, 0.2, 0.8)], ["Au1", "Au2"], 1),
        lambda: view.set_cursor((0.8, 0.8, 0.2)),
    ):
        change()
        settle(qtbot, view)
        after = pixels(view.grab_image())
        assert np.count_nonzero(np.abs(after - before).max(axis=-1) > 40) > 30
        before = after
    view.set_model(None)
    view.marks.set_peaks(None)
    view.marks.set_sites(None)
    view.set_cursor(None)
    settle(qtbot, view)


def test_the_theme_changes_the_picture(qtbot: QtBot, view: MapView, qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark")
    view.set_map(blob())
    settle(qtbot, view)
    assert pixels(view.grab_image())[2, 2].max() < 40
    theme.apply_theme(qapp, "light")
    settle(qtbot, view)
    assert pixels(view.grab_image())[2, 2].min() > 220
    theme.apply_theme(qapp, "dark")


# ---------------------------------------------------------------------- the level
def test_the_wheel_changes_the_level_and_the_readout(qtbot: QtBot, view: MapView) -> None:
    density = blob(kind=MapKind.PATTERSON)
    view.set_map(density)
    view.set_level(3.0)
    settle(qtbot, view)
    emitted: list[float] = []
    view.level_changed.connect(emitted.append)
    wheel(view, 1)
    wheel(view, -3)
    assert emitted == [pytest.approx(3.1), pytest.approx(2.8)]
    assert view.level == pytest.approx(2.8)
    assert view.header.readout.text() == f"{2.8 * density.rmsd:.3f} e²/Å³ (2.8 rmsd)"


def test_plus_and_minus_change_the_level(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    start = view.level
    qtbot.keyClick(view.viewport, Qt.Key.Key_Plus)
    assert view.level == pytest.approx(start + 0.1)
    qtbot.keyClick(view.viewport, Qt.Key.Key_Minus)
    qtbot.keyClick(view.viewport, Qt.Key.Key_Minus)
    assert view.level == pytest.approx(start - 0.1)


def test_setting_the_level_emits_nothing(qtbot: QtBot, view: MapView) -> None:
    view.set_map(blob())
    with qtbot.assertNotEmitted(view.level_changed):
        view.set_level(4.0)
    assert view.level == 4.0


def test_drops_contours_of_an_earlier_map(view: MapView, at_once: None) -> None:
    stronger = blob((0.3, 0.3, 0.3))
    earlier = stronger.with_grid(7.0 * stronger.grid)
    view.set_map(earlier)
    view.set_map(blob((0.7, 0.7, 0.7)))
    highest, readout = highest_level(view), readout_of(view)
    shown = view.contours.contour
    assert shown is not None
    view.contours.receive(compute_contour(ContourRequest(earlier, 2.5, 10**6)))
    assert view.contours.contour is shown
    assert view.contours.rmsd == pytest.approx(shown.request.density.rmsd)
    assert readout_of(view) == readout
    assert highest_level(view) == highest


def test_a_contour_of_an_earlier_level_tells_the_rmsd_alone(view: MapView, at_once: None) -> None:
    density = blob()
    view.set_map(density)
    shown = view.contours.contour
    assert shown is not None
    view.contours.rmsd = None
    view.contours.receive(compute_contour(ContourRequest(density, 9.0, 0)))
    assert view.contours.contour is shown
    assert view.contours.rmsd == pytest.approx(density.rmsd)
    view.set_level(4.0)
    assert view.contours.contour is not shown


def readout_of(view: MapView) -> str:
    """The contour level shown in the title of the view."""
    return view.header.readout.text()


def highest_level(view: MapView) -> float:
    """The highest level that the wheel reaches; restores the level afterwards."""
    before = view.level
    view.contours.step(1000)
    highest = view.level
    view.set_level(before)
    return highest


def test_meshes_hold_finite_numbers(view: MapView, at_once: None) -> None:
    for density in (blob(), blob(cell=TRICLINIC), _flat()):
        view.set_map(density)
        answer: Contour | None = view.contours.contour
        assert answer is not None
        assert np.isfinite(answer.mesh.vertices).all()
        assert np.isfinite(answer.mesh.normals).all()
        assert np.isfinite(answer.bounds.radius)


def _flat() -> DensityMap:
    return DensityMap(np.zeros((8, 8, 8)), CUBE, gemmi.SpaceGroup("P 1"), MapKind.TRUE)


# ---------------------------------------------------------------------- words in place of maps
def test_an_empty_view_shows_its_message_and_its_button(qtbot: QtBot, view: MapView) -> None:
    view.set_empty("No density is predicted yet.", "Predict density")
    assert not view.shows_map
    assert view.page.label.text() == "No density is predicted yet."
    with qtbot.waitSignal(view.empty_clicked):
        qtbot.mouseClick(view.page.button, Qt.MouseButton.LeftButton)
    view.set_busy("computing…")
    assert view.page.label.text() == "computing…"
    view.set_busy(None)
    view.set_map(blob())
    assert view.shows_map
    view.set_map(None)
    assert not view.shows_map


def test_shows_a_message_without_opengl(
    qtbot: QtBot, view: MapView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    why = "3D views cannot be shown: no OpenGL context can be made on this display."
    monkeypatch.setattr(view.viewport._render_thread, "failure", why)
    view.viewport.failed.emit(why)
    assert not view.shows_map
    assert view.page.label.text() == why
    assert view.settled
    assert not view.grab_image().isNull()


def test_fine_pictures_have_all_pixels_of_a_fine_screen_and_quick_ones_one_a_point(
    qtbot: QtBot, view: MapView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view.viewport, "devicePixelRatioF", lambda: 2.0)
    view.set_map(blob())
    settle(qtbot, view)
    points = (view.viewport.width(), view.viewport.height())
    fine = view.viewport._image
    assert fine is not None
    assert (fine.width(), fine.height()) == (2 * points[0], 2 * points[1])
    assert fine.devicePixelRatio() == 2.0
    view.viewport.seconds = 1.0  # as where pictures are slow
    with qtbot.waitSignal(view.viewport.pictured):
        view.viewport.refresh(moving=True)
    quick = view.viewport._image
    assert quick is not None
    assert (quick.width(), quick.height()) == points
    settle(qtbot, view)  # a fine picture follows at rest


# ---------------------------------------------------------------------- threads
def test_contours_are_computed_outside_the_gui_thread(
    qtbot: QtBot, view: MapView, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def record(request: ContourRequest) -> Contour:
        threads.append(threading.current_thread())
        return compute_contour(request)

    monkeypatch.setattr(map_contour, "compute_contour", record)
    previews = [blob((0.1 * n, 0.5, 0.5)) for n in range(4)]
    for n in range(60):
        wheel(view, 1 if n % 20 < 10 else -1)
        if n % 15 == 0:
            view.set_map(previews[n // 15])
        QApplication.processEvents()
    settle(qtbot, view)
    assert threads
    assert threading.current_thread() not in threads
    assert len(threads) <= 60  # one at most for each change
    assert view.contours.contour is not None
    assert view.contours.contour.request.density is previews[-1]


def test_closed_views_leave_no_requests(qtbot: QtBot) -> None:
    for _ in range(3):
        view = MapView("x")
        view.set_map(blob())
        view.show()
        view.viewport.refresh(moving=True)
        view.close()
        view.deleteLater()
    last = MapView("y")
    qtbot.addWidget(last)
    last.set_map(blob())
    last.show()
    settle(qtbot, last)  # the threads have worked off the requests of the closed ones
