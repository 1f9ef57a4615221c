from dataclasses import replace

import gemmi
import numpy as np
import pytest
import torch
from scipy.optimize import curve_fit

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.atoms import refinement
from patterson_gui.solvers.atoms.data import refinement_data
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors, r1, structure_factors, waves
from patterson_gui.solvers.atoms.refinement import Freedom, refine

FREEDOMS = [
    Freedom(weights=True),
    Freedom(weights=False),
    Freedom(weights=False, each_b=True),
    Freedom(weights=True, each_b=True),
]


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("which", ["problem", "oblique"])
def test_derivatives_are_those_of_finite_differences(
    which: str, freedom: Freedom, request: pytest.FixtureRequest
) -> None:
    problem = request.getfixturevalue(which)
    data = problem.data
    # Weights of which none is one, so that every factor of a derivative is seen.
    atoms = replace(problem.atoms, w=torch.linspace(0.6, 1.7, 11)[None])
    f = structure_factors(atoms, problem.factors, data)
    unit = f / f.abs()
    rows = refinement._derivatives(waves(atoms, problem.factors, data), unit, atoms, data, freedom)
    n, step = atoms.w.shape[1], 3e-3
    for parameter in (0, n + 2, 3 * n - 1, 3 * n, rows.shape[1] - 1):
        shift = torch.zeros(1, rows.shape[1])
        shift[0, parameter] = step
        moved = [
            structure_factors(refinement._moved(atoms, s, freedom), problem.factors, data).abs()
            for s in (shift, -shift)
        ]
        numeric = (moved[0] - moved[1]) / (2 * step)
        size = float(rows[0, parameter].abs().max())
        assert rows[0, parameter].numpy() == pytest.approx(numeric[0].numpy(), abs=0.02 * size)


def test_displaced_atoms_return_when_refined_against_amplitudes(problem) -> None:
    shaken = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 11, 3)) * 0.08).float()
    start = replace(
        problem.atoms,
        xyz=problem.atoms.xyz + shaken,
        b=problem.atoms.b + 8,
        w=problem.atoms.w * 0.9,
    )
    end = refine(start, problem.factors, problem.data, Freedom(weights=False), 20)
    assert float(r1(structure_factors(end, problem.factors, problem.data), problem.data)) < 1e-3
    apart = (end.xyz - problem.atoms.xyz)[0]
    assert (apart - apart.mean(0)).norm(dim=1).max() < 2e-3  # the origin is free
    assert float(end.b[0, 0]) == pytest.approx(20, abs=0.1)


def test_displaced_atoms_return_when_refined_against_phased_amplitudes(problem) -> None:
    shaken = torch.from_numpy(np.random.default_rng(3).normal(size=(1, 11, 3)) * 0.15).float()
    start = replace(problem.atoms, xyz=problem.atoms.xyz + shaken)
    target = torch.from_numpy(problem.f.astype(np.complex64))[None]
    end = refine(start, problem.factors, problem.data, Freedom(weights=True), 20, target)
    assert (end.xyz - problem.atoms.xyz)[0].norm(dim=1).max() < 2e-3
    assert end.w[0].numpy() == pytest.approx(np.ones(11), abs=5e-3)


@pytest.mark.parametrize("phased", [False, True])
def test_refines_to_the_weighted_least_squares_fit_of_scipy(phased: bool) -> None:
    # One carbon at the origin: |Fc| = w f exp(−B s²), with amplitudes that none can fit exactly.
    hkl = np.array([[h, 0, 0] for h in range(1, 9)], np.int32)
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    f = np.array([5.2, 4.1, 3.9, 2.6, 2.4, 1.1, 1.3, 0.5], np.float32)
    sigma = np.array([0.1, 0.9, 0.2, 0.7, 0.1, 0.5, 0.05, 0.3], np.float32)
    amplitudes = Amplitudes(hkl, f, cell, p1(), sigma=sigma)
    data = refinement_data([amplitudes], (24, 12, 12), torch.device("cpu"))
    carbon = FormFactors.of(["C"], data)
    start = AtomModels(
        xyz=torch.zeros(1, 1, 3),
        w=torch.ones(1, 1),
        b=torch.full((1, 1), 10.0),
        kind=torch.zeros(1, 1, dtype=torch.long),
        used=torch.ones(1, 1),
    )
    target = data.fo.to(torch.complex64) if phased else None
    end = refine(start, carbon, data, Freedom(weights=True), 60, target)
    s2, factor = (t.double().numpy() for t in (data.s2[0], carbon.table[0, 0]))
    errors = np.sqrt(sigma.astype(float) ** 2 + (0.02 * f.astype(float)) ** 2)
    (w, b), _ = curve_fit(
        lambda _, w, b: w * factor * np.exp(-b * s2), s2, f, p0=(1.0, 10.0), sigma=errors
    )
    assert float(end.w[0, 0]) == pytest.approx(w, rel=2e-3)
    assert float(end.b[0, 0]) == pytest.approx(b, rel=5e-3)


def test_no_cycle_raises_the_cost(problem) -> None:
    lost = replace(problem.atoms, xyz=problem.atoms.xyz.flip(1) * 0.9)
    before = r1(structure_factors(lost, problem.factors, problem.data), problem.data)
    end = refine(lost, problem.factors, problem.data, Freedom(weights=False), 6)
    f = structure_factors(end, problem.factors, problem.data)
    fo, weight = problem.data.fo, problem.data.weight
    cost = [
        float((weight * (x.abs() - fo) ** 2).sum())
        for x in (structure_factors(lost, problem.factors, problem.data), f)
    ]
    assert cost[1] <= cost[0]
    assert float(before) > 0.1
