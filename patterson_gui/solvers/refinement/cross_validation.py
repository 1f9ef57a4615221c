"""R of reflections that a model was not refined against (cross-validation)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal.equivalents import packed, to_hemisphere
from patterson_gui.crystal.solution import RefinedStructure, RefinementFigures
from patterson_gui.solvers.refinement.least_squares.figures import r1
from patterson_gui.solvers.refinement.least_squares.minimise import intensities_of, least_squares
from patterson_gui.solvers.refinement.least_squares.parameters import (
    Freedom,
    Parameters,
    State,
    riding_u,
)
from patterson_gui.solvers.refinement.least_squares.reflection_data import ReflectionData, prepare
from patterson_gui.solvers.refinement.least_squares.weights import Weights

_FOLDS = 10  # a tenth of the reflections is left out at a time
_ENOUGH = 500  # reflections that were left out: then the standard error of R is about 3 % of R
_SHIFT = 0.2  # Å by which atoms are moved, on average
# Å; reflections of smaller spacing tell more of displacements and bonds than of the structure, and
# atoms that were moved by more than a quarter of a spacing do not move back.
SPACING_LIMIT = 0.8
_CYCLES = 10
_SHELLS = 10  # of resolution, of equal numbers of reflections
_WEIGHTS = Weights(a=0.2)  # errors of the model dominate


@dataclass(frozen=True)
class CrossValidation:
    """How a model fits reflections that it was and was not refined against.

    Attributes
    ----------
    r_work : R1 of the reflections that were refined against.
    r_free : R1 of those that were left out.
    r_unrelated : R1 of the same calculated intensities, exchanged among reflections of about one
        resolution: what a model with such atoms has that has nothing to do with the crystal.
    n_free : reflections that were left out.
    """

    r_work: float
    r_free: float
    r_unrelated: float
    n_free: int


def cross_validate(
    structure: RefinedStructure,
    device: str = "cpu",
    cancelled: Callable[[], bool] = lambda: False,
) -> CrossValidation:
    """Refine a structure again without some of its reflections, and compare with these.

    With few reflections for each parameter any model fits, and a low R1 proves nothing. It does
    not fit the reflections that were left out (Brünger, Nature 355, 472, 1992). The atoms are
    isotropic and are first moved by about 0.2 Å, so that little is left of the fit to the
    reflections in question; a right model moves back.

    A tenth of the reflections is left out, and another tenth in a further refinement, until there
    are 500 or each was left out once. Friedel mates are left out together.

    Raises `Cancelled` after the cycle in which `cancelled()` turns true.
    """
    figures = structure.figures
    merged = _select(structure.merged, structure.merged.d >= SPACING_LIMIT)
    no_u_aniso = np.full_like(structure.model.u_aniso, np.nan)
    model = replace(structure.model, u_aniso=no_u_aniso)
    whole = prepare(merged, device, twin_law=figures.twin_law)
    random = np.random.default_rng(0)
    groups, which = np.unique(packed(to_hemisphere(merged.hkl)[0]), return_inverse=True)
    fold = (random.permutation(len(groups)) % _FOLDS)[which]
    n_folds = min(_FOLDS, math.ceil(_ENOUGH * _FOLDS / max(len(merged), 1)))
    work, free, calculated = [], np.zeros(len(merged), dtype=bool), np.zeros(len(merged))
    for number in range(n_folds):
        out = fold == number
        if not out.any() or out.all():
            continue
        found = _refined_without(figures, model, whole, out, random, cancelled)
        work.append(r1(merged.value[~out], merged.sigma[~out], found[~out]))
        calculated[out] = found[out]
        free |= out
    value, sigma = merged.value[free], merged.sigma[free]
    shuffled = _exchanged(calculated[free], merged.d[free], random)
    return CrossValidation(
        float(np.mean(work)) if work else float("nan"),
        r1(value, sigma, calculated[free]),
        r1(value, sigma, shuffled),
        int(free.sum()),
    )


def _refined_without(
    figures: RefinementFigures,
    model: AsymmetricUnit,
    whole: ReflectionData,
    out: NDArray[np.bool_],
    random: np.random.Generator,
    cancelled: Callable[[], bool],
) -> NDArray[np.float64]:
    """(n,) calculated intensities of all reflections after a refinement without those of `out`."""
    twin = figures.twin_law is not None
    data = prepare(_select(whole.merged, ~out), whole.device, twin_law=figures.twin_law)
    parameters = Parameters(model, data, Freedom(twin=twin), 0.3)
    state = State(
        _moved(parameters.place(model), parameters, random),
        scale=figures.scale,
        extinction=figures.extinction,
        inverted=figures.inverted,
        twin_fraction=figures.twin_fraction,
    )
    outcome = least_squares(
        state,
        parameters,
        _WEIGHTS,
        _CYCLES,
        damping=1e-3,
        least_gain=2e-3,
        cancelled=cancelled,
    )
    return intensities_of(outcome.state, Parameters(outcome.state.model, whole, Freedom(), 0.3))


def _moved(
    model: AsymmetricUnit, parameters: Parameters, random: np.random.Generator
) -> AsymmetricUnit:
    """Atoms at random distances from their places, as far as their site symmetry allows, with
    the median U. Hydrogen atoms ride on the others."""
    inverse = np.linalg.inv(orthogonalization(parameters.cell).T)
    steps = _SHIFT / math.sqrt(3) * random.standard_normal(model.frac.shape) @ inverse
    for i, site in enumerate(parameters.sites):
        steps[i] = site.shifts @ np.linalg.lstsq(site.shifts, steps[i])[0]
    riding = np.flatnonzero(model.parent >= 0)
    steps[riding] = steps[model.parent[riding]]
    u_iso = np.full(len(model), float(np.median(model.u_iso[~model.is_hydrogen])))
    u_iso[riding] = riding_u(model, u_iso)
    return replace(model, frac=model.frac + steps, u_iso=u_iso)


def _select(merged: MergedIntensities, mask: NDArray[np.bool_]) -> MergedIntensities:
    return replace(
        merged,
        hkl=merged.hkl[mask],
        value=merged.value[mask],
        sigma=merged.sigma[mask],
        redundancy=merged.redundancy[mask],
    )


def _exchanged(
    calculated: NDArray[np.float64], d: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Calculated intensities in random order within shells of resolution."""
    mixed = calculated.copy()
    for shell in np.array_split(np.argsort(-d), _SHELLS):
        mixed[shell] = calculated[random.permutation(shell)]
    return mixed
