"""Sites of heavy atoms that `find_sites` returns, with `save`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.crystal.differences.heavy_atoms import FoundSites, HeavySite
from patterson_gui.crystal.display.html import summary
from patterson_gui.io.heavy_atoms.sites import site_table, sites_structure, write_sites
from patterson_gui.io.opening.differences import ReadDifferences


@dataclass(frozen=True, eq=False)
class HeavySites:
    """Sites of heavy atoms, strongest first; none where the differences do not show any.

    Attributes
    ----------
    found : the sites with the evidence for them.
    read : the differences that they come from.
    """

    found: FoundSites
    read: ReadDifferences

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[HeavySite]:
        return iter(self.found.sites)

    def __getitem__(self, index: int) -> HeavySite:
        return self.found.sites[index]

    @property
    def frac(self) -> NDArray[np.float64]:
        """(n, 3) fractional coordinates."""
        return self.found.frac

    @property
    def occupancy(self) -> NDArray[np.float64]:
        """(n,) occupancies relative to the strongest site."""
        return self.found.occupancy

    @property
    def spacegroup(self) -> gemmi.SpaceGroup:
        """The space group."""
        return self.found.spacegroup

    @property
    def reason(self) -> str:
        """One sentence that says whether there are sites, and why."""
        return self.found.reason

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, chosen and left out."""
        return self.found.notes

    @property
    def table(self) -> list[dict[str, Any]]:
        """The rows of sites.json: element, x, y, z, occupancy, score."""
        return site_table(self.found)

    @property
    def atoms(self) -> gemmi.Structure:
        """The sites as a gemmi structure in their space group."""
        return sites_structure(self.found)

    def save(self, folder: PathLike) -> Path:
        """Write sites.pdb, sites.csv and sites.json into a folder, made if it does not exist.

        Raises
        ------
        UserError : a file cannot be written.
        """
        folder = path_of(folder, "folder")
        write_sites(folder, self.found, as_json=True)
        return folder

    def __repr__(self) -> str:
        return f"<HeavySites: {self.reason}>"

    def _repr_html_(self) -> str:
        rows = [
            (f"{site.element} {i}", f"{' '.join(f'{x:.4f}' for x in site.frac)}, "
             f"occupancy {site.occupancy:.2f}, score {site.score:.0f}")
            for i, site in enumerate(self, start=1)
        ]  # fmt: skip
        return summary(self.reason, rows)
