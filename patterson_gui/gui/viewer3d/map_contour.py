"""The contour of one map: its level, and the requests for it to the background thread."""

from dataclasses import dataclass, replace
from functools import partial
from threading import Event

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from patterson_gui.crystal.maps.boxes import Box
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.gui.rendering.contouring import (
    Contour,
    ContourRequest,
    SupersededError,
    compute_contour,
)
from patterson_gui.gui.threads.background import background
from patterson_gui.gui.viewer3d.levels import LOWEST_LEVEL, level_texts, stepped


@dataclass(frozen=True, eq=False)
class Colouring:
    """`by` : the correlations that give the contour of one map, `of`, its colours. `words` : for
    the legend."""

    of: DensityMap
    by: DensityMap
    words: str


# After a draft, before the full contour begins: time to draw the draft, and for another turn of the
# wheel.
PAUSE_MS = 60


class MapContour(QObject):
    """Keeps the contour of a map up to date with its level and box.

    Of a large map a draft comes first, and the full contour after a pause. A request that a newer
    one replaces is given up.

    Signals
    -------
    changed : `contour` has changed.
    readout_changed : map, level or rmsd have changed.
    level_stepped(float) : the user changed the level, rmsd.

    Attributes
    ----------
    density : the map, or None.
    level : rmsd.
    rmsd : of the map in its own units; None until known.
    contour : the newest one, or None; it may be a draft, and belong to an earlier level.
    box : the part of the crystal that is contoured.
    """

    changed = pyqtSignal()
    readout_changed = pyqtSignal()
    level_stepped = pyqtSignal(float)

    def __init__(self, box: Box, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.density: DensityMap | None = None
        self.level = 2.5
        self.rmsd: float | None = None
        self.contour: Contour | None = None
        self.box = box
        self._atoms: NDArray[np.float64] | None = None
        self._reach = 0.0
        self._beyond = False
        self._colouring: Colouring | None = None
        self._highest = np.inf  # of the map, in rmsd, once it is known
        self._origin: float | None = None  # the height of the origin peak, once it is known
        self._generation = 0  # of the request made last
        self._answered = 0  # the generation that `contour` answers, other than by a draft
        self._replaced = Event()  # set when the request made last is replaced
        self._full: ContourRequest | None = None  # to be made after the pause
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._request_full)

    def set_density(self, density: DensityMap | None, *, same_cell: bool) -> None:
        """Contour another map. The old contour stays until the new one is there, unless the
        map is of another kind or cell."""
        earlier, self.density = self.density, density
        # Only the cached value: computing it takes a while for a large map.
        self.rmsd = None if density is None else density.__dict__.get("rmsd")
        self._highest, self._origin = np.inf, None
        same_kind = earlier is not None and density is not None and earlier.kind is density.kind
        if not (same_kind and same_cell):
            self._generation += 1
            self.contour = None
            self.changed.emit()
        self._request()
        self.readout_changed.emit()

    def set_level(self, rmsd: float) -> None:
        """Contour at another level."""
        rmsd = max(float(rmsd), LOWEST_LEVEL)
        if rmsd != self.level:
            self.level = rmsd
            self.readout_changed.emit()
            self._request()

    def step(self, steps: float) -> None:
        """Change the level as the wheel does; emits `level_stepped`."""
        if self.density is None:
            return
        level = stepped(self.level, steps, self._highest)
        if level != self.level:
            self.set_level(level)
            self.level_stepped.emit(level)

    def choose(self, level: float) -> None:
        """Take a level that the user chose, rmsd; emits `level_stepped`."""
        if self.density is not None and level != self.level:
            self.set_level(level)
            self.level_stepped.emit(self.level)

    def set_box(
        self,
        box: Box,
        atoms: NDArray[np.float64] | None = None,
        reach: float = 0.0,
        *,
        beyond: bool = False,
    ) -> None:
        """Contour another part of the crystal; with `atoms`, (n, 3) Å, only around them, or
        everything in the box and `beyond` it what is around them."""
        before = (self.box, self._reach, self._beyond)
        if before != (box, reach, beyond) or not _same(atoms, self._atoms):
            self.box, self._atoms, self._reach, self._beyond = box, atoms, reach, beyond
            self._request()

    def set_colouring(self, colouring: Colouring | None) -> None:
        """Colour the contour of one map by correlations; None: in the colour of the map."""
        before, self._colouring = self.colouring, colouring
        if self.colouring is not before:
            self._request()

    @property
    def colouring(self) -> Colouring | None:
        """That of the present map; None where it has none."""
        chosen = self._colouring
        return None if chosen is None or chosen.of is not self.density else chosen

    @property
    def settled(self) -> bool:
        """Whether the contour is that of the present map, level and box."""
        return self.density is None or self._answered == self._generation

    @property
    def texts(self) -> tuple[str, ...]:
        """The level for the title of the view, longest text first."""
        return (
            ("",)
            if self.density is None
            else level_texts(self.density, self.level, self.rmsd, self._origin)
        )

    def _request(self) -> None:
        self._pause.stop()
        self._full = None
        self._replaced.set()
        if self.density is None:
            return
        self._generation += 1
        self._replaced = replaced = Event()
        colour_by = None if self.colouring is None else self.colouring.by
        request = ContourRequest(
            self.density, self.level, self._generation, self.box, self._atoms, self._reach,
            self._beyond, colour_by=colour_by, is_wanted=lambda: not replaced.is_set(),
        )  # fmt: skip
        self._full = request
        if request.is_large:
            draft = replace(request, is_draft=True)
            work = partial(_compute, draft)
            background().request((id(self), "draft"), work, self.receive, first=True)
        else:
            self._request_full()

    def _request_full(self) -> None:
        """Request the full contour, once."""
        request, self._full = self._full, None
        if request is not None:
            background().request((id(self), "map"), partial(_compute, request), self.receive)

    def receive(self, contour: Contour | None) -> None:
        """Draw a contour that the background thread has computed.

        A contour of another map is dropped. Of one at an earlier level, only the rmsd of the map
        is used.
        """
        if contour is None or contour.request.density is not self.density:
            return
        self.rmsd, self._highest, self._origin = contour.rmsd, contour.highest, contour.origin
        self.readout_changed.emit()
        if contour.request.generation != self._generation:
            return
        if contour.request.is_draft:
            self._pause.start()
        else:
            self._answered = self._generation
            newest = self.contour and self.contour.request
            if newest and newest.is_draft and newest.generation == self._generation:
                contour = replace(contour, draft=self.contour)
        self.contour = contour
        self.changed.emit()


def _compute(request: ContourRequest) -> Contour | None:
    """The contour; None where it is not wanted any more."""
    try:
        return compute_contour(request)
    except SupersededError:
        return None


def _same(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> bool:
    """Whether these are the same points; one point is compared, of many the array itself."""
    if one is None or other is None or len(one) > 1:
        return one is other
    return bool(np.array_equal(one, other))
