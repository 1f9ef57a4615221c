"""Contours maps outside the GUI thread.

One thread serves all views. Of each view only the latest wish counts, and an answer to an
earlier one is dropped: a wheel that spins never builds a queue.
"""

import atexit
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakMethod

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from patterson_gui.crystal.density import DensityMap
from patterson_gui.crystal.surfaces import Mesh, finely_sampled, isosurface
from patterson_gui.gui.certain import alive
from patterson_gui.gui.scene import Ball

Contoured = Callable[["Wish", "Contour"], None]


@dataclass(frozen=True, eq=False)
class Wish:
    """Contour `density` at `level` rmsd; `generation` tells the asker's wishes apart."""

    density: DensityMap
    level: float
    generation: int


@dataclass(frozen=True, eq=False)
class Contour:
    """The answer; `ball` holds the mesh, `spacing` is that of the wire's planes, Å, `rmsd`
    is the map's, in its own units, `highest` its maximum in rmsd."""

    mesh: Mesh
    ball: Ball
    spacing: float
    rmsd: float
    highest: float


class MeshWorker(QObject):
    """Make it in the GUI thread; answers come there.

    `synchronous` makes every wish be fulfilled at once, by the caller: for tests.
    """

    _made = pyqtSignal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        self.synchronous = False
        self._made.connect(self._hand_over)
        self._wishes: OrderedDict[int, tuple[Wish, WeakMethod[Contoured]]] = OrderedDict()
        self._some = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="patterson-pool-mesh", daemon=True)
        self._thread.start()

    def request(self, key: int, wish: Wish, receiver: Contoured) -> None:
        """Contour and call `receiver(wish, contour)` in the GUI thread; it is held weakly."""
        if self.synchronous:
            receiver(wish, contour(wish))
            return
        with self._some:
            self._wishes[key] = (wish, WeakMethod(receiver))
            self._some.notify()

    def withdraw(self, key: int) -> None:
        """Forget what this view asked for."""
        with self._some:
            self._wishes.pop(key, None)

    def end(self) -> None:
        with self._some:
            self._ending = True
            self._some.notify()
        self._thread.join(10.0)

    def _run(self) -> None:
        while True:
            with self._some:
                while not self._wishes and not self._ending:
                    self._some.wait()
                if self._ending:
                    return
                _, (wish, receiver) = self._wishes.popitem(last=False)
            self._made.emit(wish, contour(wish), receiver)
            del wish, receiver  # a map may be large: it is not kept for the next wish's sake

    def _hand_over(self, wish: Wish, contour: Contour, receiver: "WeakMethod[Contoured]") -> None:
        call = receiver()
        if call is not None and alive(call):
            call(wish, contour)


def contour(wish: Wish) -> Contour:
    """The whole cell's iso-surface."""
    density = wish.density
    fine = _fine.get(density)
    if fine is None:
        fine = finely_sampled(density)
        if fine is not density:  # which would keep itself alive there
            _fine[density] = fine
    rmsd = density.rmsd
    highest = float(density.grid.max()) / rmsd if rmsd > 0 else 0.0
    mesh = isosurface(fine, wish.level * rmsd)
    ball = Ball() if mesh.is_empty else Ball.about(mesh.vertices)
    edges = np.linalg.norm(fine.orthogonalization, axis=0)
    spacing = mesh.step * float(np.min(edges / fine.shape))
    return Contour(mesh, ball, spacing, rmsd, highest)


# Maps sampled finely enough for smooth contours, for as long as they are shown.
_fine: "WeakKeyDictionary[DensityMap, DensityMap]" = WeakKeyDictionary()

_worker: MeshWorker | None = None


def mesh_worker() -> MeshWorker:
    """The program's one worker; made at the first call, in the GUI thread."""
    global _worker  # noqa: PLW0603
    if _worker is None:
        _worker = MeshWorker()
        atexit.register(_worker.end)
    return _worker
