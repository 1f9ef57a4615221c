"""Which batches impose a space group, and that one helps where phases alone do not."""

import gemmi
import numpy as np

from patterson_gui.crystal.symmetry.operations import DEN, operations_of
from patterson_gui.solvers.phasing.align import superimpose
from patterson_gui.solvers.phasing.batches import Batches
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup
from patterson_gui.solvers.phasing.search import find_phases
from tests.crystal.symmetry.made_up import atoms_in_p1, cell_for, structure_factors

NAME = "P 21 21 21"
GROUP = operations_of(gemmi.SpaceGroup(NAME))
CELL = cell_for(gemmi.SpaceGroup(NAME))


def groups() -> list[ImposedGroup]:
    return [ImposedGroup(NAME, GROUP.rotations, GROUP.translations / DEN)]


def reflections(d_min: float) -> tuple[np.ndarray, np.ndarray]:
    frac, electrons = atoms_in_p1(gemmi.SpaceGroup(NAME), np.random.default_rng(4), n=8)
    return structure_factors(frac, electrons, CELL, d_min)


def normalised(f: np.ndarray) -> np.ndarray:
    return np.abs(f) / np.sqrt((np.abs(f) ** 2).mean())


def methods(d_min: float, number: int) -> list[str]:
    hkl, f = reflections(d_min)
    batches = Batches(hkl, normalised(f), np.abs(f), CELL, groups=groups)
    return [batches.next(1).starts.name for _ in range(number)]


def test_every_second_batch_imposes_a_group():
    extrapolated, imposed = "RAAR with extrapolated reflections", f"RAAR in {NAME}"
    assert methods(1.2, 4) == [extrapolated, imposed, extrapolated, imposed]
    assert methods(0.9, 4) == ["charge flipping", imposed, extrapolated, imposed]


def test_groups_are_looked_for_only_where_the_first_batch_fails():
    hkl, f = reflections(1.2)

    def never() -> list[ImposedGroup]:
        raise AssertionError

    batches = Batches(hkl, normalised(f), np.abs(f), CELL, groups=never)
    first = batches.next(2)
    assert (first.vectors, first.group) == (((), ()), "")


def test_the_phases_of_an_imposed_group_are_those_of_the_structure():
    hkl, f = reflections(1.2)
    batches = Batches(hkl, normalised(f), np.abs(f), CELL, groups=groups, seed=2)
    batches.next(1)
    batch = batches.next(4)
    assert batch.group == NAME
    found = batch.grid.values(batch.starts.advance(200)).numpy().astype(np.complex128)
    assert max(superimpose(hkl, each, f)[1] for each in found) > 0.8


def test_a_wrong_group_does_not_hinder_the_search():
    wrong = operations_of(gemmi.SpaceGroup("P m m a"))
    hkl, f = reflections(0.9)
    found = find_phases(
        hkl, normalised(f), CELL,
        groups=lambda: [ImposedGroup("P m m a", wrong.rotations, wrong.translations / DEN)],
        starts=16,
    )  # fmt: skip
    assert superimpose(found.hkl, found.e, f)[1] > 0.8
