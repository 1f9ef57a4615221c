"""The space group of made-up structures is found from their structure factors in P1."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.symmetry.find import GroupSolution, find_space_group
from patterson_gui.crystal.symmetry.operations import operations_of, origin_shift
from patterson_gui.errors import Cancelled, UserError
from tests.crystal.symmetry.made_up import atoms_in_p1, cell_for, intensities_of, structure_factors

GROUPS = [
    "P 1",
    "P -1",
    "P 1 21 1",
    "P 1 21/n 1",
    "C 1 2/c 1",
    "I 1 2/a 1",
    "P 1 1 21/b",
    "C 1 c 1",
    "P 21 21 21",
    "P n a 21",
    "P 21 c n",
    "P b c a",
    "F d d 2",
    "C m c a",
    "P 41",
    "I 41/a:2",
    "P -4 21 m",
    "P 41 21 2",
    "R -3:H",
    "R 3 c:H",
    "R 3 2:R",
    "P 31 2 1",
    "P 63/m",
    "P a -3",
    "I -4 3 d",
]


def solve(
    name: str, phase_error: float = 0.0, settings: SolveSettings | None = None, invert: bool = False
) -> list[GroupSolution]:
    group = gemmi.SpaceGroup(name)
    rng = np.random.default_rng(sum(name.encode()))
    cell = cell_for(group)
    atoms = 12 if name.startswith("P 1") and len(name) == 3 else 5
    frac, electrons = atoms_in_p1(group, rng, atoms)
    frac = frac + rng.random(3)
    hkl, f = structure_factors(-frac if invert else frac, electrons, cell)
    measured = intensities_of(hkl, f, cell, group)
    noisy = f * np.exp(1j * phase_error * rng.normal(size=len(f)))
    return find_space_group(hkl, noisy, measured, settings or SolveSettings())


def same_group(one: gemmi.SpaceGroup, other: gemmi.SpaceGroup) -> bool:
    return origin_shift(operations_of(one), operations_of(other)) is not None


@pytest.mark.parametrize("name", GROUPS)
def test_finds_the_group_of_a_made_up_structure(name: str) -> None:
    found = solve(name, phase_error=0.4)
    assert same_group(found[0].spacegroup, gemmi.SpaceGroup(name)), found[0].candidate
    assert found[0].candidate.chosen
    assert sum(row.candidate.chosen for row in found) == 1


@pytest.mark.parametrize("name", ["P -1", "P 1 21/n 1", "F d d 2", "I 41/a:2", "R 3 2:R"])
def test_averaged_structure_factors_have_the_symmetry_and_lose_no_amplitude(name: str) -> None:
    found = solve(name)[0]
    hkl, f = found.averaged
    place = {tuple(h): value for h, value in zip(hkl.tolist(), f, strict=True)}
    place |= {tuple(-i for i in h): np.conj(value) for h, value in place.items()}
    for op in found.spacegroup.operations().sym_ops:
        rotation, shift = np.array(op.rot) // op.DEN, np.array(op.tran) / op.DEN
        for h, value in zip(hkl, f, strict=True):
            image = place.get(tuple((h @ rotation).tolist()))
            if image is not None:
                assert abs(value - image * np.exp(2j * np.pi * (h @ shift))) < 1e-6 * abs(f).max()
    if found.candidate.centrosymmetric:
        assert np.abs(f.imag).max() < 1e-6 * np.abs(f).max()
    assert found.candidate.agreement > 0.999


def test_follows_the_hand_of_the_phases_and_lists_the_other() -> None:
    for invert, first, second in (
        (False, "P 41 21 2", "P 43 21 2"),
        (True, "P 43 21 2", "P 41 21 2"),
    ):
        found = solve("P 41 21 2", phase_error=0.3, invert=invert)
        assert [row.candidate.name for row in found[:2]] == [first, second]
        assert [row.inverted for row in found[:2]] == [False, True]
        hkl, f = found[1].averaged
        same = found[0].averaged
        assert np.array_equal(hkl, same[0])
        assert np.allclose(np.abs(f), np.abs(same[1]), atol=1e-3 * np.abs(f).max())


def test_takes_the_given_group_or_a_name_in_its_usual_origin() -> None:
    given = solve("I 41/a:2", settings=SolveSettings(space_group="given"))
    assert [row.candidate.name for row in given] == ["I 41/a:2"]
    named = solve("I 41/a:2", settings=SolveSettings(space_group="I 41/a:1"))
    assert [row.candidate.name for row in named] == ["I 41/a:2"]


def test_limits_the_groups_to_a_laue_class() -> None:
    found = solve("P -4 21 m", settings=SolveSettings(laue="4/m"))
    assert {row.spacegroup.laue_str() for row in found} == {"4/m"}
    assert found[0].candidate.name == "P -4"


def test_refuses_an_unknown_group_and_one_that_does_not_suit_the_cell() -> None:
    with pytest.raises(UserError, match="is not known"):
        solve("P -1", settings=SolveSettings(space_group="P 21/q"))
    with pytest.raises(UserError, match="does not have the symmetry"):
        solve("P -1", settings=SolveSettings(space_group="P n m a"))
    with pytest.raises(UserError, match="Laue class 4/m"):
        solve("P -1", settings=SolveSettings(laue="4/m"))


def test_stops_when_cancelled() -> None:
    cell = cell_for(gemmi.SpaceGroup("P -1"))
    hkl, f = structure_factors(np.random.default_rng(1).random((6, 3)), np.full(6, 6.0), cell)
    with pytest.raises(Cancelled):
        find_space_group(hkl, f, intensities_of(hkl, f, cell), SolveSettings(), lambda: True)


def test_turns_a_reverse_rhombohedral_cell_to_obverse() -> None:
    group = gemmi.SpaceGroup("R -3:H")
    cell = cell_for(group)
    frac, electrons = atoms_in_p1(group, np.random.default_rng(3))
    frac[:, :2] *= -1.0  # 180° about c: obverse becomes reverse
    hkl, f = structure_factors(frac + 0.13, electrons, cell)
    found = find_space_group(hkl, f, intensities_of(hkl, f, cell), SolveSettings())
    assert found[0].candidate.name == "R -3:H"
    assert found[0].change_of_axes.tolist() == [[-1, 0, 0], [0, -1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("P 21/b", "P 1 1 21/b"),
        ("P2(1)/b", "P 1 1 21/b"),
        ("P 21/b (unique axis c)", "P 1 1 21/b"),
        ("P 1 1 21/b", "P 1 1 21/b"),
        ("-P 2bc", "P 1 1 21/b"),
    ],
)
def test_takes_the_setting_of_a_name_that_suits_the_cell(name: str, setting: str):
    found = solve("P 1 1 21/b", settings=SolveSettings(space_group=name))
    assert [row.candidate.name for row in found] == [setting]
