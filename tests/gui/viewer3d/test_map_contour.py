"""The contour of one map: a draft of a large one comes first, a replaced request is given up."""

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.gui.rendering.contouring import Contour, ContourRequest, compute_contour
from patterson_gui.gui.threads.background import background
from patterson_gui.gui.viewer3d import map_contour
from patterson_gui.gui.viewer3d.map_contour import MapContour
from patterson_gui.gui.viewer3d.map_view import MapView
from tests.gui.scenes import blob
from tests.gui.viewer3d.conftest import settle, wheel

LARGE = Box(upper=(2.0, 2.0, 2.0))


@pytest.fixture
def shown() -> list[Contour]:
    """What a contour showed, in its order."""
    return []


@pytest.fixture
def contours(qtbot: QtBot, shown: list[Contour]) -> Iterator[MapContour]:
    """Of a large part of a map, at its first level."""
    made = MapContour(LARGE)
    made.changed.connect(lambda: made.contour and shown.append(made.contour))
    made.set_density(blob(), same_cell=True)
    qtbot.waitUntil(lambda: made.settled)
    yield made
    made.set_density(None, same_cell=True)


def test_a_large_map_shows_a_draft_first_and_keeps_it_beside_the_full_contour(
    contours: MapContour, shown: list[Contour]
) -> None:
    draft, full = shown
    assert draft.request.is_draft
    assert not full.request.is_draft
    assert full.draft is draft
    assert draft.request.level == full.request.level


def test_a_small_map_has_no_draft(qtbot: QtBot, contours: MapContour) -> None:
    contours.set_box(Box())
    qtbot.waitUntil(lambda: contours.settled)
    assert contours.contour is not None
    assert contours.contour.draft is None


def test_a_newer_level_stops_the_contour_of_an_older_one(
    qtbot: QtBot, contours: MapContour, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, given_up = threading.Event(), threading.Event(), []

    def slow(request: ContourRequest) -> Contour:
        if request.level == 3.0 and not request.is_draft:
            begun.set()
            go.wait(10)
        try:
            return compute_contour(request)
        except Exception:
            given_up.append(request.level)
            raise

    monkeypatch.setattr(map_contour, "compute_contour", slow)
    contours.set_level(3.0)
    qtbot.waitUntil(begun.is_set)
    contours.set_level(4.0)
    go.set()
    qtbot.waitUntil(lambda: contours.settled)
    assert given_up == [3.0]
    assert contours.contour is not None
    assert contours.contour.request.level == 4.0


def test_drafts_of_all_maps_come_before_the_full_contours(
    qtbot: QtBot, contours: MapContour, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[tuple[float, bool]] = []
    begun, go = threading.Event(), threading.Event()

    def record(request: ContourRequest) -> Contour:
        order.append((request.level, request.is_draft))
        return compute_contour(request)

    def hold() -> None:
        begun.set()
        go.wait(10)

    monkeypatch.setattr(map_contour, "compute_contour", record)
    other = MapContour(LARGE)
    background().request("hold", hold, other.receive)
    qtbot.waitUntil(begun.is_set)
    contours.set_level(3.0)
    other.set_density(blob(), same_cell=True)
    go.set()
    qtbot.waitUntil(lambda: contours.settled and other.settled)
    assert [is_draft for _, is_draft in order] == [True, True, False, False]


def test_a_wheel_step_renders_nothing_of_the_former_contour(
    qtbot: QtBot, view: MapView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_map(blob())
    settle(qtbot, view)
    requests: list[object] = []
    monkeypatch.setattr(view.viewport, "refresh", lambda **how: requests.append(how))
    view.contours._request = lambda: None  # type: ignore[method-assign]
    wheel(view, 1)
    view.set_style("wire")
    assert requests == []
