"""Phases in both hands from sites that are given, and which hand is said to be better."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.heavy_phases import (
    PhasedHand,
    PhasingProgress,
    PhasingSettings,
)
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.crystal.sites.other_origins import other_hand
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.opening.models import read_model
from patterson_gui.solvers.heavy_phasing.inputs import Derivative, HeavySites, Reference
from patterson_gui.solvers.heavy_phasing.phase import better_hand, phase

SETTINGS = PhasingSettings(0.4)
SITES = np.array([[0.31, 0.08, 0.14], [0.18, 0.43, 0.37], [0.62, 0.25, 0.71], [0.9, 0.12, 0.6]])


@pytest.fixture(scope="module")
def protein(shared_data: Path) -> Coefficients:
    """F of 1aba to 2.7 Å."""
    model = read_model(shared_data / "xray" / "1aba.pdb")
    return structure_factors(model, model.cell, gemmi.SpaceGroup("P 21 21 21"), 2.7)


def summed(element: str, frac: np.ndarray, protein: Coefficients) -> np.ndarray:
    """F of atoms with their images, by gemmi."""
    crystal = gemmi.SmallStructure()
    crystal.cell, crystal.spacegroup = protein.cell, protein.spacegroup
    for each in frac:
        site = gemmi.SmallStructure.Site()
        site.element, site.u_iso, site.occ = gemmi.Element(element), 0.2, 1.0
        site.fract = gemmi.Fractional(*each)
        crystal.add_site(site)
    crystal.setup_cell_images()
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    return np.array(
        [calculator.calculate_sf_from_small_structure(crystal, h) for h in protein.hkl.tolist()]
    )


def sad(protein: Coefficients, frac: np.ndarray, *, noise: float, given: bool = True) -> tuple:
    """A reference with anomalous differences of selenium, F″ of 8 electrons."""
    random = np.random.default_rng(1)
    hkl, cell, group = protein.hkl, protein.cell, protein.spacegroup
    centric = np.asarray(group.operations().centric_flag_array(hkl), dtype=bool)
    heavy = summed("Se", SITES, protein)
    imaginary = 8.0 * heavy / 30.0
    plus = np.abs(protein.f + heavy + 1j * imaginary)
    minus = np.abs(protein.f + heavy - 1j * imaginary)
    sigma = np.full(len(hkl), noise * np.abs(imaginary).mean())
    value = plus - minus + np.sqrt(2) * sigma * random.normal(size=len(hkl))
    value = np.where(centric, np.nan, value)
    spread = np.sqrt(2) * sigma
    acentric = ~centric
    differences = Differences(
        "anomalous", hkl[acentric], value[acentric], spread[acentric], cell, group, "made up"
    )
    missing = np.full(len(hkl), np.nan)
    derivative = Derivative(
        "Se", "Se", differences, HeavySites(frac, 50.0, given), missing, missing, value, spread
    )
    return Reference(hkl, (plus + minus) / 2, sigma, cell, group), derivative, protein.f + heavy


def agreement(hand: PhasedHand, truth: np.ndarray) -> float:
    """Correlation of the map of a hand with the true one, both on the origin of the sites."""
    f = hand.f * hand.phases
    return float((f * np.conj(truth)).real.sum() / np.linalg.norm(f) / np.linalg.norm(truth))


def test_the_right_hand_comes_first_where_sites_have_the_other(protein: Coefficients) -> None:
    frac = other_hand(SITES, protein.spacegroup)
    reference, derivative, truth = sad(protein, frac, noise=0.1)
    phased = phase(reference, [derivative], SETTINGS)
    assert phased.best.inverted
    assert phased.other is not None
    assert agreement(phased.best, truth) > 0.5
    assert agreement(phased.other, truth) < 0.3


def test_a_hand_is_told_only_beyond_the_scatter_of_random_signs(protein: Coefficients) -> None:
    reference, derivative, _ = sad(protein, SITES, noise=0.1)
    found = phase(reference, [derivative], PhasingSettings(0.4, cycles=1)).best
    one, other = replace(found, agreements=(0.3, 0.7)), replace(found, agreements=(0.2, 0.5))
    narrow = [(0.25 + 0.05 * x, 0.5 + 0.02 * x) for x in np.linspace(-1.5, 1.5, 10)]
    better, known, reason = better_hand([other, one], narrow)
    assert known
    assert better == [one, other]
    assert reason.startswith("This hand is better: late in density modification")
    wide = [(0.25 + 0.05 * x, 0.5 + 0.06 * x) for x in np.linspace(-1.5, 1.5, 10)]
    better, known, reason = better_hand([other, one], wide)
    assert not known
    assert better == [one, other]
    assert reason.startswith("The hands do not differ clearly")
    early_says_otherwise = replace(one, agreements=(0.05, 0.7))
    assert not better_hand([other, early_says_otherwise], narrow)[1]


def test_given_sites_that_explain_nothing_are_refused_or_left_out(protein: Coefficients) -> None:
    reference, derivative, _ = sad(protein, SITES, noise=0.3)
    differences = derivative.differences
    noise = differences.sigma * np.random.default_rng(2).normal(size=len(differences))
    of_noise = replace(derivative, differences=replace(differences, value=noise))
    with pytest.raises(UserError, match="explain nothing"):
        phase(reference, [of_noise], SETTINGS)
    wrong = np.vstack([SITES, [[0.45, 0.35, 0.42]]])
    reference, derivative, _ = sad(protein, wrong, noise=0.3)
    phased = phase(reference, [derivative], PhasingSettings(0.4, cycles=1))
    assert phased.notes == ("Given sites that explain nothing were left out: 1 of 5 of Se.",)


def test_phasing_stops_between_cycles_of_one_step(protein: Coefficients) -> None:
    reference, derivative, _ = sad(protein, SITES, noise=0.3)
    stops: list[str] = []

    def report(now: PhasingProgress) -> None:
        stops.append(now.text)

    def cancelled_in_the_third_cycle() -> Callable[[], bool]:
        return lambda: stops.count("density modification") >= 3

    with pytest.raises(Cancelled):
        phase(reference, [derivative], SETTINGS, report, cancelled_in_the_third_cycle())
    assert stops.count("density modification") == 3
