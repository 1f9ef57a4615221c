from dataclasses import replace

import numpy as np
import pytest
import torch

from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.solvers.atoms.data import refinement_data
from patterson_gui.solvers.atoms.model import FormFactors, r1, structure_factors


@pytest.mark.parametrize("which", ["problem", "oblique"])
def test_structure_factors_equal_those_of_gemmi(which: str, request: pytest.FixtureRequest) -> None:
    problem = request.getfixturevalue(which)
    f = structure_factors(problem.atoms, problem.factors, problem.data)[0].numpy()
    assert np.abs(f - problem.f).max() < 1e-4 * np.abs(problem.f).max()
    assert float(r1(torch.from_numpy(f)[None], problem.data)) < 1e-5


@pytest.mark.parametrize("which", ["problem", "oblique"])
def test_a_map_equals_that_of_the_fourier_module(
    which: str, request: pytest.FixtureRequest
) -> None:
    problem = request.getfixturevalue(which)
    f = torch.from_numpy(problem.f.astype(np.complex64))[None]
    density = problem.data.map_of(f)[0].numpy()
    hkl, cell = problem.crystal.amplitudes.hkl, problem.crystal.cell
    expected = map_from_terms(hkl, problem.f, cell, problem.data.shape)
    assert density == pytest.approx(expected, abs=1e-5)


def test_an_unused_place_contributes_nothing_to_structure_factors(problem) -> None:
    gone = torch.zeros_like(problem.atoms.used, dtype=torch.bool)
    gone[0, 3] = True
    both = [
        structure_factors(a, problem.factors, problem.data)
        for a in (problem.atoms, problem.atoms.without(gone))
    ]
    one = problem.atoms.without(~gone)
    rest = structure_factors(one, problem.factors, problem.data)
    assert torch.allclose(both[0] - both[1], rest, atol=1e-4)


def test_padding_of_reflections_has_no_effect(problem) -> None:
    whole = problem.crystal.amplitudes
    part = whole.select(np.arange(len(whole)) % 3 > 0)
    data = refinement_data([whole, part], (24, 24, 24), torch.device("cpu"))
    atoms = problem.atoms.take(torch.tensor([0, 0]))
    factors = FormFactors.of(problem.factors.symbols, data)
    f = structure_factors(atoms, factors, data)
    assert r1(f, data).numpy() == pytest.approx([0, 0], abs=1e-5)
    kept = map_from_terms(part.hkl, problem.f[np.arange(len(whole)) % 3 > 0], part.cell, data.shape)
    assert data.map_of(f * data.there)[1].numpy() == pytest.approx(kept, abs=1e-4)


def test_take_put_and_choose_keep_all_parameters(problem) -> None:
    two = problem.atoms.take(torch.tensor([0, 0]))
    other = replace(
        two, xyz=two.xyz + 1, w=two.w + 2, b=two.b + 3, kind=two.kind * 0 + 1, used=two.used * 0
    )
    second = torch.tensor([1])
    for mixed in (
        two.put(second, other.take(second)),
        two.choose(torch.tensor([False, True]), other),
    ):
        for name in ("xyz", "w", "b", "kind", "used"):
            parts = (getattr(atoms, name) for atoms in (mixed, two, other))
            got, first, last = parts
            assert torch.equal(got[0], first[0]), name
            assert torch.equal(got[1], last[1]), name
