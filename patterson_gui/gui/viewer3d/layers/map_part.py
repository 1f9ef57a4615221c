"""The part of the crystal that one view draws its maps in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.maps.boxes import AROUND_ATOMS, WHOLE_CELL, Box, box_about, box_around


@dataclass(frozen=True, eq=False)
class MapPart:
    """The part of a map that is drawn, as `MapContour.set_box` takes it."""

    box: Box = WHOLE_CELL
    atoms: NDArray[np.float64] | None = None
    reach: float = 0.0
    beyond: bool = False


@dataclass
class PartChoice:
    """What was chosen to be drawn.

    Attributes
    ----------
    fixed : the part that is always drawn; None: the one that is chosen.
    box : what is drawn unless a model reaches out of it.
    radius : Å about the cursor within which the map is drawn; None: everywhere.
    reach : Å around the atoms within which the map is drawn; None: everywhere.
    copies : whether the symmetry copies of the model are drawn.
    """

    fixed: Box | None = None
    box: Box = WHOLE_CELL
    radius: float | None = None
    reach: float | None = None
    copies: bool = False

    def of(
        self,
        axes: NDArray[np.float64] | None,
        atoms: NDArray[np.float64] | None,
        cursor: NDArray[np.float64] | None,
    ) -> MapPart:
        """About the cursor, around the atoms, in the bounds that were chosen, or in the cell and
        where the model reaches out of it.

        Parameters
        ----------
        axes : (3, 3) of the cell, rows, Å; None while there is none.
        atoms : (n, 3) of the model, Å.
        cursor : (3,) fractional.
        """
        if axes is not None and self.radius is not None and cursor is not None:
            place = cursor[None] @ axes
            return MapPart(box_around(place, axes, self.radius), place, self.radius)
        if axes is None or atoms is None or self.box != WHOLE_CELL:
            return MapPart(self.box)
        if self.reach is not None and len(atoms):
            return MapPart(box_around(atoms, axes, self.reach), atoms, self.reach)
        box = box_about(atoms, axes)
        # Around a large model outside the cell the whole box would be mostly of its copies.
        far = box == WHOLE_CELL and len(atoms)
        return MapPart(box, atoms if far else None, AROUND_ATOMS, beyond=bool(far))
