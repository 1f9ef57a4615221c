"""Cross-validation tells models that fit everything from right ones."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.solvers.refinement.cross_validation import cross_validate
from patterson_gui.solvers.refinement.least_squares.weights import Weights
from patterson_gui.solvers.refinement.refine import RefinementOptions, refine

CELL = gemmi.UnitCell(7.0, 8.0, 9.0, 85, 95, 100)


def model_of(n: int, seed: int) -> AsymmetricUnit:
    frac = np.random.default_rng(seed).random((n, 3))
    return AsymmetricUnit.isotropic(("C",) * n, frac, 0.03)


def simulated(model: AsymmetricUnit, group: str, d_min: float) -> MergedIntensities:
    """Intensities of a model by direct summation in gemmi, with 2 % noise."""
    spacegroup = gemmi.SpaceGroup(group)
    small = gemmi.SmallStructure()
    small.cell, small.spacegroup = CELL, spacegroup
    for i, frac in enumerate(model.frac):
        site = gemmi.SmallStructure.Site()
        site.label, site.element = f"C{i}", gemmi.Element("C")
        site.fract, site.occ, site.u_iso = gemmi.Fractional(*frac), 1.0, float(model.u_iso[i])
        small.add_site(site)
    small.setup_cell_images()
    hkl = gemmi.make_miller_array(CELL, spacegroup, d_min)
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    f = np.array([calculator.calculate_sf_from_small_structure(small, h) for h in hkl.tolist()])
    exact = np.abs(f) ** 2
    sigma = 0.02 * exact + 1e-3 * exact.mean()
    value = exact + sigma * np.random.default_rng(9).standard_normal(len(hkl))
    return MergedIntensities(
        np.asarray(hkl, dtype=np.int32), value, sigma, np.ones(len(hkl), dtype=np.int64),
        CELL, spacegroup, True,
    )  # fmt: skip


def fitted(merged: MergedIntensities, model: AsymmetricUnit) -> RefinedStructure:
    options = RefinementOptions(
        anisotropic=False, extinction=False, weights=Weights(0.1), cycles=10, twin_laws=()
    )
    return refine(merged, model, options)


def test_a_right_model_fits_the_reflections_left_out() -> None:
    model = model_of(15, 1)
    found = cross_validate(fitted(simulated(model, "P 1", 0.9), model))
    assert found.r_free < 0.05
    assert found.r_work < 0.05
    assert found.n_free >= 500


def test_a_model_of_too_many_wrong_atoms_fits_only_what_it_was_refined_against() -> None:
    merged = simulated(model_of(15, 1), "P 1", 1.6)
    found = cross_validate(fitted(merged, model_of(30, 2)))
    assert found.r_work < 0.3
    assert found.r_free > 1.5 * found.r_work
    assert (found.r_free / found.r_unrelated) ** 2 > 1 / 8
    assert found.n_free == len(merged)  # each was left out once


@pytest.mark.parametrize(("group", "wilson"), [("P 1", 0.586), ("P -1", 0.828)])
def test_unrelated_intensities_have_the_r_of_wilson(group: str, wilson: float) -> None:
    # Wilson, Acta Cryst. 3, 397 (1950): 2 − √2 without, 2√2 − 2 with a centre of symmetry.
    model = model_of(12, 3)
    merged = simulated(model, group, 0.8)
    exact = replace(merged, sigma=1e-6 * merged.sigma)  # all count as observed
    found = cross_validate(fitted(exact, model))
    assert found.r_unrelated == pytest.approx(wilson, rel=0.08)
