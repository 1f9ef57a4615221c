"""Contours made outside the GUI thread."""

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from patterson_gui.crystal.density import DensityMap
from patterson_gui.crystal.surfaces import Mesh, isosurface
from patterson_gui.gui import mesh_worker as module
from patterson_gui.gui.mesh_worker import Contour, MeshWorker, Wish, contour

from .scenes import blob


class _Receiver:
    def __init__(self) -> None:
        self.got: list[tuple[Wish, Contour]] = []
        self.thread: threading.Thread | None = None

    def take(self, wish: Wish, answer: Contour) -> None:
        self.got.append((wish, answer))
        self.thread = threading.current_thread()


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[MeshWorker]:
    own = MeshWorker()
    yield own
    own.end()


def test_a_contour_comes_to_the_thread_that_made_the_worker(
    qtbot: QtBot, worker: MeshWorker
) -> None:
    receiver, density = _Receiver(), blob()
    worker.request(1, Wish(density, 2.0, 1), receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got))
    assert receiver.thread is threading.current_thread()
    _, answer = receiver.got[0]
    assert answer.rmsd == density.rmsd
    assert answer.highest == pytest.approx(density.grid.max() / density.rmsd)
    assert answer.ball.centre == pytest.approx((6.0, 6.0, 6.0), abs=0.1)
    assert not answer.mesh.is_empty


def test_wishes_overtaken_while_waiting_are_never_worked_on(
    qtbot: QtBot, worker: MeshWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, levels = threading.Event(), threading.Event(), []

    def slow(density: DensityMap, level: float) -> Mesh:
        levels.append(level)
        begun.set()
        go.wait(5)
        return isosurface(density, level)

    monkeypatch.setattr(module, "isosurface", slow)
    receiver, density = _Receiver(), blob()
    worker.request(1, Wish(density, 1.0, 1), receiver.take)
    assert begun.wait(5)
    for n in range(2, 20):
        worker.request(1, Wish(density, float(n) / 4, n), receiver.take)
    go.set()
    qtbot.waitUntil(lambda: len(receiver.got) == 2)
    assert [wish.generation for wish, _ in receiver.got] == [1, 19]
    assert len(levels) == 2


def test_a_view_that_is_gone_and_a_wish_withdrawn_get_no_answer(
    qtbot: QtBot, worker: MeshWorker
) -> None:
    receiver = _Receiver()
    worker.request(1, Wish(blob(), 2.0, 1), receiver.take)
    del receiver
    other = _Receiver()
    worker.request(2, Wish(blob(), 2.0, 1), other.take)
    worker.withdraw(2)
    qtbot.wait(150)
    assert len(other.got) <= 1


def test_a_synchronous_worker_answers_at_once(worker: MeshWorker) -> None:
    receiver = _Receiver()
    worker.synchronous = True
    worker.request(1, Wish(blob(), 2.0, 7), receiver.take)
    assert [wish.generation for wish, _ in receiver.got] == [7]


def test_contours_of_a_map_are_finer_than_its_grid() -> None:
    density = blob()
    fine = contour(Wish(density, 2.0, 1)).mesh
    assert len(fine.vertices) > 1.3 * len(isosurface(density, 2.0 * density.rmsd).vertices)
