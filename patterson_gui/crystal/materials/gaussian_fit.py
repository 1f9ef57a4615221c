"""Fit atoms to linear measurements of a density of Z-weighted Gaussians.

A density in the cube is a sum of Gaussians of one shape, with unknown positions and heights. A
linear encoder maps it to the sum of what it gives for each atom. The algorithm for this sparse
problem is conditional gradients with sliding (Denoyelle et al., Inverse Problems 36, 014001, 2020):
add atoms at maxima of the residual, refine all atoms together against the measurements
(Levenberg–Marquardt), remove atoms of height zero, and repeat until the residual is zero.
Measurements without errors give the exact atoms, even if the Gaussians overlap strongly.

For a window onto a crystal the lattice is known, and each atom of the cell represents all its
copies.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, maximum_filter
from scipy.optimize import nnls

from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.material import MOST_NUMBER
from patterson_gui.crystal.materials.cube import EDGE, REACH, images
from patterson_gui.crystal.materials.gaussian_measurement import CHUNK, Array, Measurement, grid_of
from patterson_gui.errors import Cancelled

_FINE = 0.25  # Å between points where a new atom is tried
_EXPLAINED = 1e-9  # of the squared measurements: below, the residual is rounding error
_HEAVIEST = MOST_NUMBER + 1.0
_PATIENCE = 4  # rounds in a row that lower the residual little, until the fit ends
_MERGES = 6
_ODD = 0.1  # electrons from a whole number
_SEPARATE = 0.8  # Å between atoms added together
_FEW = 3  # largest number of these
_NEARLY = 3e-2  # of the squared measurements: below, missing atoms are light or close to another
_AT_ONCE = 8  # new atoms at a time
_LARGEST_STEP = 0.4  # Å
_SLIGHT = 1e-3  # share by which a step must lower the sum of squares to continue


@dataclass(frozen=True, eq=False)
class Fit:
    """Atoms that explain a measurement.

    Attributes
    ----------
    positions : (n, 3) Å in the cube.
    heights : (n,) electrons: the atomic number before rounding.
    residual : Σ (value − explained)² / Σ value².
    """

    positions: Array
    heights: Array
    residual: float

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(n,) the nearest atomic numbers."""
        return np.clip(np.rint(self.heights), 1, MOST_NUMBER).astype(np.int64)

    @property
    def exact(self) -> bool:
        """Whether the residual is rounding error only."""
        return self.residual < 100 * _EXPLAINED


@dataclass(frozen=True)
class Search:
    """Settings of the fit.

    Attributes
    ----------
    enough : share of the squared measurements at which the fit ends.
    rounds : largest number of rounds of adding and refining atoms.
    hopeless_after : rounds after which the fit ends if the residual is above `_NEARLY`.
    steps : least-squares steps in each round.
    too_close : Å; closer atoms are merged.
    lightest : electrons; atoms of lower height are removed.
    cancelled : asked before each least-squares step; the fit ends with `errors.Cancelled`.
    """

    enough: float
    rounds: int
    hopeless_after: int
    steps: int
    too_close: float
    lightest: float
    cancelled: Callable[[], bool] = lambda: False


EXACTLY = Search(_EXPLAINED, 25, 12, 30, 0.3, 0.15)
"""For measurements without errors: fit them exactly."""

ROUGHLY = Search(5e-3, 5, 5, 12, 1.3, 0.7)
"""For measurements that no atoms fit exactly: few, well separated atoms that come close."""


def fit_atoms(
    measured: Measurement, positions: Array, search: Search = EXACTLY, most: int = 130
) -> Fit:
    """Fit atoms to a measurement.

    Parameters
    ----------
    positions : (n, 3) Å, initial positions; may be empty.
    most : largest number of atoms.

    Raises
    ------
    errors.Cancelled : soon after `search.cancelled()` turns true.
    """
    start = refine_atoms(measured, _fit_heights(measured, positions), search)
    fit = _merge_and_remove(measured, start, search)
    best, stalled = fit, 0
    for number in range(search.rounds):
        if fit.residual < search.enough or len(fit.heights) >= most:
            break
        if number >= search.hopeless_after and best.residual > _NEARLY:
            break
        grown = _add_atoms(measured, fit)
        if len(grown.heights) == len(fit.heights):
            break
        fit = _merge_and_remove(measured, refine_atoms(measured, grown, search), search)
        stalled = 0 if fit.residual < 0.7 * best.residual else stalled + 1
        if fit.residual < best.residual:
            best = fit
        if stalled >= _PATIENCE:
            break
    return _remove_unneeded_atoms(measured, best, search) if best.exact else best


def _remove_unneeded_atoms(measured: Measurement, fit: Fit, search: Search) -> Fit:
    """Remove atoms without which the fit is still exact; the fit with the fewest atoms is right."""
    for i in np.argsort(np.abs(fit.heights - np.rint(fit.heights)))[::-1]:
        odd = abs(fit.heights[i] - np.rint(fit.heights[i])) > _ODD or fit.heights[i] < 0.5
        if not odd:
            break
        rest = np.arange(len(fit.heights)) != i
        fewer = Fit(fit.positions[rest], fit.heights[rest], fit.residual)
        fewer = refine_atoms(measured, fewer, search)
        if fewer.exact:
            return _remove_unneeded_atoms(measured, fewer, search)
    return fit


def refine_atoms(measured: Measurement, fit: Fit, search: Search) -> Fit:
    """Refine positions and heights of all atoms together by damped least squares."""
    positions, heights = fit.positions, fit.heights
    if not len(heights):
        return fit
    n, damping = len(heights), 1e-3
    left = measured.value - heights @ measured.of_atoms(positions)
    cost = float(left @ left)
    for _ in range(search.steps):
        if search.cancelled():
            raise Cancelled
        added, slopes = measured.with_slopes(positions)
        jacobian = np.concatenate([added, (heights[:, None, None] * slopes).reshape(3 * n, -1)])
        normal, wanted = jacobian @ jacobian.T, jacobian @ left
        diagonal = np.diag(normal).copy() + 1e-12 * np.trace(normal) / (4 * n)
        before = cost
        for _ in range(6):
            step = np.linalg.solve(normal + np.diag(damping * diagonal), wanted)
            moves = np.clip(step[n:].reshape(n, 3), -_LARGEST_STEP, _LARGEST_STEP)
            moved = positions + moves
            if measured.lattice is None:
                moved = np.clip(moved, 0.0, EDGE)
            weighed = np.clip(heights + step[:n], 0.02, 2 * _HEAVIEST)
            then = measured.value - weighed @ measured.of_atoms(moved)
            if (cost_then := float(then @ then)) < cost:
                positions, heights, left, cost = moved, weighed, then, cost_then
                damping = max(damping / 5, 1e-12)
                break
            damping *= 5
        if before - cost < _SLIGHT * before or cost < _EXPLAINED * measured.size:
            break
    return Fit(positions, heights, cost / measured.size if measured.size else 0.0)


def _fit_heights(measured: Measurement, positions: Array) -> Fit:
    """Atoms at these positions with heights by non-negative least squares."""
    if not len(positions):
        return Fit(np.zeros((0, 3)), np.zeros(0), 1.0)
    added = measured.of_atoms(positions)
    heights, left = nnls(added.T, measured.value, maxiter=30 * len(positions))
    there = heights > 0.1
    share = left**2 / measured.size if measured.size else 0.0
    return Fit(positions[there], heights[there], share)


def _merge_and_remove(measured: Measurement, fit: Fit, search: Search) -> Fit:
    """Remove atoms of low height and merge atoms that are too close."""
    for _ in range(_MERGES):
        cleaned = _merge_and_remove_once(measured, fit, search)
        if len(cleaned.heights) == len(fit.heights):
            break
        fit = cleaned  # the other atoms move, and may now be too close
    return cleaned


def _merge_and_remove_once(measured: Measurement, fit: Fit, search: Search) -> Fit:
    positions, heights = fit.positions.copy(), fit.heights.copy()
    keep = heights > search.lightest
    for i in np.argsort(heights):
        if not keep[i]:
            continue
        apart = _distances(positions[i], positions, measured.lattice)
        apart[i], apart[~keep] = np.inf, np.inf
        j = int(apart.argmin()) if len(apart) else 0
        if apart[j] < search.too_close:
            if measured.lattice is None:
                share = heights[i] / (heights[i] + heights[j])
                positions[j] += share * (positions[i] - positions[j])
            heights[j] += heights[i]
            keep[i] = False
    if keep.all():
        return fit
    kept = replace(fit, positions=positions[keep], heights=heights[keep])
    return refine_atoms(measured, kept, search)


def _distances(of: Array, others: Array, lattice: Array | None) -> Array:
    """(n,) Å; with a lattice, to the nearest copies."""
    differences = others - of
    if lattice is None:
        return np.asarray(np.linalg.norm(differences, axis=1))
    return distances(differences @ np.linalg.inv(lattice), lattice)


def merge_near_copies(fit: Fit, lattice: Array, nearer: float) -> Fit:
    """Merge atoms whose copies under a lattice (3, 3) are within `nearer` Å, the lightest first."""
    positions, heights = fit.positions.copy(), fit.heights.copy()
    keep = np.ones(len(heights), bool)
    for i in np.argsort(heights, kind="stable"):
        apart = _distances(positions[i], positions, lattice)
        apart[i], apart[~keep] = np.inf, np.inf
        j = int(apart.argmin()) if len(apart) else 0
        if len(apart) and apart[j] < nearer:
            heights[j] += heights[i]
            keep[i] = False
    return replace(fit, positions=positions[keep], heights=heights[keep])


def _add_atoms(measured: Measurement, fit: Fit) -> Fit:
    """Add atoms at maxima of the residual, or hidden ones if little is missing."""
    unknown, known = 4 * len(fit.heights), len(measured.value)
    if fit.residual > _NEARLY or unknown > 0.9 * known:
        new = _residual_peaks(measured, fit)
        if not len(new):
            return fit
        return _fit_heights(measured, np.concatenate([fit.positions, new]))
    positions, heights = _hidden_atoms(measured, fit)
    return replace(
        fit,
        positions=np.concatenate([fit.positions, positions]),
        heights=np.concatenate([fit.heights, heights]),
    )


def _hidden_atoms(measured: Measurement, fit: Fit) -> tuple[Array, Array]:
    """Positions (k, 3) and heights (k,) of atoms that lower the residual most while the present
    atoms are refined too (orthogonal least squares).

    This finds a light atom beside a heavy one: a small shift of the heavy atom hides the light one
    from the residual.
    """
    added, slopes = measured.with_slopes(fit.positions)
    n = len(fit.heights)
    scaled = (fit.heights[:, None, None] * slopes).reshape(3 * n, -1)
    span = np.linalg.qr(np.concatenate([added, scaled]).T)[0]
    left = measured.value - fit.heights @ added
    left = left - span @ (span.T @ left)
    places, everywhere = measured.candidates
    squared = np.einsum("pm,pm->p", everywhere, everywhere)
    beside = np.maximum(
        squared - np.square(everywhere @ span.astype(np.float32)).sum(1), 1e-3 * squared
    )
    asked = everywhere @ left.astype(np.float32)
    gain = np.where(asked > 0, asked**2 / beside, 0.0)
    chosen: list[int] = []
    for i in np.argsort(-gain, kind="stable")[: 40 * _FEW]:
        if len(chosen) == _FEW or gain[i] < 0.2 * gain.max() or gain[i] <= 0:
            break
        if all(_distances(places[i], places[[j]], measured.lattice)[0] > _SEPARATE for j in chosen):
            chosen.append(int(i))
    heights = np.clip(asked[chosen] / beside[chosen], 0.5, 20.0).astype(np.float64)
    return places[chosen], heights


def _residual_peaks(measured: Measurement, fit: Fit) -> Array:
    """Positions (k, 3) of the highest maxima of the residual, highest first."""
    left = measured.value - (
        fit.heights @ measured.of_atoms(fit.positions) if len(fit.heights) else 0.0
    )
    k = measured.functions.shape[1]
    back = (left @ measured.matrix).reshape(k, k, k)
    margin = 0.0 if measured.lattice is None else REACH
    along = np.arange(-margin, EDGE + margin + 1e-6, _FINE)
    profiles, _ = measured.profiles(along)
    asked = np.einsum("ui,vj,wk,ijk->uvw", profiles, profiles, profiles, back, optimize=True)
    if measured.lattice is None:
        return _maxima(asked, "constant") * _FINE
    # An atom of the cell adds at all its copies, so their values are summed.
    lattice = measured.lattice
    grid = grid_of(lattice, _FINE)
    sides, places = grid.shape[:3], grid.reshape(-1, 3)
    summed = np.zeros(len(places))
    for i in range(0, len(places), CHUNK):
        part = places[i : i + CHUNK]
        everywhere, _, atom = images(part, np.zeros(len(part), np.int64), lattice)
        values = map_coordinates(asked, (everywhere + margin).T / _FINE, order=1, mode="nearest")
        summed[i : i + CHUNK] = np.bincount(atom, values, minlength=len(part))
    found = _maxima(summed.reshape(sides), "wrap")
    in_cell: Array = (found / np.array(sides, dtype=np.float64)) @ lattice
    return in_cell


def _maxima(asked: Array, mode: str) -> Array:
    """(k, 3) indices of the local maxima that are at least half as high as the highest."""
    highest = float(asked.max())
    if highest <= 0:
        return np.zeros((0, 3))
    peaks = (asked == maximum_filter(asked, size=5, mode=mode, cval=-np.inf)) & (
        asked > 0.5 * highest
    )
    places = np.argwhere(peaks)
    order = np.argsort(-asked[peaks], kind="stable")[:_AT_ONCE]
    chosen: Array = places[order].astype(np.float64)
    return chosen
