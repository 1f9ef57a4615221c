"""Growth of a set of sites: the next site, sites that explain nothing, and whole solutions."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares
from patterson_gui.solvers.heavy_atoms.likelihood import expected, log_likelihood, refine
from patterson_gui.solvers.heavy_atoms.maps import MapMaker, distinct_peaks, likelihood_slope
from patterson_gui.solvers.heavy_atoms.substructure import (
    Substructure,
    explained_share,
    structure_factors,
    unit_factors,
)

_TRIED = 12  # peaks of the slope whose likelihood is calculated ...
_REFINED = 2  # ... and of which so many are refined
_TRIAL_OCC = (0.08, 0.16)
_REST = 3  # sites that may fail to reach the score before growth ends


def with_next_site(maker: MapMaker, sites: Substructure, cycles: int = 4) -> Substructure | None:
    """The sites and the one that raises the likelihood most; None where there is no further."""
    data = maker.data
    slope = likelihood_slope(maker, sites)
    peaks = distinct_peaks(data, slope, _TRIED, sites.frac, maker.apart)
    if not len(peaks):
        return None
    f, share = structure_factors(data, sites), explained_share(data, sites)
    unit = unit_factors(data, peaks, sites.b)
    n_ops = len(data.images)
    promise = [
        max(
            log_likelihood(
                data, expected(data, f + occ * unit[:, j], share + n_ops * occ**2, sites.b)
            )
            for occ in _TRIAL_OCC
        )
        for j in range(len(peaks))
    ]
    best = None
    for j in np.argsort(promise)[::-1][:_REFINED]:
        trial = refine(data, added(sites, peaks[j]), cycles)
        if best is None or trial.score > best.score:
            best = trial
    return best


def added(sites: Substructure, position: np.ndarray, occ: float = 0.12) -> Substructure:
    """The sites and one more."""
    return replace(
        sites,
        frac=np.vstack([sites.frac, position]),
        occ=np.append(sites.occ, occ),
        order=np.append(sites.order, 1.0),
    )


def worth(sites: Substructure, needed: float) -> float:
    """What a set is compared by: its score above that which every site needs."""
    return sites.score - needed * len(sites)


def grown(
    maker: MapMaker,
    sites: Substructure,
    needed: float,
    most: int,
    check: Callable[[], None],
) -> Substructure:
    """The best set of at most `most` sites on the way of growth from `sites`, pruned.

    Some sites in a row may score less than needed: together with later ones they can be right.
    """
    best, current = sites, sites
    while len(current) < most:
        check()
        larger = with_next_site(maker, current)
        if larger is None:
            break
        current = larger
        if worth(current, needed) > worth(best, needed):
            best = current
        elif len(current) - len(best) >= _REST:
            break
    return pruned(maker.data, best, needed)


def pruned(data: DifferenceSquares, sites: Substructure, needed: float) -> Substructure:
    """The sites without those whose loss costs less than `needed`, one after another."""
    while len(sites):
        weakest = min(
            (refine(data, sites.without(j), 2) for j in range(len(sites)) if len(sites) > 1),
            key=lambda rest: -rest.score,
            default=None,
        )
        if weakest is None or sites.score - weakest.score >= needed:
            break
        sites = weakest
    return sites


def losses(data: DifferenceSquares, sites: Substructure) -> np.ndarray:
    """(m,) score that is lost without each site, the others refined."""
    if len(sites) == 1:
        return np.array([sites.score])
    return np.array(
        [sites.score - refine(data, sites.without(j), 3).score for j in range(len(sites))]
    )
