"""R tells a true symmetry from one that lays images of a structure over one another."""

import gemmi
import numpy as np

from patterson_gui.crystal.symmetry.average import P1Reflections
from patterson_gui.crystal.symmetry.error_reduction import ErrorReduction
from patterson_gui.crystal.symmetry.moduli import measured_moduli
from patterson_gui.crystal.symmetry.operations import all_groups, operations_of
from patterson_gui.crystal.symmetry.phase_agreement import PhaseAgreement
from tests.crystal.symmetry.made_up import (
    atoms_in_p1,
    cell_for,
    intensities_of,
    structure_factors,
)


def ratio(name: str, imposed: str) -> float:
    group, rng = gemmi.SpaceGroup(name), np.random.default_rng(11)
    cell = cell_for(group)
    frac, electrons = atoms_in_p1(group, rng, 8)
    hkl, f = structure_factors(frac + rng.random(3), electrons, cell)
    f = f * np.exp(0.4j * rng.normal(size=len(f)))
    wanted = next(g for g in all_groups() if g.name == imposed)
    shift = PhaseAgreement(hkl, f, cell).of_group(wanted).shift
    return ErrorReduction(hkl, f, cell).r_ratio(wanted, shift)


def test_r_does_not_rise_with_a_true_symmetry_and_rises_with_a_false_one() -> None:
    assert ratio("P -1", "P -1") < 1.1
    assert ratio("P 1 21/c 1", "P 1 21/c 1") < 1.1
    assert ratio("P 1", "P -1") > 1.3
    assert ratio("P 1 21 1", "P 1 21/m 1") > 1.3
    assert ratio("P 1", "P 1") == 1.0


def test_symmetrised_structure_factors_are_those_of_the_averaged_density() -> None:
    """Atoms repeated by every operation, summed one by one, and divided by their number."""
    group = gemmi.SpaceGroup("P 41 21 2")
    cell, rng = cell_for(group), np.random.default_rng(2)
    frac, electrons = rng.random((4, 3)), rng.uniform(5, 9, 4)
    hkl, f = structure_factors(frac, electrons, cell)
    shift = np.array((0.1, 0.2, 0.3))
    images = [[op.apply_to_xyz(list(site)) for op in group.operations()] for site in frac + shift]
    weights = np.repeat(electrons, 8) / 8
    expected = structure_factors(np.array(images).reshape(-1, 3), weights, cell)[1]
    reflections = P1Reflections(hkl)
    found = reflections.symmetrised(reflections.moved(f, shift), operations_of(group))
    assert np.allclose(found, expected, atol=1e-9 * np.abs(f).max())


def test_moduli_come_from_equivalents_where_a_reflection_was_not_measured() -> None:
    group = gemmi.SpaceGroup("P 1 21/c 1")
    cell = cell_for(group)
    hkl, f = structure_factors(*atoms_in_p1(group, np.random.default_rng(3)), cell)
    unique = (hkl[:, 1] >= 0) & (hkl[:, 0] != 3)  # one of k and −k, and none with h = 3
    measured = intensities_of(hkl[unique], f[unique], cell, group)
    lattice = operations_of(group).laue_set
    found = measured_moduli(hkl, measured, lattice)
    missing = hkl[:, 0] == 3
    assert np.isnan(found[missing]).all()
    assert np.allclose(found[~missing], np.abs(f[~missing]), atol=1e-6 * np.abs(f).max())
