"""What a user chooses before solving: contents of the cell, space group, radiation, effort."""

from dataclasses import dataclass
from typing import Literal

from patterson_gui.crystal.measured.contents import (
    Contents,
    contents_from_elements,
    contents_from_formula,
)
from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.stated_symmetry.space_group_names import meant_by
from patterson_gui.errors import UserError
from patterson_gui.io.opening.intensities import ReadIntensities

ContentsKind = Literal["file", "formula", "elements", "unknown"]
RadiationChoice = Literal["auto", "xray", "electron", "neutron"]


@dataclass(frozen=True)
class SolveChoices:
    """The choices for the open data.

    Attributes
    ----------
    contents : "file" takes what the file says, or nothing where it says nothing.
    formula, z : of one formula unit, and the number of units in the cell; None: by volume.
    elements : symbols, separated by spaces.
    space_group : "auto", "given" (that of the file) or a Hermann-Mauguin symbol.
    starts : most starts from random phases; None: until solved or out of time.
    """

    contents: ContentsKind = "file"
    formula: str = ""
    z: float | None = None
    elements: str = ""
    space_group: str = "auto"
    radiation: RadiationChoice = "auto"
    starts: int | None = None
    seed: int = 0
    hydrogens: bool = True
    anisotropic: bool = True

    def contents_for(self, measured: ReadIntensities) -> Contents | None:
        """The contents as chosen; None: nothing is known.

        Raises
        ------
        UserError : the formula or the list of elements is not understood.
        """
        if self.contents == "file":
            return measured.contents
        if self.contents == "formula":
            return contents_from_formula(self.formula, self.z, measured.intensities.cell)
        if self.contents == "elements":
            return contents_from_elements(self.elements)
        return None

    def check(self, measured: ReadIntensities) -> None:
        """Raise `UserError` where something that was typed is not understood."""
        self.contents_for(measured)
        if self.space_group == "given" and not measured.intensities.stated:
            raise UserError("The file gives no space group: choose “Automatic” or type one.")
        if self.space_group not in ("auto", "given"):
            meant_by(self.space_group)  # refuses names that are not known

    @property
    def settings(self) -> SolveSettings:
        """The settings that a solver gets."""
        return SolveSettings(
            space_group=self.space_group.strip(),  # its setting follows from the cell
            radiation=self.radiation,
            starts=self.starts,
            seed=self.seed,
            hydrogens=self.hydrogens,
            anisotropic=self.anisotropic,
        )
