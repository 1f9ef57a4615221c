"""Doubtful groups come behind others and remain open to a refinement."""

import gemmi
import numpy as np

from patterson_gui.crystal.solution import SolveSettings
from patterson_gui.crystal.symmetry.find import find_space_group
from tests.crystal.symmetry.made_up import atoms_in_p1, cell_for, intensities_of, structure_factors


def pseudo_symmetric(strength: float):
    """P 21: most atoms obey P 21/c as well, four of the lightest do not."""
    large, small = gemmi.SpaceGroup("P 1 21/c 1"), gemmi.SpaceGroup("P 1 21 1")
    cell, rng = cell_for(large), np.random.default_rng(9)
    frac, electrons = atoms_in_p1(large, rng, 5)
    # The screw axes of P 21/c lie at z = 1/4.
    odd, weight = atoms_in_p1(small, rng, 4)
    frac = np.vstack([frac, odd + np.array((0, 0, 0.25))])
    return cell, *structure_factors(frac, np.concatenate([electrons, strength * weight]), cell)


def test_strong_forbidden_reflections_refuse_a_pseudo_symmetric_group() -> None:
    cell, hkl, f = pseudo_symmetric(1.0)
    found = find_space_group(hkl, f, intensities_of(hkl, f, cell), SolveSettings())
    assert found[0].candidate.name == "P 1 21 1"
    larger = next(row for row in found if row.candidate.name == "P 1 21/c 1")
    assert not larger.contender
    assert larger.candidate.reason == "forbidden reflections are strong"


def test_r_puts_it_behind_where_the_file_leaves_forbidden_reflections_out() -> None:
    cell, hkl, f = pseudo_symmetric(1.0)
    left = (hkl[:, 1] != 0) | (hkl[:, 2] % 2 == 0)
    hkl, f = hkl[left], f[left]
    found = find_space_group(hkl, f, intensities_of(hkl, f, cell), SolveSettings())
    assert found[0].candidate.name == "P 1 21 1"
    larger = next(row for row in found if row.candidate.name == "P 1 21/c 1")
    assert larger.candidate.reason == "R is lower in P 1 21 1"
    assert larger.candidate.r_ratio > found[0].candidate.r_ratio + 0.15
    assert larger.contender
    assert larger.candidate.r_ratio > found[0].candidate.r_ratio + 0.1
    assert larger.candidate.reason


def test_a_nearly_true_symmetry_is_taken_first() -> None:
    cell, hkl, f = pseudo_symmetric(0.05)
    found = find_space_group(hkl, f, intensities_of(hkl, f, cell), SolveSettings())
    assert found[0].candidate.name == "P 1 21/c 1"
    assert {row.candidate.name for row in found if row.contender} >= {
        "P 1 21/c 1",
        "P 1 21 1",
        "P 1",
    }
