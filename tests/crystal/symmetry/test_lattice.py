"""The lattice: rotations that a cell allows, centring shown by absences."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.symmetry.candidates import candidate_groups
from patterson_gui.crystal.symmetry.group_absences import Absences
from patterson_gui.crystal.symmetry.lattice import find_centring, keeps_metric
from patterson_gui.crystal.symmetry.operations import all_groups, operations_of, origin_shift
from tests.crystal.symmetry.made_up import (
    atoms_in_p1,
    cell_for,
    intensities_of,
    structure_factors,
)


def intensities_with(name: str, d_min: float = 1.3):
    group = gemmi.SpaceGroup(name)
    cell = cell_for(group)
    frac, electrons = atoms_in_p1(group, np.random.default_rng(8))
    hkl, f = structure_factors(frac, electrons, cell, d_min)
    return intensities_of(hkl, f, cell, group)


def allowed(cell: gemmi.UnitCell, name: str) -> bool:
    rotations = operations_of(gemmi.SpaceGroup(name)).rotations
    return bool(keeps_metric(rotations, cell).all())


def test_tries_angles_near_90_and_edges_nearly_equal() -> None:
    assert allowed(gemmi.UnitCell(7, 9, 11, 90, 90.02, 90), "P 2 2 2")
    assert not allowed(gemmi.UnitCell(7, 9, 11, 90, 91.5, 90), "P 2 2 2")
    assert allowed(gemmi.UnitCell(7.533, 7.534, 15.78, 90, 90, 90), "P 4")
    assert not allowed(gemmi.UnitCell(7.533, 7.634, 15.78, 90, 90, 90), "P 4")
    assert allowed(gemmi.UnitCell(7.9, 7.9, 7.9, 71, 71, 71), "R 3:R")
    assert not allowed(gemmi.UnitCell(7.9, 7.9, 7.9, 71, 71, 72.5), "R 3:R")


@pytest.mark.parametrize(
    "name", ["P 1", "A 1 2 1", "B 1 1 2", "C 1 2 1", "I 4", "F d d 2", "R 3:H"]
)
def test_centring_shows_in_absent_reflections_measured_or_left_out(name: str) -> None:
    measured = intensities_with(name)
    symbol = name[0]
    rng = np.random.default_rng(1)
    noisy = replace(
        measured, value=measured.value + measured.sigma * rng.normal(size=len(measured))
    )
    found = find_centring(noisy)
    assert found[0].symbol == symbol
    assert {row.symbol for row in found} >= {"P", "A", "B", "C", "I", "F", "R"}
    left = measured.select(found[0].allows(measured.hkl))
    assert find_centring(left)[0].symbol == symbol
    if symbol != "P":
        assert found[0].n > 10
        assert find_centring(left)[0].left_out


def test_a_superstructure_with_weak_reflections_is_no_centring() -> None:
    measured = intensities_with("C 1 2 1")
    odd = measured.hkl[:, :2].sum(axis=1) % 2 != 0
    value = np.where(odd, 0.1 * measured.value.mean(), measured.value)
    assert find_centring(replace(measured, value=value))[0].symbol == "P"


def test_takes_no_rhombohedral_centring_without_hexagonal_axes() -> None:
    measured = intensities_with("P 1 2 1")
    h, k, l = measured.hkl.T  # noqa: E741
    tripled = measured.select((-h + k + l) % 3 == 0)
    assert find_centring(tripled)[0].symbol == "P"


def test_counts_the_reflections_that_screws_and_glides_forbid() -> None:
    measured = intensities_with("P 1 21/c 1")
    absences = Absences(measured, np.ones(len(measured), dtype=bool))
    h, k, l = measured.hkl.T  # noqa: E741
    right = absences.of_group(operations_of(gemmi.SpaceGroup("P 1 21/c 1")))
    forbidden = ((k == 0) & (l % 2 != 0)) | ((h == 0) & (l == 0) & (k % 2 != 0))
    assert right.n == int(forbidden.sum())
    assert not right.violated
    wrong = absences.of_group(operations_of(gemmi.SpaceGroup("P 1 21/n 1")))
    assert wrong.violated
    none = absences.of_group(operations_of(gemmi.SpaceGroup("P 1 2/m 1")))
    assert none.n == 0
    assert not none.violated


def test_no_two_candidates_are_the_same_group_at_another_origin() -> None:
    measured = intensities_with("I 41/a:2")
    groups = candidate_groups(measured, SolveSettings(), find_centring(measured)[0])
    names = [group.name for group in groups]
    assert "I 41/a:2" in names
    assert "I 41/a:1" not in names
    for i, one in enumerate(groups):
        assert all(origin_shift(one, other) is None for other in groups[i + 1 :])


def test_keeps_the_alias_that_the_file_states() -> None:
    measured = intensities_with("C 1 c 1")
    stated = replace(measured, spacegroup=gemmi.SpaceGroup("C 1 n 1"))
    for data, expected in ((measured, "C 1 c 1"), (stated, "C 1 n 1")):
        groups = candidate_groups(data, SolveSettings(), find_centring(data)[0])
        assert {"C 1 c 1", "C 1 n 1"} & {group.name for group in groups} == {expected}


def test_origin_shifts_turn_one_choice_of_origin_into_the_other() -> None:
    pairs = [("I 41/a:1", "I 41/a:2"), ("F d d d:1", "F d d d:2"), ("P n -3:1", "P n -3:2")]
    groups = {group.name: group for group in all_groups()}
    rng = np.random.default_rng(3)
    for one, other in pairs:
        shift = origin_shift(groups[one], groups[other])
        assert shift is not None
        site = rng.random(3)
        first = [op.apply_to_xyz(list(site)) for op in gemmi.SpaceGroup(one).operations()]
        second = [
            op.apply_to_xyz(list(site + shift)) for op in gemmi.SpaceGroup(other).operations()
        ]
        apart = (np.array(first) + shift)[:, None] - np.array(second)[None]
        assert (np.abs(apart - np.rint(apart)) < 1e-9).all(-1).any(1).all()
    assert origin_shift(groups["P 41"], groups["P 43"]) is None


def test_names_both_laue_classes_of_a_hexagonal_cell_by_their_axes() -> None:
    measured = intensities_with("P 31 2 1")
    centring = find_centring(measured)[0]
    first = candidate_groups(measured, SolveSettings(laue="-3m1"), centring)
    second = candidate_groups(measured, SolveSettings(laue="-31m"), centring)
    both = candidate_groups(measured, SolveSettings(laue="-3m"), centring)
    assert {g.name for g in first} | {g.name for g in second} == {g.name for g in both}
    assert "P 31 2 1" in {g.name for g in first}
    assert "P 31 1 2" in {g.name for g in second}
