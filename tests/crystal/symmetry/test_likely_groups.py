"""Groups that intensities make likely before phases are known."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.symmetry.lattice import find_centring
from patterson_gui.crystal.symmetry.likely_groups import likely_groups
from tests.crystal.symmetry.test_lattice import intensities_with


def names(intensities: Intensities, settings: SolveSettings | None = None) -> list[str]:
    centring = find_centring(intensities)[0]
    groups = likely_groups(intensities, settings or SolveSettings(), centring)
    return [group.name for group in groups]


def unknown_group(name: str, *, absences: bool) -> Intensities:
    """Intensities of a made-up structure; without those that the group forbids if so wanted."""
    intensities = replace(intensities_with(name), spacegroup=gemmi.SpaceGroup("P 1"), stated=False)
    if absences:
        return intensities
    forbidden = gemmi.SpaceGroup(name).operations().systematic_absences(intensities.hkl)
    return intensities.select(~np.asarray(forbidden))


@pytest.mark.parametrize("absences", [True, False])
@pytest.mark.parametrize(
    "name", ["P 1 21/c 1", "P 1 21/n 1", "P 21 21 21", "C 1 2/c 1", "P b c a", "P -1"]
)
def test_common_groups_come_first_by_their_absent_reflections(name: str, absences: bool):
    assert names(unknown_group(name, absences=absences))[0] == name


def test_groups_without_absent_reflections_of_their_own_are_all_named():
    assert set(names(unknown_group("P 1 21 1", absences=True))) == {"P 1 21 1", "P 1 21/m 1"}


def test_a_group_that_forbids_strong_reflections_is_left_out():
    intensities = unknown_group("P 1 c 1", absences=True)
    axis = (intensities.hkl[:, [0, 2]] == 0).all(axis=1)
    assert intensities.value[axis & (intensities.hkl[:, 1] % 2 == 1)].max() > 0
    found = names(intensities)
    assert "P 1 c 1" in found
    assert "P 1 21/c 1" not in found


def test_equivalents_that_differ_exclude_a_laue_class():
    intensities = unknown_group("P 21 21 21", absences=True)
    value = intensities.value * np.where(intensities.hkl.prod(axis=1) > 0, 1.0, 3.0)
    systems = {
        gemmi.SpaceGroup(name).crystal_system_str()
        for name in names(replace(intensities, value=value))
    }
    assert "orthorhombic" not in systems


def test_the_choice_of_the_user_is_the_only_group():
    intensities = unknown_group("P 21 21 21", absences=True)
    assert names(intensities, SolveSettings(space_group="P 21 21 2")) == ["P 21 21 2"]


def test_p1_alone_gives_nothing():
    intensities = unknown_group("P -1", absences=True)
    assert names(intensities, SolveSettings(space_group="P 1")) == []
