"""What one view marks in its crystal: peaks, vectors, sites, two atoms, cursor, names of axes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patterson_gui.gui.viewer3d.layers.colour_legend import Legend
from patterson_gui.gui.viewer3d.overlay import Marks
from patterson_gui.gui.viewer3d.viewport import Viewport


class ViewMarks:
    """Holds fractional places, and has the viewport draw them.

    Attributes
    ----------
    axes : (3, 3) a, b, c of the cell in rows, Cartesian Å; None: no cell.
    """

    def __init__(self, viewport: Viewport, axis_names: str) -> None:
        self._viewport = viewport
        self._axis_names = axis_names
        self.axes: NDArray[np.float64] | None = None
        self._peaks = np.zeros((0, 3))
        self._labels: tuple[str, ...] = ()
        self._cursor: NDArray[np.float64] | None = None
        self._vectors = np.zeros((0, 3))
        self._ends: NDArray[np.float64] | None = None
        self._end_names: tuple[str, ...] = ()
        self._sites = np.zeros((0, 3))
        self._site_names: tuple[str, ...] = ()
        self._chosen_site: int | None = None
        self._legend: Legend | None = None

    def set_peaks(self, frac: ArrayLike | None, labels: Sequence[str] = ()) -> None:
        """Mark (n, 3) fractional places; the first of them are named by `labels`."""
        self._peaks = np.zeros((0, 3)) if frac is None else np.array(frac, float).reshape(-1, 3)
        self._labels = tuple(labels)
        self.show()

    def set_vectors(self, frac: ArrayLike | None) -> None:
        """Mark the ends of vectors at (n, 3) fractional places; None: none."""
        self._vectors = np.zeros((0, 3)) if frac is None else np.array(frac, float).reshape(-1, 3)
        self.show()

    def set_ends(self, frac: ArrayLike | None, names: Sequence[str] = ()) -> None:
        """Mark two atoms at (2, 3) fractional places and join them; None: none."""
        self._ends = None if frac is None else np.array(frac, float).reshape(2, 3)
        self._end_names = tuple(names)
        self.show()

    def set_sites(
        self, frac: ArrayLike | None, names: Sequence[str] = (), chosen: int | None = None
    ) -> None:
        """Mark sites of atoms at (n, 3) fractional places, one of them as chosen; None: none."""
        self._sites = np.zeros((0, 3)) if frac is None else np.array(frac, float).reshape(-1, 3)
        self._site_names, self._chosen_site = tuple(names), chosen
        self.show()

    @property
    def legend(self) -> Legend | None:
        """Of the colours of the map."""
        return self._legend

    def set_legend(self, legend: Legend | None) -> None:
        """Show a legend of the colours of the map; None: none."""
        if legend != self._legend:
            self._legend = legend
            self.show()

    @property
    def cursor(self) -> NDArray[np.float64] | None:
        """Where the cross is, (3,) fractional; None: nowhere."""
        return self._cursor

    def set_cursor(self, frac: ArrayLike | None) -> None:
        """Put the cross at a fractional place; None: nowhere."""
        self._cursor = None if frac is None else np.array(frac, float).reshape(3)
        self.show()

    @property
    def peaks(self) -> NDArray[np.float64]:
        """(n, 3) places of the peaks, Cartesian Å."""
        return self._peaks if self.axes is None else self._peaks @ self.axes

    @property
    def vectors(self) -> NDArray[np.float64]:
        """(n, 3) ends of the vectors, Cartesian Å."""
        return self._vectors if self.axes is None else self._vectors @ self.axes

    @property
    def sites(self) -> NDArray[np.float64]:
        """(n, 3) the sites, Cartesian Å."""
        return self._sites if self.axes is None else self._sites @ self.axes

    @property
    def ends(self) -> NDArray[np.float64] | None:
        """(2, 3) the two atoms, Cartesian Å; None where none are marked."""
        return self._ends if self._ends is None or self.axes is None else self._ends @ self.axes

    def show(self) -> None:
        """Draw the marks, once there is a cell."""
        axes = self.axes
        if axes is None:
            return
        peaks = self.peaks if len(self._peaks) else None
        cursor = None if self._cursor is None else self._cursor @ axes
        vectors = self.vectors if len(self._vectors) else None
        self._viewport.set_marks(
            Marks(
                axes,
                peaks,
                self._labels,
                cursor,
                self._axis_names,
                vectors,
                self.ends,
                self._end_names,
                self.sites if len(self._sites) else None,
                self._site_names,
                self._chosen_site,
                self._legend,
            )
        )
