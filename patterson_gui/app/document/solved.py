"""What the views show of a solved or half-solved structure."""

from collections.abc import Sequence
from dataclasses import dataclass

import gemmi

from patterson_gui.crystal.maps.density_map import DensityMap


@dataclass(frozen=True, eq=False)
class SolvedView:
    """Maps and model of a solution.

    Attributes
    ----------
    density : 2Fo − Fc of the model, or the density of one try in P1.
    difference : Fo − Fc; None where there is no model.
    drawn : the atoms as they are drawn, symmetry mates included; None where there is no model.
    model : the independent atoms in their space group, for files and other programs.
    around : whether the maps are drawn around the atoms alone.
    whole_cell : whether the atoms fill the cell, rather than being one group.
    title : what the density is, in two or three words.
    """

    density: DensityMap
    difference: DensityMap | None = None
    drawn: gemmi.Structure | None = None
    model: gemmi.Structure | None = None
    around: bool = False
    whole_cell: bool = False
    title: str = "Density"

    @property
    def maps(self) -> Sequence[DensityMap]:
        """The maps there are."""
        return [m for m in (self.density, self.difference) if m is not None]
