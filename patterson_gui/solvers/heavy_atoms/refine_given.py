"""Refine sites that a user has, against the differences: coordinates, occupancies and one B."""

from collections.abc import Callable, Sequence

import numpy as np

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.heavy_atoms import HeavySite, RefinedSites
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.heavy_atoms.expected_variance import difference_squares
from patterson_gui.solvers.heavy_atoms.growth import losses
from patterson_gui.solvers.heavy_atoms.likelihood import refine
from patterson_gui.solvers.heavy_atoms.substructure import Substructure

_CYCLES = 15
_STRONGEST = (0.08, 0.2)  # share of the strongest site, from which occupancies are refined


def refine_given_sites(
    differences: Differences,
    sites: Sequence[HeavySite],
    cancelled: Callable[[], bool] = lambda: False,
) -> RefinedSites:
    """Refine sites against the likelihood of the squared differences, as a search does.

    A site close to a special position moves onto it. No site is added or left out.

    Raises
    ------
    UserError : no sites, none with an occupancy above 0, or too few differences.
    Cancelled : `cancelled()` became true.
    """
    if not any(site.occupancy > 0.0 for site in sites):
        raise UserError(
            "There is no site with an occupancy above 0 to refine: give one, or find sites first."
        )
    data = difference_squares(differences)
    frac = np.array([site.frac for site in sites], dtype=np.float64).reshape(-1, 3)
    occupancy = np.array([site.occupancy for site in sites], dtype=np.float64)
    relative = np.clip(occupancy / occupancy.max(), 0.05, 1.0)
    best: Substructure | None = None
    for strongest in _STRONGEST:
        if cancelled():
            raise Cancelled
        start = Substructure(frac.copy(), strongest * relative, np.ones(len(frac)), 10.0)
        trial = refine(data, start, _CYCLES)
        if best is None or trial.score > best.score:
            best = trial
    if best is None or cancelled():
        raise Cancelled
    scores = losses(data, best)
    strength = best.occ * best.order
    shift = best.frac - frac
    lengths = np.linalg.norm(shift @ orthogonalization(data.cell).T, axis=1)
    refined = tuple(
        HeavySite(
            site.element,
            tuple(float(x) for x in best.frac[j] % 1.0),  # type: ignore[arg-type]
            float(strength[j] / strength.max()),
            best.b,
            float(scores[j]),
        )
        for j, site in enumerate(sites)
    )
    return RefinedSites(refined, best.score, tuple(float(length) for length in lengths))
