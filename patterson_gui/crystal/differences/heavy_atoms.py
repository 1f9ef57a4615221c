"""Sites of heavy atoms found from differences of amplitudes: settings, progress and result."""

import math
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.differences import Kind


@dataclass(frozen=True)
class SiteSearchSettings:
    """What a user can choose for a search of heavy atoms.

    Attributes
    ----------
    element : symbol of the element that is sought.
    n : largest number of sites in the asymmetric unit; None: as many as the data show.
    seed : of the random numbers that shuffle the differences.
    """

    element: str
    n: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class HeavySite:
    """One site of the asymmetric unit.

    Attributes
    ----------
    element : symbol.
    frac : fractional coordinates.
    occupancy : relative to the strongest site of the same search.
    b : Å², displacement parameter relative to the mean fall-off of the differences.
    score : the log-likelihood that the differences lose without the site; NaN for one that no
        search has found.
    uncertainty : Å, standard uncertainty of the position in its least certain direction; NaN where
        it is not known.
    doubt : why the site may be wrong, as a sentence; "" where nothing speaks against it.
    """

    element: str
    frac: tuple[float, float, float]
    occupancy: float
    b: float
    score: float
    uncertainty: float = math.nan
    doubt: str = ""


@dataclass(frozen=True, eq=False)
class FoundSites:
    """The result of a search.

    Attributes
    ----------
    sites : strongest first; empty where none stands out from noise.
    kind : of the differences.
    score : log-likelihood gained over no sites at all, natural logarithms.
    needed : score that each site needs, found from shuffled differences.
    shuffled : best score of a single site in each set of shuffled differences.
    patfom : mean of the lowest third of the Patterson function, in rmsd, over all vectors
        between sites and their images; NaN without sites.
    n_differences, d_min : differences that were used, and their resolution, Å.
    """

    sites: tuple[HeavySite, ...]
    kind: Kind
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    score: float
    needed: float
    shuffled: tuple[float, ...]
    patfom: float
    n_differences: int
    d_min: float
    seconds: float
    label: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sites)

    @property
    def frac(self) -> NDArray[np.float64]:
        """(n, 3) fractional coordinates."""
        return np.array([site.frac for site in self.sites]).reshape(-1, 3)

    @property
    def occupancy(self) -> NDArray[np.float64]:
        """(n,) relative occupancies."""
        return np.array([site.occupancy for site in self.sites])

    @property
    def reason(self) -> str:
        """One sentence that says whether there are sites, and why."""
        if self.sites:
            n = len(self.sites)
            n_doubtful = sum(bool(site.doubt) for site in self.sites)
            doubtful = ""
            if n_doubtful:
                verb = "is" if n_doubtful == 1 else "are"
                doubtful = (
                    f" {n_doubtful} of them {verb} uncertain." if n > 1 else " It is uncertain."
                )
            return (
                f"{n} site{'s' if n > 1 else ''}: each raises the log-likelihood of the "
                f"differences by more than {self.needed:.0f}, which no site does in shuffled "
                f"differences.{doubtful}"
            )
        return (
            "No site stands out: none raises the log-likelihood of the differences by "
            f"{self.needed:.0f}, which is what shuffled differences show is needed."
        )


@dataclass(frozen=True, eq=False)
class RefinedSites:
    """Sites of a user after refinement, in the same order.

    Attributes
    ----------
    score : log-likelihood gained over no sites at all.
    moved : Å, the shift of each site.
    """

    sites: tuple[HeavySite, ...]
    score: float
    moved: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class SitesProgress:
    """How far a search has come: step, fraction 0..1 and a few words."""

    step: str
    fraction: float
    text: str = ""
