"""Refinement of a model on F² in its space group, to convergence, with figures and esds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.solution import RefinedStructure, RefinementFigures
from patterson_gui.solve.refinement.figures import goodness_of_fit, n_observed, r1, wr2
from patterson_gui.solve.refinement.least_squares import Outcome, covariance, least_squares
from patterson_gui.solve.refinement.parameters import (
    Freedom,
    Parameters,
    State,
    isotropic_as_u,
)
from patterson_gui.solve.refinement.reflection_data import ReflectionData, TwinLaw, prepare
from patterson_gui.solve.refinement.structure_factors import calculate
from patterson_gui.solve.refinement.weights import Weights, choose_weights

_FEWEST_DATA = 5.0  # unique reflections (Friedel mates as one) for each parameter


@dataclass(frozen=True)
class RefinementOptions:
    """What a refinement does.

    Attributes
    ----------
    anisotropic : give atoms other than hydrogen six U where the data suffice (5 reflections for
        each parameter).
    cycles : most cycles of each stage.
    weights : fixed a and b; None chooses them for a flat goodness of fit.
    twin_law : rotation of hkl of a second domain; its share is refined.
    special_tolerance : an atom closer than this to an image (Å) moves onto the special position.
    """

    anisotropic: bool = True
    cycles: int = 20
    weights: Weights | None = None
    twin_law: TwinLaw | None = None
    twin_fraction: float = 0.2
    special_tolerance: float = 0.3
    device: str = "cpu"


def refine(
    merged: MergedIntensities,
    model: AsymmetricUnit,
    options: RefinementOptions | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RefinedStructure:
    """Refine `model` against `merged`, isotropic first, and give it esds and figures."""
    options = options or RefinementOptions()
    data = prepare(merged, options.device, twin_law=options.twin_law)
    twin = options.twin_law is not None
    state = State(model, twin_fraction=options.twin_fraction if twin else 0.0)
    freedom = Freedom(twin=twin)
    weights = options.weights or Weights()

    def run(state: State, weights: Weights, settled: float = 0.01) -> Outcome:
        parameters = Parameters(state.model, data, freedom, options.special_tolerance)
        start = replace(state, model=parameters.place(state.model))
        return least_squares(
            start, parameters, weights, options.cycles, settled=settled, cancelled=cancelled
        )

    outcome = run(state, weights, settled=0.5)
    if options.anisotropic:
        anisotropic = as_anisotropic(outcome.state.model, merged)
        if not np.array_equal(anisotropic.is_anisotropic, outcome.state.model.is_anisotropic):
            outcome = run(replace(outcome.state, model=anisotropic), weights, settled=0.2)
    if options.weights is None:
        for _ in range(3):
            before, weights = weights, choose_weights_of(outcome, data)
            if weights == before:
                break
            outcome = run(outcome.state, weights, settled=0.05)
    outcome = run(outcome.state, weights)
    return structure_of(outcome, data, weights)


def as_anisotropic(model: AsymmetricUnit, merged: MergedIntensities) -> AsymmetricUnit:
    """`model` with U_ij for all atoms other than hydrogen; unchanged where data do not suffice."""
    rows = ~model.is_hydrogen & ~model.is_anisotropic
    n_free = 9 * int((~model.is_hydrogen).sum()) + 4 * int(
        (model.is_hydrogen & (model.parent < 0)).sum()
    )
    mates = 1.0 if merged.friedel_merged else 1.9
    if len(merged) / mates < _FEWEST_DATA * n_free:
        return model
    u = model.u_aniso.copy()
    u[rows] = isotropic_as_u(model.u_iso[rows], merged.cell)
    return replace(model, u_aniso=u)


def choose_weights_of(outcome: Outcome, data: ReflectionData) -> Weights:
    """a and b for the model in `outcome`."""
    k = outcome.state.scale
    return choose_weights(
        data.merged.value / k,
        data.merged.sigma / k,
        outcome.calculated / k,
        outcome.parameters.n_free,
    )


def structure_of(outcome: Outcome, data: ReflectionData, weights: Weights) -> RefinedStructure:
    """The refined structure with esds and figures."""
    merged = data.merged
    model = outcome.state.model
    _, sigma = covariance(outcome)
    figures = RefinementFigures(
        r1=r1(merged.value, merged.sigma, outcome.calculated),
        r1_all=r1(merged.value, merged.sigma, outcome.calculated, all_reflections=True),
        wr2=wr2(outcome, merged.value),
        goof=goodness_of_fit(outcome),
        n_reflections=len(merged),
        n_observed=n_observed(merged.value, merged.sigma),
        n_parameters=outcome.parameters.n_free,
        weight_a=weights.a,
        weight_b=weights.b,
        scale=outcome.state.scale,
        max_shift_over_esd=outcome.max_shift_over_esd,
        extinction=outcome.state.extinction,
        twin_law=data.twin_law,
        twin_fraction=outcome.state.twin_fraction,
    )
    return RefinedStructure(
        spacegroup=merged.spacegroup,
        model=outcome.parameters.with_uncertainties(model, sigma),
        figures=figures,
        merged=merged,
        f_calc=structure_factors_of(outcome, merged),
    )


def structure_factors_of(outcome: Outcome, merged: MergedIntensities) -> NDArray[np.complex128]:
    """(n,) F of the model at `merged.hkl`, on absolute scale, in double precision."""
    exact = prepare(merged, outcome.parameters.data.device, torch.float64)
    atoms = outcome.parameters.atoms(outcome.state.model)
    return np.asarray(calculate(atoms, exact).f.cpu().numpy())
