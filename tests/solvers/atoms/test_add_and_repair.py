"""Atoms lost, doubled or misplaced on purpose, and the difference map that puts it right."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest
import torch

from patterson_gui.crystal.cells import orthogonalization, p1
from patterson_gui.crystal.lattices import distances as lattice_distances
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.atoms import add_and_repair
from patterson_gui.solvers.atoms.add_and_repair import (
    BuiltModels,
    add_atoms,
    build,
    is_doubtful,
    refine_weights,
    repair,
)
from patterson_gui.solvers.atoms.data import refinement_data
from patterson_gui.solvers.atoms.map_peaks import distances, highest_peaks
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors, structure_factors

CARBON_ALONE = 0.03  # R1 of the complete dipeptide with carbon for every atom, at most


@pytest.fixture(scope="session")
def carbon(problem) -> FormFactors:
    return FormFactors.of(["C"], problem.data)


@pytest.fixture(scope="session")
def complete(problem, carbon) -> BuiltModels:
    atoms = replace(problem.atoms, kind=torch.zeros_like(problem.atoms.kind))
    return refine_weights(atoms, carbon, problem.data)


def misfit(built: BuiltModels, problem) -> float:
    """Largest distance (Å) from a true atom to the nearest built one, up to the origin."""
    apart = problem.atoms.xyz[0, :, None] - built.atoms.xyz[0, built.atoms.used[0] > 0]
    nearest = apart.norm(dim=2).argmin(1)
    step = apart[torch.arange(len(nearest)), nearest]
    return float((step - step.median(0).values).norm(dim=1).max())


def test_a_complete_model_of_carbon_atoms_explains_the_data(complete: BuiltModels, problem) -> None:
    assert float(complete.r1) < CARBON_ALONE
    assert not bool(is_doubtful(complete, problem.data))


@pytest.mark.parametrize("atom", range(11))
def test_a_missing_atom_is_where_the_difference_map_is_highest(
    atom: int, complete: BuiltModels, carbon, problem
) -> None:
    gone = torch.zeros(1, 11, dtype=torch.bool)
    gone[0, atom] = True
    fewer = complete.atoms.without(gone)
    f = structure_factors(fewer, carbon, problem.data)
    rest = (problem.data.fo - f.abs()) * f / f.abs()
    again = add_atoms(fewer, rest, torch.tensor([11]), carbon, problem.data)
    assert float((again.xyz[0, atom] - complete.atoms.xyz[0, atom]).norm()) < 0.35


@pytest.mark.parametrize("atom", range(11))
def test_repairs_a_missing_atom_after_the_others_have_moved(
    atom: int, complete: BuiltModels, carbon, problem
) -> None:
    gone = torch.zeros(1, 11, dtype=torch.bool)
    gone[0, atom] = True
    fewer = refine_weights(complete.atoms.without(gone), carbon, problem.data)
    assert float(fewer.r1) > 1.2 * CARBON_ALONE
    right = repair(fewer, torch.tensor([11]), carbon, problem.data, lambda: None)
    assert float(right.r1) < CARBON_ALONE
    assert misfit(right, problem) < 0.1


def test_repairs_a_misplaced_atom(complete: BuiltModels, carbon, problem) -> None:
    xyz = complete.atoms.xyz.clone()
    xyz[0, 7] = torch.tensor([1.0, 1.0, 1.0])
    wrong = refine_weights(replace(complete.atoms, xyz=xyz), carbon, problem.data)
    assert float(wrong.r1) > 1.5 * CARBON_ALONE
    right = repair(wrong, torch.tensor([11]), carbon, problem.data, lambda: None)
    assert float(right.r1) < CARBON_ALONE
    assert misfit(right, problem) < 0.1


def test_repairs_two_atoms_in_the_place_of_one(complete: BuiltModels, carbon, problem) -> None:
    xyz = complete.atoms.xyz.clone()
    xyz[0, 2] = xyz[0, 1] + torch.tensor([0.3, 0.2, 0.1])
    wrong = refine_weights(replace(complete.atoms, xyz=xyz), carbon, problem.data)
    right = repair(wrong, torch.tensor([11]), carbon, problem.data, lambda: None)
    assert float(right.r1) < CARBON_ALONE
    assert misfit(right, problem) < 0.1


def test_repair_leaves_a_complete_model_unchanged(complete: BuiltModels, carbon, problem) -> None:
    same = repair(complete, torch.tensor([11]), carbon, problem.data, lambda: None)
    assert torch.equal(same.atoms.xyz, complete.atoms.xyz)


@pytest.mark.parametrize("which", ["problem", "oblique"])
def test_finds_all_atoms_with_phase_errors(which: str, request: pytest.FixtureRequest) -> None:
    problem = request.getfixturevalue(which)
    noise = np.random.default_rng(0).normal(size=len(problem.f)) * np.radians(15)
    phased = torch.from_numpy((problem.f * np.exp(1j * noise)).astype(np.complex64))[None]
    carbon = FormFactors.of(["C"], problem.data)
    b = torch.tensor([15.0])
    wanted = torch.tensor([11])
    built = build(problem.data, phased, wanted, carbon, b, lambda: None)
    built = repair(built, wanted, carbon, problem.data, lambda: None)
    assert float(built.r1) < CARBON_ALONE
    assert float(built.atoms.b[0, 0]) == pytest.approx(20, abs=2)


def test_the_second_atom_is_added_in_the_map_of_what_the_first_leaves(monkeypatch) -> None:
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    hkl = unique_reflections(cell, p1(), 1.5)
    amplitudes = Amplitudes(hkl, np.ones(len(hkl), np.float32), cell, p1())
    data = refinement_data([amplitudes], (24, 24, 24), torch.device("cpu"))
    carbon = FormFactors.of(["C"], data)
    xyz = torch.tensor([[[3.0, 3.0, 3.0], [6.5, 5.0, 4.0]]])
    true = AtomModels(
        xyz=xyz,
        w=torch.tensor([[10.0, 2.0]]),
        b=torch.full((1, 2), 5.0),
        kind=torch.zeros(1, 2, dtype=torch.long),
        used=torch.ones(1, 2),
    )
    phased = structure_factors(true, carbon, data)
    data = replace(data, fo=phased.abs())
    maps = []

    def recorded(atoms, rest, *others):
        maps.append(rest)
        return add_atoms(atoms, rest, *others)

    monkeypatch.setattr(add_and_repair, "add_atoms", recorded)
    built = build(data, phased, torch.tensor([2]), carbon, torch.tensor([5.0]), lambda: None)
    light = structure_factors(true.without(torch.tensor([[True, False]])), carbon, data)
    assert torch.equal(maps[0], phased)
    assert float((maps[1] - light).abs().max()) < 0.2 * float(light.abs().max())
    assert built.atoms.xyz[0].numpy() == pytest.approx(xyz[0].numpy(), abs=0.01)
    assert built.atoms.w[0].tolist() == pytest.approx([10.0, 2.0], abs=0.01)


def test_building_stops_when_tick_raises(problem, carbon) -> None:
    class Ended(Exception):  # noqa: N818
        pass

    def tick() -> None:
        raise Ended

    phased = torch.from_numpy(problem.f.astype(np.complex64))[None]
    with pytest.raises(Ended):
        build(problem.data, phased, torch.tensor([11]), carbon, torch.tensor([20.0]), tick)


@pytest.mark.parametrize("which", ["problem", "oblique"])
def test_peaks_lie_at_the_atoms_between_grid_points(
    which: str, request: pytest.FixtureRequest
) -> None:
    problem = request.getfixturevalue(which)
    gone = torch.ones(1, 11, dtype=torch.bool)
    gone[0, [0, 8]] = False  # two that are far from one another
    alone = problem.atoms.without(gone)
    density = problem.data.map_of(structure_factors(alone, problem.factors, problem.data))
    nowhere = torch.zeros(1, 0, 3)
    xyz, height = highest_peaks(density, problem.data, 2, nowhere, nowhere[..., 0], 0.9)
    apart = distances(xyz, alone.xyz[:, [0, 8]], problem.data.orth)[0]
    assert apart.amin(0).max() < 0.15  # grid points are 0.5 Å apart
    assert height[0, 0] >= height[0, 1]


def test_finds_no_peak_where_an_atom_is(problem) -> None:
    f = structure_factors(problem.atoms, problem.factors, problem.data)
    density = problem.data.map_of(f)
    xyz, _ = highest_peaks(density, problem.data, 5, problem.atoms.xyz, problem.atoms.used, 0.9)
    assert distances(xyz, problem.atoms.xyz, problem.data.orth).min() >= 0.9


@pytest.mark.parametrize("which", ["problem", "oblique"])
def test_distances_equal_those_of_gemmi_to_the_nearest_copy(
    which: str, request: pytest.FixtureRequest
) -> None:
    problem = request.getfixturevalue(which)
    cell = problem.crystal.cell
    points = np.random.default_rng(0).uniform(-20, 20, size=(8, 3))
    ours = distances(
        torch.from_numpy(points).float()[None],
        torch.from_numpy(points).float()[None],
        problem.data.orth,
    )[0].numpy()
    for i, j in np.ndindex(8, 8):
        theirs = cell.find_nearest_image(
            gemmi.Position(*points[i]), gemmi.Position(*points[j]), gemmi.Asu.Any
        ).dist()
        if theirs < 4.5:
            assert ours[i, j] == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("angles", [(90, 90, 90), (70, 80, 100), (150, 80, 110), (25, 25, 25)])
def test_short_distances_agree_with_the_minimum_image_in_skewed_cells(angles) -> None:
    orth = orthogonalization(gemmi.UnitCell(6, 7, 8, *angles))
    points = np.random.default_rng(0).uniform(-20, 20, size=(120, 3))
    frac = points @ np.linalg.inv(orth).T
    expected = lattice_distances(frac[:, None] - frac, orth.T)
    tensor = torch.from_numpy(points).float()[None]
    ours = distances(tensor, tensor, torch.from_numpy(orth).float()[None])[0].numpy()
    short = expected < 1.5
    assert short.sum() > 150
    np.testing.assert_allclose(ours[short], expected[short], atol=2e-4)
    assert (ours[~short] > 1.5 - 1e-4).all()
