"""Phases from heavy atoms that `phases` returns: maps of both hands and figures, with `save`."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.crystal.differences.heavy_phases import Phased
from patterson_gui.io.heavy_atoms.phases import density_of_hand, phasing_figures, write_phased


@dataclass(frozen=True, eq=False)
class PhasedCrystal:
    """Phases from heavy atoms, after density modification.

    Attributes
    ----------
    phased : both hands with their phases and sites.
    """

    phased: Phased

    @cached_property
    def density(self) -> DensityMap:
        """The map of the better hand over the whole cell, on the scale of the amplitudes."""
        return DensityMap.of(density_of_hand(self.phased.best))

    @cached_property
    def other_density(self) -> DensityMap | None:
        """The map of the other hand; None where it is the mirror image of `density`."""
        other = self.phased.other
        return None if other is None else DensityMap.of(density_of_hand(other))

    @property
    def figures(self) -> dict[str, Any]:
        """All figures, as `patterson-gui phases --json` prints them."""
        return phasing_figures(self.phased)

    @property
    def reason(self) -> str:
        """One sentence on the hand."""
        return self.phased.reason

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, chosen and left out."""
        return self.phased.notes

    def save(self, folder: PathLike) -> Path:
        """Write phases.mtz, density.ccp4, sites.pdb, the same of the other hand, phases.json.

        Raises
        ------
        UserError : a file cannot be written.
        """
        folder = path_of(folder, "folder")
        write_phased(folder, self.phased)
        return folder

    def __repr__(self) -> str:
        best = self.phased.best
        return (
            f"<PhasedCrystal: {len(best.f):,} reflections to {best.d_min:.2f} Å, figure of merit "
            f"{best.fom:.2f}. {self.reason}>"
        )
