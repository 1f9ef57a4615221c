"""Sites of one atom from its Harker peaks, which the user chose in the table of peaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.crystal_jobs import CrystalJobs
from patterson_gui.app.document.document import Document, Frac
from patterson_gui.app.jobs.jobs import JobContext, Lane
from patterson_gui.app.sites.sites import SiteList
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.vectors.common_origin import on_common_origin
from patterson_gui.crystal.vectors.harker_sites import HarkerSite, sites_from_harker_vectors

MOST_SOLUTIONS = 50
_SMALL = 1e-6


@dataclass(frozen=True)
class PeakSolution:
    """A site that explains the chosen peaks.

    Attributes
    ----------
    misfit : Å, root mean square distance of the peaks from the vectors of the site.
    open : which coordinates the peaks leave open, in a sentence; "" for none.
    lowest : the lowest value of the map over the vectors to the sites of the list, rmsd; None
        where the list is empty.
    how : for the list of sites.
    """

    frac: Frac
    misfit: float
    open: str
    lowest: float | None
    how: str


class SitesFromPeaks:
    """Solves chosen peaks in a job."""

    def __init__(self, document: Document, jobs: CrystalJobs, sites: SiteList) -> None:
        self._document = document
        self._jobs = jobs
        self._sites = sites

    def blocked(self, n_peaks: int) -> str | None:
        """Why no site can be made from `n_peaks` chosen peaks; None when one can."""
        if self._document.patterson is None or self._document.crystal is None:
            return "Open a file first."
        if not n_peaks:
            return "First choose one or more Harker peaks of one atom in the tab Peaks."
        return None

    def solve(
        self, vectors: Sequence[Frac], done: Callable[[tuple[PeakSolution, ...]], None]
    ) -> None:
        """Find the sites that explain the peaks at `vectors` together; tell where there is none."""
        patterson, crystal = self._document.patterson, self._document.crystal
        if patterson is None or crystal is None:
            return
        group, others = crystal.spacegroup, [site.frac for site in self._sites.sites]

        def work(context: JobContext) -> tuple[PeakSolution, ...]:
            return peak_solutions(vectors, patterson, group, others)

        self._jobs.submit(
            "Site from peaks", work, done, lane=Lane.PREVIEW, key="site from peaks", quiet=True
        )


def peak_solutions(
    vectors: Sequence[Frac],
    patterson: DensityMap,
    spacegroup: gemmi.SpaceGroup,
    others: Sequence[Frac],
) -> tuple[PeakSolution, ...]:
    """The sites that explain Harker peaks of one atom, best first.

    Where there are `others`, each site is brought to their origin and hand, and coordinates that
    are open are chosen, by the vectors to them. Where these do not decide, several places are
    given; those with higher vectors come first.

    Raises
    ------
    UserError : as `sites_from_harker_vectors`.
    """
    found = sites_from_harker_vectors(vectors, patterson.cell, spacegroup)[:MOST_SOLUTIONS]
    known = np.array(others, dtype=np.float64).reshape(-1, 3)
    solutions = [
        solution for site in found for solution in _solutions(site, known, patterson, spacegroup)
    ]
    if others:
        solutions.sort(key=lambda each: -(each.lowest or 0.0))
    return tuple(solutions)


def _solutions(
    site: HarkerSite,
    others: NDArray[np.float64],
    patterson: DensityMap,
    spacegroup: gemmi.SpaceGroup,
) -> list[PeakSolution]:
    """A site as it stands, or the places where it may be on the origin of the others."""
    sentence, names = _open_words(site, spacegroup)
    if not len(others):
        how = f"Harker peaks, {names} open" if names else "Harker peaks"
        return [PeakSolution(_in_cell(site.frac), site.misfit, sentence, None, how)]
    how = f"Harker peaks, {names} by cross vectors" if names else "Harker peaks"
    sentence = f"{names} from the vectors to the other sites." if names else ""
    placed = on_common_origin(site.frac, site.free, others, patterson, spacegroup)
    return [
        PeakSolution(_in_cell(each.frac), site.misfit, sentence, each.lowest, how)
        for each in placed
    ]


def _in_cell(frac: NDArray[np.float64]) -> Frac:
    x, y, z = (float(value) % 1.0 for value in frac)
    return x, y, z


def _open_words(site: HarkerSite, spacegroup: gemmi.SpaceGroup) -> tuple[str, str]:
    """A sentence about the coordinates that are open, and their names; "" for none."""
    if site.determined:
        return "", ""
    moving = np.abs(site.free).max(axis=0) > _SMALL
    names = " ".join(name for name, moves in zip("xyz", moving, strict=True) if moves)
    polar = polar_directions(spacegroup)
    rank = len(polar)
    if rank and np.linalg.matrix_rank(np.concatenate([polar, site.free]), tol=_SMALL) == rank:
        return f"{names}: any value, the origin is free along it.", names
    return f"{names} open: choose a peak of this atom on another Harker section as well.", names
