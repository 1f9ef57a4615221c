"""The refined structure that a refinement gives back: esds, figures, structure factors."""

import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.solution import RefinedStructure, RefinementFigures
from patterson_gui.solvers.refinement.absolute_structure import Flack
from patterson_gui.solvers.refinement.difference import difference_map
from patterson_gui.solvers.refinement.least_squares.figures import (
    goodness_of_fit,
    n_observed,
    r1,
    wr2,
)
from patterson_gui.solvers.refinement.least_squares.minimise import Outcome, covariance
from patterson_gui.solvers.refinement.least_squares.parameters import (
    EXTINCTION,
    TWIN,
    Parameters,
    State,
)
from patterson_gui.solvers.refinement.least_squares.reflection_data import prepare
from patterson_gui.solvers.refinement.least_squares.structure_factors import calculate
from patterson_gui.solvers.refinement.least_squares.weights import Weights


def refined_structure(
    outcome: Outcome, weights: Weights, flack: Flack | None = None, uncertainties: bool = True
) -> RefinedStructure:
    """The structure at the end of a refinement with `weights`; standard uncertainties are NaN if
    they are not asked for."""
    parameters = outcome.parameters
    merged = parameters.data.merged
    if uncertainties:
        matrix, sigma = covariance(outcome)
        esd = np.sqrt(np.maximum(np.diagonal(matrix), 1e-300))
        model = parameters.with_uncertainties(outcome.state.model, sigma)
    else:
        sigma, esd = np.full(parameters.n_full, np.nan), np.full(parameters.n_free, np.nan)
        model = outcome.state.model
    f_calc = structure_factors_of(outcome.state, parameters)
    difference = difference_map(merged, f_calc, outcome.calculated, outcome.state.scale)
    peak, hole = difference.highest, difference.deepest
    value, spread = merged.value, merged.sigma
    figures = RefinementFigures(
        r1=r1(value, spread, outcome.calculated),
        r1_all=r1(value, spread, outcome.calculated, all_reflections=True),
        wr2=wr2(outcome, value),
        goof=goodness_of_fit(outcome),
        n_reflections=len(merged),
        n_observed=n_observed(value, spread),
        n_parameters=parameters.n_free,
        weight_a=weights.a,
        weight_b=weights.b,
        scale=outcome.state.scale,
        max_shift_over_esd=float(np.abs(outcome.shift / esd).max(initial=0.0)),
        highest_peak=peak.height if peak else 0.0,
        highest_peak_at=peak.frac if peak else (0.0, 0.0, 0.0),
        deepest_hole=hole.height if hole else 0.0,
        deepest_hole_at=hole.frac if hole else (0.0, 0.0, 0.0),
        difference_rms=difference.rms,
        flack=flack.x if flack else float("nan"),
        flack_sigma=flack.sigma if flack else float("nan"),
        inverted=outcome.state.inverted if parameters.freedom.inverted else 0.0,
        extinction=outcome.state.extinction,
        extinction_sigma=float(sigma[parameters.extra_row(EXTINCTION)]),
        twin_law=parameters.data.twin_law,
        twin_fraction=outcome.state.twin_fraction,
        twin_fraction_sigma=float(sigma[parameters.extra_row(TWIN)]),
    )
    return RefinedStructure(
        spacegroup=merged.spacegroup,
        model=model,
        figures=figures,
        merged=merged,
        f_calc=f_calc,
        calculated=outcome.calculated,
    )


def structure_factors_of(state: State, parameters: Parameters) -> NDArray[np.complex128]:
    """(n,) F of a model at the measured indices, on absolute scale, in double precision."""
    exact = prepare(parameters.data.merged, parameters.data.device, torch.float64)
    return np.asarray(calculate(parameters.atoms(state.model), exact).f.cpu().numpy())


def extra_sigma(outcome: Outcome, which: int) -> float:
    """Standard uncertainty of a parameter that belongs to no atom."""
    _, sigma = covariance(outcome)
    return float(sigma[outcome.parameters.extra_row(which)])
