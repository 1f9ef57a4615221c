"""Agreements from Fourier transforms equal the sums that define them."""

import gemmi
import numpy as np

from patterson_gui.crystal.symmetry.operations import all_groups, operations_of
from patterson_gui.crystal.symmetry.phase_agreement import PhaseAgreement
from tests.crystal.symmetry.made_up import atoms_in_p1, cell_for, structure_factors

MOVED = np.array((0.17, 0.42, 0.28))


def noisy_structure_factors(name: str, error: float):
    group = gemmi.SpaceGroup(name)
    rng = np.random.default_rng(7)
    cell = cell_for(group)
    frac, electrons = atoms_in_p1(group, rng, 4)
    hkl, f = structure_factors(frac + MOVED, electrons, cell, 1.4)
    return operations_of(group), cell, hkl, f * np.exp(1j * error * rng.normal(size=len(f)))


def agreement_by_definition(hkl, f, rotation, translation):
    """C(R, t) summed over both hemispheres, reflection by reflection."""
    values = {tuple(h): v for h, v in zip(hkl.tolist(), f, strict=True)}
    values |= {tuple(-i for i in h): np.conj(v) for h, v in values.items()}
    above = below = 0.0
    for h, value in values.items():
        image = values.get(tuple((np.array(h) @ rotation).tolist()))
        if image is not None:
            turn = np.exp(-2j * np.pi * (np.array(h) @ translation))
            above += (value * np.conj(image) * turn).real
            below += 0.5 * (abs(value) ** 2 + abs(image) ** 2)
    return above / below


def test_agreement_at_a_shift_is_that_of_the_moved_structure_factors() -> None:
    group, cell, hkl, f = noisy_structure_factors("P 41 21 2", 0.5)
    shift = np.array((0.12, 0.71, 0.44))
    moved = f * np.exp(2j * np.pi * (hkl @ shift))
    found = PhaseAgreement(hkl, f, cell).at_shift(group, shift)
    for value, rotation, translation in zip(
        found.operations[1:], group.rotations[1:], group.translations[1:], strict=True
    ):
        assert abs(value - agreement_by_definition(hkl, moved, rotation, translation / 24)) < 1e-9


def test_no_origin_of_a_fine_grid_is_better_than_the_one_found() -> None:
    group, cell, hkl, f = noisy_structure_factors("P 1 21/n 1", 0.6)
    agreement = PhaseAgreement(hkl, f, cell)
    best = agreement.of_group(group).mean
    steps = np.stack(np.meshgrid(*[np.arange(0, 1, 1 / 14)] * 3, indexing="ij"), -1).reshape(-1, 3)
    assert max(agreement.at_shift(group, shift).mean for shift in steps) <= best + 1e-9


def test_shift_moves_the_origin_of_p1_onto_that_of_the_group() -> None:
    group, cell, hkl, f = noisy_structure_factors("P 21 21 21", 0.0)
    found = PhaseAgreement(hkl, f, cell).of_group(group)
    # Origins of P 21 21 21 are 1/2 apart.
    twice = 2.0 * (found.shift + MOVED)
    assert np.abs(twice - np.rint(twice)).max() < 2e-3
    assert found.lowest > 0.9999


def test_no_group_agrees_more_than_its_upper_limit() -> None:
    _, cell, hkl, f = noisy_structure_factors("P 21 21 21", 0.2)
    agreement = PhaseAgreement(hkl, f, cell)
    for group in all_groups():
        if group.name in ("P 2 2 2", "P n a 21", "P b c a", "P n m a", "P 21 21 21"):
            limit, possible = agreement.upper_limit(group, 0.0, 0.0)
            assert possible
            assert (
                agreement.of_group(group).lowest <= limit + 0.12
            )  # of a point between those of the grid
            assert agreement.upper_limit(group, 0.7, 0.7)[1] == (group.name == "P 21 21 21")


def test_three_atoms_in_a_line_have_two_centres_of_symmetry() -> None:
    # Weights w₁ w₂ w₃ at −δ, 0, δ: inversion at 0 agrees as (w₂² + 2 w₁ w₃) / Σ w², at δ/2 as
    # 2 w₂ w₃ / Σ w².
    weights, between = np.array((2.4, 6.0, 3.6)), np.array((0.29, 0.31, 0.39))
    group = gemmi.SpaceGroup("P -1")
    cell = cell_for(group)
    places = np.array((-between, np.zeros(3), between)) + MOVED
    hkl, f = structure_factors(places, weights, cell, 1.4)
    found = PhaseAgreement(hkl, f, cell).origins(operations_of(group), 0.6)
    total = float((weights**2).sum())
    expected = (weights[1] ** 2 + 2 * weights[0] * weights[2], 2 * weights[1] * weights[2])
    assert len(found) == 2
    for origin, value, centre in zip(found, expected, (MOVED, MOVED + between / 2), strict=True):
        assert abs(origin.mean - value / total) < 0.05
        twice = 2.0 * (origin.shift + centre)
        assert np.abs(twice - np.rint(twice)).max() < 0.02


def test_origins_that_a_group_allows_count_once() -> None:
    for name in ("P -1", "P 21 21 21", "P 1 21 1", "I 41/a c d:2"):
        group, cell, hkl, f = noisy_structure_factors(name, 0.2)
        found = PhaseAgreement(hkl, f, cell).origins(group, 0.8)
        assert len(found) == 1
        best = PhaseAgreement(hkl, f, cell).of_group(group).mean
        assert abs(found[0].mean - best) < 1e-3
