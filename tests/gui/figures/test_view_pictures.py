"""Pictures of views: what is on the screen, at another size, on other backgrounds."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.gui.figures.paper import look_of
from patterson_gui.gui.figures.view_pictures import (
    draw_picture,
    fit_panels,
    panel_size,
    pixels_of,
    place_panels,
    proportions,
    snapshots,
)
from patterson_gui.gui.rendering.render_thread import render_thread
from patterson_gui.gui.viewer3d.linked_views import LinkedViews
from patterson_gui.io.figures.settings import PicturePart
from tests.gui.scenes import TRICLINIC, blob

pytestmark = pytest.mark.gui


@pytest.fixture
def views(qtbot: QtBot) -> LinkedViews:
    made = LinkedViews()
    qtbot.addWidget(made)
    made.resize(900, 420)
    made.show()
    made.view(MapKind.PATTERSON).set_map(blob(kind=MapKind.PATTERSON, cell=TRICLINIC))
    made.view(MapKind.TRUE).set_map(blob(kind=MapKind.TRUE, cell=TRICLINIC))
    made.view(MapKind.PATTERSON).marks.set_peaks([[0.5, 0.5, 0.5]], ["1"])
    qtbot.waitUntil(lambda: made.settled)
    return made


def draw(views: LinkedViews, picture: PicturePart) -> np.ndarray:
    panels, picture = fit_panels(snapshots(views, picture), picture)
    image = draw_picture(render_thread(), panels, picture, look_of(picture.background))
    return pixels_of(image)


@pytest.mark.parametrize("size", [(900, 500), (300, 700), (2500, 400)])
@pytest.mark.parametrize("name", ["patterson", "true"])
def test_all_of_the_cell_is_in_a_picture_of_any_size(
    views: LinkedViews, size: tuple[int, int], name: str
) -> None:
    picture = PicturePart(
        width=size[0], height=size[1], background="white", views=(name,), titles=False
    )
    (panel,), placed = fit_panels(snapshots(views, picture), picture)
    assert panel.view.marks.axes is not None
    corners = np.array(list(np.ndindex(2, 2, 2))) @ panel.view.marks.axes
    seen = panel.camera.project(corners, panel.size)[:, :2]
    assert seen.min() > 10
    assert (seen < np.array(panel.size) - 10).all()
    # It fills the picture: the room that is left is that of names and triad.
    extent = (seen.max(axis=0) - seen.min(axis=0)) / np.array(panel.size)
    assert extent.max() > 0.55
    assert draw(views, picture).shape == (size[1], size[0], 3)
    assert placed.scale > 0


def test_views_are_side_by_side_with_their_titles(views: LinkedViews) -> None:
    picture = PicturePart(width=1000, height=500, background="white")
    panels, _ = fit_panels(snapshots(views, picture), picture)
    assert [panel.view.title for panel in panels] == ["Patterson", "True"]
    assert panels[1].left > panels[0].left + panels[0].size[0]
    assert panels[0].top > 0
    assert panels[1].left + panels[1].size[0] <= 1000
    assert panels[0].top + panels[0].size[1] == 500
    with_titles, without = (
        draw(views, picture),
        draw(views, picture.model_copy(update={"titles": False})),
    )
    strip = with_titles[: panels[0].top - 2]
    assert (strip < 128).any()  # letters
    assert with_titles.shape == without.shape
    wanted = proportions([panel.view for panel in panels], titles=True)
    assert 0.3 < wanted < 2.0


@pytest.mark.parametrize(
    ("background", "corner"), [("white", (255, 255, 255)), ("black", (0, 0, 0))]
)
def test_backgrounds_have_their_colour(
    views: LinkedViews, background: str, corner: tuple[int, int, int]
) -> None:
    picture = PicturePart.model_validate({"width": 400, "height": 200, "background": background})
    drawn = draw(views, picture)
    assert tuple(drawn[-1, -1]) == corner
    assert tuple(drawn[100, 200]) == corner  # between the views
    assert (np.abs(drawn.astype(int) - corner).max(axis=-1) > 60).mean() > 0.01


def test_a_transparent_picture_has_no_background_at_all(views: LinkedViews) -> None:
    picture = PicturePart(width=600, height=300, background="transparent")
    drawn = draw(views, picture)
    assert drawn.shape == (300, 600, 4)
    assert (drawn[..., 3] == 0).mean() > 0.5
    assert (drawn[..., 3] == 255).any()
    # Nothing pale is left of the outlines that letters have on the screen.
    opaque = drawn[drawn[..., 3] > 200][:, :3]
    assert (opaque.min(axis=1) < 250).all()


def test_what_is_switched_off_is_not_drawn(views: LinkedViews) -> None:
    picture = PicturePart(
        width=500, height=400, background="white", views=("patterson",), titles=False
    )
    bare = draw(views, picture.model_copy(update={"axes": False, "marks": False}))
    axes = draw(views, picture.model_copy(update={"marks": False}))
    marks = draw(views, picture.model_copy(update={"axes": False}))
    assert 100 < (bare != axes).any(axis=-1).sum() < 20_000
    changed = np.argwhere((bare != marks).any(axis=-1))
    (panel,), _ = fit_panels(snapshots(views, picture), picture)
    assert panel.view.marks.peaks is not None
    x, y = panel.camera.project(panel.view.marks.peaks, panel.size)[0, :2]
    assert np.abs(changed - (y, x)).max() < 40 * panel.size[0] / 300


def test_the_figure_does_not_depend_on_the_size_of_the_window(
    views: LinkedViews, qtbot: QtBot
) -> None:
    picture = PicturePart(width=500, height=300, background="white")
    panels, placed = fit_panels(snapshots(views, picture), picture)
    before = pixels_of(draw_picture(render_thread(), panels, placed, look_of("white")))
    cameras = [panel.camera for panel in panels]
    views.resize(1300, 700)
    qtbot.waitUntil(lambda: views.settled)
    size = panel_size(placed, 2, placed.scale)
    density = {panel.view.name: min(size) / placed.scale / panel.camera.span for panel in panels}
    again = place_panels(snapshots(views, placed, density), cameras, placed)
    after = pixels_of(draw_picture(render_thread(), again, placed, look_of("white")))
    assert (before != after).any(axis=-1).mean() < 0.001


def test_views_without_maps_are_refused(qtbot: QtBot) -> None:
    empty = LinkedViews()
    qtbot.addWidget(empty)
    empty.show()
    with pytest.raises(UserError, match="No view shows a map"):
        snapshots(empty, PicturePart())


def test_the_colours_of_the_window_stay(views: LinkedViews) -> None:
    before = [view.viewport.scene.background for view in views.views]
    draw(views, PicturePart(width=200, height=100, background="black"))
    views.view(MapKind.TRUE).set_style("surface")
    assert [view.viewport.scene.background for view in views.views] == before


def test_finer_lines_show_more_of_the_wire(views: LinkedViews) -> None:
    def lines(picture: PicturePart, density: float) -> int:
        (view,) = snapshots(views, picture, {"true": density})
        return max(len(part.geometry.indices) for part in view.scene.parts)

    picture = PicturePart(views=("true",))
    coarse, fine = lines(picture, 3.0), lines(picture, 30.0)
    assert coarse < fine
    assert lines(picture.model_copy(update={"line_width": 0.1}), 3.0) == fine
