"""Calculated places of hydrogen atoms against the geometry of known molecules."""

import numpy as np
import pytest

from patterson_gui.solvers.refinement.hydrogen_atoms.geometry import Hypothesis, hypotheses


def _bonds(*vectors: tuple[float, float, float]) -> np.ndarray:
    return np.array(vectors, dtype=float)


def _kind(found: list[Hypothesis], kind: str) -> Hypothesis:
    return next(each for each in found if each.kind == kind)


def _angle(one: np.ndarray, other: np.ndarray) -> float:
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return float(np.rad2deg(np.arccos(cosine)))


def _benzene() -> np.ndarray:
    half = np.deg2rad(60)
    return 1.39 * _bonds((np.cos(half), np.sin(half), 0), (np.cos(half), -np.sin(half), 0))


def test_benzene_carbon_certainly_has_one_hydrogen_in_the_plane() -> None:
    found = hypotheses("C", ["C", "C"], _benzene(), None)
    aromatic = _kind(found, "CH")
    assert aromatic.certain
    assert aromatic.choices[0, 0] == pytest.approx([-0.95, 0, 0])


def test_chain_carbon_certainly_has_two_hydrogens() -> None:
    half = np.deg2rad(56)
    chain = 1.53 * _bonds((np.cos(half), np.sin(half), 0), (np.cos(half), -np.sin(half), 0))
    found = hypotheses("C", ["C", "C"], chain, None)
    methylene = _kind(found, "CH2")
    assert methylene.certain
    one, other = methylene.choices[0]
    assert _angle(one, other) == pytest.approx(108, abs=1)
    for neighbour in chain:
        assert _angle(one, neighbour) == pytest.approx(109, abs=2)


def test_tetrahedral_carbon_of_three_bonds_has_one_hydrogen_opposite() -> None:
    bonds = 1.53 * _bonds((1, 1, 1), (1, -1, -1), (-1, 1, -1)) / 3**0.5
    tertiary = _kind(hypotheses("C", ["C", "C", "O"], bonds, None), "CH")
    assert tertiary.certain
    expected = np.array([-1, -1, 1]) / 3**0.5
    assert tertiary.choices[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("element", "elements", "bonds"),
    [
        ("C", ["C"] * 4, 1.53 * _bonds((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)) / 3**0.5),
        ("C", ["C", "C", "O"], _bonds((1.5, 0, 0), (-0.75, 1.3, 0), (-0.6, -1.05, 0))),
        ("C", ["N"], _bonds((1.15, 0, 0))),
        ("C", ["C", "N"], _bonds((1.45, 0, 0), (-1.14, 0, 0))),
        ("O", ["C"], _bonds((1.21, 0, 0))),
        ("O", ["C", "C"], _bonds((1.43, 0, 0), (-0.5, 1.34, 0))),
        ("N", ["C"], _bonds((1.14, 0, 0))),
        ("Fe", ["O"] * 6, 2 * np.vstack([np.eye(3), -np.eye(3)])),
    ],
)
def test_saturated_atoms_get_none(element: str, elements: list[str], bonds: np.ndarray) -> None:
    assert [each.kind for each in hypotheses(element, elements, bonds, None)] == ["none"]


def test_methyl_has_three_hydrogens_at_every_torsion_angle() -> None:
    found = hypotheses("C", ["C"], _bonds((1.51, 0, 0)), np.array([0.5, 1.4, 0]))
    methyl = _kind(found, "CH3")
    assert methyl.certain
    for three in methyl.choices:
        assert np.linalg.norm(three, axis=1) == pytest.approx(0.98)
        for i in range(3):
            assert _angle(three[i], np.array([1.0, 0, 0])) == pytest.approx(109.5, abs=0.1)
            assert _angle(three[i], three[i - 1]) == pytest.approx(109.5, abs=0.2)


def test_hydroxyl_and_amide_need_density_in_the_map() -> None:
    hydroxyl = _kind(hypotheses("O", ["C"], _bonds((1.42, 0, 0)), None), "OH")
    assert hydroxyl.least_density > 0
    assert hydroxyl.choices.shape == (36, 1, 3)
    amide = _kind(hypotheses("N", ["C", "C"], _benzene(), None), "NH")
    assert amide.least_density > 0


def test_water_has_two_hydrogens_away_from_the_metal() -> None:
    water = _kind(hypotheses("O", ["Cu"], _bonds((2.0, 0, 0)), None), "H2O")
    assert water.choices[..., 0].max() < 0.1
    angles = [_angle(*pair) for pair in water.choices[::50]]
    assert min(angles) > 94
    assert max(angles) < 119


def test_cyclopentadienyl_carbon_keeps_its_hydrogen_in_the_plane_of_the_ring() -> None:
    ring = 1.42 * _bonds((np.cos(0.94), np.sin(0.94), 0), (np.cos(0.94), -np.sin(0.94), 0))
    found = hypotheses("C", ["C", "C", "Fe"], np.vstack([ring, [[0.9, 0, 1.8]]]), None)
    assert _kind(found, "CH").choices[0, 0] == pytest.approx([-0.95, 0, 0])


def test_pyramidal_silicon_may_have_one_hydrogen_that_the_map_must_show() -> None:
    bonds = 1.87 * _bonds((1, 1, 1), (1, -1, -1), (-1, 1, -1)) / 3**0.5
    hydride = _kind(hypotheses("Si", ["C", "C", "C"], bonds, None), "SiH")
    assert hydride.least_density > 0
    assert hydride.choices[0, 0] == pytest.approx(1.42 * np.array([-1, -1, 1]) / 3**0.5)


def test_oxygen_that_metals_surround_has_no_hydrogen() -> None:
    bonds = _bonds((1.6, 0, 0), (-1.5, 1.5, 0), (-1.5, -1.5, 0))
    found = hypotheses("O", ["Si", "K", "Al"], bonds, None)
    assert [each.kind for each in found] == ["none"]
