"""Find the shift and hand that align one density to another, in reciprocal space.

A density moved by s has coefficients F(h) exp(2πi h·s); inverted through the origin, F(h)*.
"""

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Coefficients

_PEAKS_REFINED = 3  # peaks of the correlation that are refined, per hand
_MOST_SEARCHED = 250_000  # largest number of reflections in the search for the shift


def aligned_terms(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    shift: NDArray[np.float64],
    inverted: bool,
) -> NDArray[np.complex128]:
    """(n,) F at `hkl` (n, 3) of a density inverted, where `inverted`, and moved by `shift` (3,)."""
    return np.asarray((np.conj(f) if inverted else f) * np.exp(2j * np.pi * (hkl @ shift)))


def best_alignment(
    true: Coefficients, predicted: NDArray[np.complex128]
) -> tuple[NDArray[np.float64], bool]:
    """Shift (3,) and hand of highest Σ|Fp||Ft| cos(φp − φt + 2πh·s).

    Over grid points by one Fourier transform per hand, then refined from the highest
    few by Newton's method. Of a very large cell the coarsest reflections choose hand and
    place, and all of them refine the one chosen.
    """
    searched = np.ones(len(true.hkl), dtype=bool)
    if len(true.hkl) > _MOST_SEARCHED:
        searched = true.d >= np.partition(true.d, -_MOST_SEARCHED)[-_MOST_SEARCHED]
    part = true.select(searched)
    d_min = float(part.d.min())
    shape = grid_shape(part.cell, d_min / 3.0, d_min=d_min)
    best = (-np.inf, np.zeros(3), False)
    for inverted in (False, True):
        products = _products(part, predicted[searched], inverted)
        correlation = map_from_terms(part.hkl, products, part.cell, shape)
        # Start from no shift too, so that alignment never lowers the correlation.
        for start in (np.zeros(3), *_highest(correlation)):
            value, shift = _refined(part.hkl, products, start)
            # In a tie (a centrosymmetric truth) the hand is not changed.
            if value > best[0] + 1e-6 * abs(value):
                best = (value, shift, inverted)
    _, shift, inverted = best
    if not searched.all():
        shift = _refined(true.hkl, _products(true, predicted, inverted), shift)[1]
    return shift - np.rint(shift), inverted


def _products(
    true: Coefficients, predicted: NDArray[np.complex128], inverted: bool
) -> NDArray[np.complex128]:
    """(n,) F · F*; their sum after multiplication by exp(−2πi h·s) is maximal at shift s."""
    f = predicted if inverted else np.conj(predicted)
    return np.asarray(f * true.f.astype(np.complex128))


def _highest(correlation: NDArray[np.float32]) -> NDArray[np.float64]:
    """(few, 3) fractional positions of the highest values, no two neighbours."""
    flat = correlation.ravel()
    shape = np.array(correlation.shape)
    order = np.argpartition(flat, -min(60, flat.size))[-min(60, flat.size) :]
    order = order[np.argsort(-flat[order])]
    points = np.stack(np.unravel_index(order, correlation.shape), axis=1)
    chosen: list[NDArray[np.intp]] = []
    for point in points:
        apart = [np.abs((point - other + shape // 2) % shape - shape // 2) for other in chosen]
        if all(step.max() > 1 for step in apart):
            chosen.append(point)
        if len(chosen) == _PEAKS_REFINED:
            break
    return np.asarray(np.array(chosen) / shape)


def _refined(
    hkl: NDArray[np.int32], products: NDArray[np.complex128], start: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Maximum of Σ Re(products exp(−2πi h·s)) near `start` (3,), and its position."""
    waves = 2 * np.pi * hkl.astype(np.float64)

    def terms(shift: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.asarray(products * np.exp(-1j * (waves @ shift)))

    shift, turned = start, terms(start)
    value = float(turned.real.sum())
    for _ in range(20):
        gradient = turned.imag @ waves
        hessian = -(waves * turned.real[:, None]).T @ waves
        eigenvalues, axes = np.linalg.eigh(hessian)
        # Step uphill even if the function is not concave here.
        curvature = np.maximum(np.abs(eigenvalues), 1e-6 * np.abs(eigenvalues).max() + 1e-30)
        step = axes @ ((axes.T @ gradient) / curvature)
        for _ in range(8):
            trial = terms(shift + step)
            if trial.real.sum() >= value:
                break
            step = step / 2
        else:
            break
        gain = float(trial.real.sum()) - value
        shift, turned, value = shift + step, trial, value + gain
        if gain <= 1e-10 * abs(value):
            break
    return value, shift
