"""Reasons to doubt sites that a search found: open coordinates, and differences of the other kind.

The standard uncertainty of a position follows from the information matrix of the likelihood. It is
large where a coordinate is at a value at which the vectors do not change with it to first order.

Anomalous and isomorphous differences of one derivative are different measurements of the same
atoms. What a site gains in the one foretells what it gains in the other; a site that should be seen
there and is not was made to fit noise, or what is not isomorphous.
"""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.differences.differences import Kind
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.solvers.heavy_atoms.expected_variance import DifferenceSquares
from patterson_gui.solvers.heavy_atoms.growth import losses
from patterson_gui.solvers.heavy_atoms.likelihood import refine, slope_of_variance
from patterson_gui.solvers.heavy_atoms.substructure import Substructure, on_special_position

_SINGULAR = 1e-10
_OPEN = 1.0 / 3.0  # of the resolution: more of it and a position is not known
_FORETOLD = 20.0  # score that a site is to have in the other differences, or nothing is said
_SEEN = 5.0  # score that a site needs there: its place is known, so that it has no choice
_STARTS = (0.08, 0.2)  # occupancies


def uncertainties(data: DifferenceSquares, sites: Substructure) -> NDArray[np.float64]:
    """(m,) Å, the standard uncertainty of each position in its least certain direction.

    At most the resolution. The origin along polar directions is not fixed by the data; it is held
    here by the mean of the sites.
    """
    m = len(sites)
    variance, slope = slope_of_variance(data, sites)
    for j in np.flatnonzero(sites.order > 1).tolist():
        _, _, allowed = on_special_position(data, sites.frac[j])
        slope[:, 3 * j : 3 * j + 3] = slope[:, 3 * j : 3 * j + 3] @ allowed
    normal = slope.T @ (slope * (0.5 / variance**2)[:, None])
    for direction in polar_directions(data.spacegroup):
        held = np.zeros(len(normal))
        held[: 3 * m] = np.tile(direction, m)
        normal += np.diag(normal)[: 3 * m].max() * np.outer(held, held)
    scale = np.sqrt(np.diag(normal))
    scale = np.where(scale > 0, scale, 1.0)
    covariance = np.linalg.pinv(
        normal / np.outer(scale, scale), rcond=_SINGULAR, hermitian=True
    ) / np.outer(scale, scale)
    axes = orthogonalization(data.cell)
    found = np.empty(m)
    for j in range(m):
        block = axes @ covariance[3 * j : 3 * j + 3, 3 * j : 3 * j + 3] @ axes.T
        found[j] = np.sqrt(max(float(np.linalg.eigvalsh(block).max()), 0.0))
    return np.minimum(found, data.d_min)


def doubts(
    data: DifferenceSquares,
    sites: Substructure,
    lost: NDArray[np.float64],
    other: DifferenceSquares | None,
) -> tuple[str, ...]:
    """(m,) a reason to doubt each site, as a sentence; "" where there is none.

    Parameters
    ----------
    lost : (m,) score that is lost without each site.
    other : differences of the other kind of the same crystal, where they were measured.
    """
    reasons = [
        "Its position is hardly determined in one direction." if value > _OPEN * data.d_min else ""
        for value in uncertainties(data, sites)
    ]
    if other is not None:
        unseen = _not_seen(sites, lost, other)
        words = _words(other.kind)
        reasons = [
            " ".join(part for part in (reason, words if missing else "") if part)
            for reason, missing in zip(reasons, unseen, strict=True)
        ]
    return tuple(reasons)


def _words(kind: Kind) -> str:
    return f"The {kind} differences, which show the other sites, do not show it."


def _not_seen(
    sites: Substructure, lost: NDArray[np.float64], other: DifferenceSquares
) -> NDArray[np.bool_]:
    """(m,) whether a site should have a clear score in the other differences and has none."""
    trials = [
        refine(
            other,
            Substructure(
                sites.frac.copy(), start * sites.occ / sites.occ.max(), sites.order.copy(), 10.0
            ),
            8,
        )
        for start in _STARTS
    ]
    best = max(trials, key=lambda each: each.score)
    seen = losses(other, best)
    # The gains of all sites together are in the ratio of the information of both data sets.
    foretold = lost * max(best.score, 0.0) / max(float(lost.sum()), 1e-9)
    return np.asarray((foretold > _FORETOLD) & (seen < _SEEN))
