"""Compare a prediction with the truth, in the fixed frame and aligned.

In P1 neither the origin nor the hand follows from |F|. The aligned figures are the best
over all shifts of both hands; the fixed ones align nothing. A density moved by s has
coefficients F(h) exp(2πi h·s); the other hand, inverted through the origin, has F(h)*.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization, p1, same_cell
from patterson_gui.crystal.comparison.agreement import pearson
from patterson_gui.crystal.comparison.alignment import aligned_terms, best_alignment
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind, invert_grid
from patterson_gui.crystal.maps.difference import difference_map
from patterson_gui.crystal.maps.masks import ball_mask, cell_atoms
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.equivalents import match, to_hemisphere, unique_reflections
from patterson_gui.crystal.reciprocal.fourier import (
    coefficients_from_map,
    map_from_coefficients,
    map_from_terms,
    shift_grid,
)
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.errors import UserError

N_SHELLS = 12
ROUNDING = 1e-4  # of the rmsd of the truth: less is the rounding of shifts in 32 bits


@dataclass(frozen=True)
class Shell:
    """Phase error in one of the shells of equal reciprocal volume; None where empty."""

    d_max: float
    d_min: float
    n: int
    phase_error_deg: float | None
    phase_error_weighted_deg: float | None


@dataclass(frozen=True)
class FrameFigures:
    """Agreement in one frame: Pearson r over the whole cell and inside the mask around
    the true atoms (None without a mask); mean phase errors, degrees, plain and weighted
    by the true |F|."""

    r: float
    r_masked: float | None
    phase_error_deg: float
    phase_error_weighted_deg: float
    shells: tuple[Shell, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Figures in the fixed and in the aligned frame.

    `shift_frac` (3,) is added to fractional coordinates of the prediction to align it to the
    truth, after inversion through the origin if `inverted`.
    """

    fixed: FrameFigures
    aligned: FrameFigures
    shift_frac: tuple[float, float, float]
    inverted: bool

    @property
    def solved(self) -> bool:
        """Aligned r of 0.80 or more."""
        return self.aligned.r >= 0.80


def compare(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex64],
    truth: Coefficients,
    *,
    phased: NDArray[np.bool_] | None = None,
    mask: NDArray[np.bool_] | None = None,
) -> Comparison:
    """Predicted coefficients against true ones in the same cell.

    Parameters
    ----------
    hkl, f : (n, 3), (n,) of the prediction in P1, either Friedel mate.
    truth : in any space group; its reflections are those the maps are summed over. A
        reflection the prediction lacks is zero in it.
    phased : (n,) which of the predicted reflections count for phase errors; None: all.
    mask : (nu, nv, nw) region for `r_masked`, on a grid fine enough for the reflections.
    """
    true = truth.expand_to_p1()
    predicted, counts = _on_reflections(hkl, f, phased, true.hkl)
    if not counts.any() or not np.any(predicted):
        raise UserError("The prediction and the truth have no reflection in common.")
    shift, inverted = best_alignment(true, predicted)
    aligned = aligned_terms(true.hkl, predicted, shift, inverted)
    true_grid = None if mask is None else _grid(true, true.f, mask)
    return Comparison(
        fixed=_figures(true, predicted, counts, mask, true_grid),
        aligned=_figures(true, aligned, counts, mask, true_grid),
        shift_frac=(float(shift[0]), float(shift[1]), float(shift[2])),
        inverted=inverted,
    )


def compare_prediction(prediction: Prediction, truth_crystal: Crystal) -> Comparison:
    """Compare a prediction with the model, or the true map, of its crystal.

    Maps are compared to the resolution of the data used; phase errors count over the
    reflections that were measured.
    """
    density, data = prediction.density, prediction.amplitudes
    cell = truth_crystal.cell
    if not same_cell(density.cell, cell):
        raise UserError("The truth has another unit cell than the prediction.")
    d_min = data.d_min
    truth = _truth(truth_crystal, d_min)
    hkl = unique_reflections(density.cell, p1(), d_min)
    f = coefficients_from_map(density.grid, density.cell, hkl)
    _, measured = match(to_hemisphere(data.hkl)[0], hkl)
    mask = None
    if truth_crystal.model is not None and len(truth_crystal.model):
        centres = cell_atoms(truth_crystal.model)
        mask = ball_mask(cell, density.shape, centres, 2.0)
    return compare(hkl, f, truth, phased=measured, mask=mask)


def difference_from_truth(
    prediction: Prediction, aligned: DensityMap, truth: Crystal
) -> DensityMap:
    """The aligned prediction minus the true density to the same resolution, e/Å³.

    Both have zero mean. The prediction p is multiplied by k = Σpt / Σp², which minimises
    Σ(kp − t)² over the points of the cell. An overall scale of the prediction is no difference.
    What is left by rounding alone is set to zero, so that nothing is contoured in it.
    """
    d_min = prediction.amplitudes.d_min
    grid = map_from_coefficients(_truth(truth, d_min), aligned.shape)
    true = DensityMap(grid, aligned.cell, p1(), MapKind.TRUE, d_min)
    difference = difference_map(replace(aligned, absolute=False), true)
    if difference.rmsd < ROUNDING * true.rmsd:
        return difference.with_grid(np.zeros_like(difference.grid))
    return difference


def central_r(prediction: Prediction, truth_crystal: Crystal, edge: float) -> float:
    """Pearson r in the fixed frame over a cube of `edge` Å about the middle of the cell.

    For a small molecule in a large cell most of the map is empty; the cube excludes the empty
    part, as for the first set of paper 1.
    """
    density = prediction.density
    truth = _truth(truth_crystal, prediction.amplitudes.d_min)
    true_grid = map_from_coefficients(truth, density.shape)
    axes = [np.arange(n) / n - 0.5 for n in density.shape]
    offsets = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    cartesian = offsets @ orthogonalization(density.cell).T
    inside = np.asarray((np.abs(cartesian) <= edge / 2 + 1e-6).all(axis=-1), dtype=bool)
    return pearson(density.grid, true_grid, inside)


def aligned_density(prediction: Prediction, comparison: Comparison) -> DensityMap:
    """The predicted map aligned to the truth: inverted if necessary, and shifted exactly in
    reciprocal space."""
    density = prediction.density
    grid = density.grid
    if comparison.inverted:
        grid = invert_grid(grid)
    return density.with_grid(shift_grid(grid, comparison.shift_frac))


def aligned_phases_deg(prediction: Prediction, comparison: Comparison) -> NDArray[np.float32]:
    """(n,) phases of the aligned prediction, degrees, −180..180, in its own order."""
    phases = prediction.phases_deg.astype(np.float64)
    if comparison.inverted:
        phases = -phases
    phases = phases + 360.0 * (prediction.amplitudes.hkl @ np.array(comparison.shift_frac))
    return np.asarray((phases + 180.0) % 360.0 - 180.0, dtype=np.float32)


def _truth(crystal: Crystal, d_min: float) -> Coefficients:
    if crystal.model is not None:
        return structure_factors(crystal.model, crystal.cell, crystal.spacegroup, d_min)
    if crystal.truth is None:
        raise UserError("There is no model or true map to compare with: choose one.")
    hkl = unique_reflections(crystal.cell, p1(), d_min)
    f = coefficients_from_map(crystal.truth.grid, crystal.cell, hkl)
    return Coefficients(hkl, f, crystal.cell, p1())


def _on_reflections(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex64],
    phased: NDArray[np.bool_] | None,
    wanted: NDArray[np.int32],
) -> tuple[NDArray[np.complex128], NDArray[np.bool_]]:
    """(m,) predicted F at `wanted` (m, 3), zero where there is none, and which count."""
    mates, flipped = to_hemisphere(np.asarray(hkl, dtype=np.int32))
    values = np.where(flipped, np.conj(f), f).astype(np.complex128)
    index, found = match(mates, wanted)
    counts = found if phased is None else found & phased[index]
    return np.where(found, values[index], 0.0), counts


def _figures(
    true: Coefficients,
    predicted: NDArray[np.complex128],
    counts: NDArray[np.bool_],
    mask: NDArray[np.bool_] | None,
    true_grid: NDArray[np.float32] | None,
) -> FrameFigures:
    f_true = true.f.astype(np.complex128)
    # Over the whole cell r is, by Parseval, the correlation of the coefficients.
    norm = np.linalg.norm(f_true) * np.linalg.norm(predicted)
    r = float(np.vdot(f_true, predicted).real / norm) if norm > 0 else 0.0
    r_masked = None
    if mask is not None and true_grid is not None:
        r_masked = pearson(_grid(true, predicted, mask), true_grid, mask)
    errors = np.abs(np.degrees(np.angle(predicted * np.conj(f_true))))
    errors[predicted == 0] = 90.0  # no phase: the mean error of a random phase
    weights = np.abs(f_true)
    shells = _shells(true.d, errors, weights, counts)
    return FrameFigures(
        r=r,
        r_masked=r_masked,
        phase_error_deg=float(errors[counts].mean()),
        phase_error_weighted_deg=_weighted(errors[counts], weights[counts]),
        shells=shells,
    )


def _grid(
    true: Coefficients, f: NDArray[np.complexfloating], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    nu, nv, nw = mask.shape
    return map_from_terms(true.hkl, f, true.cell, (nu, nv, nw))


def _weighted(errors: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    total = float(weights.sum())
    return float(errors @ weights) / total if total > 0 else float(errors.mean())


def _shells(
    d: NDArray[np.float64],
    errors: NDArray[np.float64],
    weights: NDArray[np.float64],
    counts: NDArray[np.bool_],
) -> tuple[Shell, ...]:
    """Twelve shells of equal reciprocal volume, from infinity to the resolution limit."""
    volume = d**-3.0
    edges = np.linspace(0.0, float(volume.max()) * (1 + 1e-9), N_SHELLS + 1)
    place = np.clip(np.digitize(volume, edges) - 1, 0, N_SHELLS - 1)
    shells = []
    for i in range(N_SHELLS):
        inside = (place == i) & counts
        n = int(inside.sum())
        d_max = float(d.max()) if i == 0 else float(edges[i] ** (-1 / 3))
        shell = Shell(d_max, float(edges[i + 1] ** (-1 / 3)), n, None, None)
        if n:
            shell = replace(
                shell,
                phase_error_deg=float(errors[inside].mean()),
                phase_error_weighted_deg=_weighted(errors[inside], weights[inside]),
            )
        shells.append(shell)
    return tuple(shells)
