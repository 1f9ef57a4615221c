"""Normal equations against derivatives by finite differences."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.solvers.refinement.least_squares import normal_equations
from patterson_gui.solvers.refinement.least_squares.normal_equations import Problem
from patterson_gui.solvers.refinement.least_squares.parameters import Freedom, Parameters, State
from patterson_gui.solvers.refinement.least_squares.reflection_data import TwinLaw, prepare
from patterson_gui.solvers.refinement.least_squares.weights import Weights

_LAW: TwinLaw = ((0, 1, 0), (1, 0, 0), (0, 0, -1))


def _merged(group: str, cell: gemmi.UnitCell) -> MergedIntensities:
    """Reflections of one hemisphere with arbitrary intensities."""
    hkl = gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), 1.1).astype(np.int32)
    n = len(hkl)
    value = np.random.default_rng(1).exponential(300.0, n)
    return MergedIntensities(
        hkl, value, 0.05 * value + 2, np.ones(n, int), cell, gemmi.SpaceGroup(group), False, 1.54184
    )


def _state(cell: gemmi.UnitCell) -> State:
    """Three anisotropic atoms, the first on the threefold axis, and an isotropic one."""
    random = np.random.default_rng(2)
    frac = np.concatenate([[[0.0, 0.0, 0.1]], random.random((3, 3))])
    model = AsymmetricUnit.isotropic(("Fe", "S", "O", "C"), frac, 0.03)
    u = random.uniform(-0.004, 0.004, (4, 6))
    u += np.array([0.03, 0.03, 0.03, 0, 0, 0])
    u[0] = [0.03, 0.03, 0.04, 0.015, 0, 0]
    u[3] = np.nan
    model.occ[:] = [1.0, 0.7, 0.3, 0.9]
    model.part[:] = [0, 1, 2, 0]
    return State(replace(model, u_aniso=u), 1.3, extinction=0.4, inverted=0.2, twin_fraction=0.3)


@pytest.mark.parametrize("on_amplitudes", [False, True])
@pytest.mark.parametrize(("group", "law"), [("P 3", _LAW), ("P 3", None), ("P -3", None)])
def test_normal_equations_follow_from_differences(
    monkeypatch: pytest.MonkeyPatch, group: str, law: TwinLaw | None, on_amplitudes: bool
) -> None:
    monkeypatch.setattr(normal_equations, "_TILE", 8)
    monkeypatch.setattr(normal_equations, "_BLOCK", 50)
    cell = gemmi.UnitCell(7, 7, 6, 90, 90, 120)
    data = prepare(_merged(group, cell), dtype=torch.float64, twin_law=law)
    state = _state(cell)
    freedom = Freedom(
        occupancies=np.array([True, False, True, True]),
        alternatives=group == "P -3",
        extinction=True,
        inverted=group == "P 3",
        twin=law is not None,
    )
    parameters = Parameters(state.model, data, freedom)
    problem = Problem(parameters, Weights(0.1, 0.5), on_amplitudes)
    point = problem.at(state)
    columns = []
    for shift in parameters.constraint.toarray().T:
        step = 1e-6 / np.abs(shift).max()
        ends = [problem.fit(parameters.moved(state, sign * step * shift)) for sign in (1, -1)]
        columns.append(((ends[0] - ends[1]) / (2 * step)).numpy())
    j = np.array(columns)
    w = point.weight.numpy()
    residual = problem.measured.numpy() - point.fit.numpy()
    size = np.sqrt((j**2 * w).sum(axis=1))  # of each row, √(Jᵀ W J) of one parameter
    assert size.min() > 0
    equations = problem.equations(point)
    normal = equations.normal.numpy() / size / size[:, None]
    assert normal == pytest.approx((j * w) @ j.T / size / size[:, None], abs=1e-6)
    whole = np.sqrt((residual**2 * w).sum())
    downhill = equations.downhill.numpy() / size / whole
    assert downhill == pytest.approx((j * w) @ residual / size / whole, abs=1e-6)


def test_weights_are_those_of_shelxl() -> None:
    """w = 1 / (σ² + (aP)² + bP) with P = (max(Fo², 0) + 2 Fc²) / 3 on absolute scale."""
    cell = gemmi.UnitCell(7, 7, 6, 90, 90, 120)
    merged = _merged("P 3", cell)
    merged = replace(merged, value=merged.value - 50.0)
    state = _state(cell)
    parameters = Parameters(state.model, prepare(merged, dtype=torch.float64), Freedom())
    point = Problem(parameters, Weights(0.1, 0.5)).at(state)
    fo = np.maximum(merged.value, 0.0) / state.scale
    p = (fo + 2 * point.fit.numpy() / state.scale) / 3
    variance = (merged.sigma / state.scale) ** 2 + (0.1 * p) ** 2 + 0.5 * p
    assert point.weight.numpy() == pytest.approx(1 / variance / state.scale**2)
