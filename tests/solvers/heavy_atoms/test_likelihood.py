"""The likelihood of squared differences and the refinement of sites."""

import gemmi
import numpy as np
import pytest
from scipy.stats import norm

from patterson_gui.solvers.heavy_atoms.expected_variance import difference_squares
from patterson_gui.solvers.heavy_atoms.likelihood import (
    expected,
    log_likelihood,
    refine,
    score_of,
    slope_of_variance,
)
from patterson_gui.solvers.heavy_atoms.substructure import (
    Substructure,
    explained_share,
    structure_factors,
    unit_factors,
)

CELL = (40.0, 50.0, 60.0, 90, 90, 90)


def test_structure_factors_agree_with_those_of_gemmi(simulate) -> None:
    for group, edges in (("P 21 21 21", CELL), ("C 1 2 1", (50, 40, 45, 90, 105, 90))):
        differences, sites = simulate(group, edges, 2)
        data = difference_squares(differences)
        crystal = gemmi.SmallStructure()
        crystal.cell, crystal.spacegroup = data.cell, data.spacegroup
        site = gemmi.SmallStructure.Site()
        site.element, site.fract, site.occ = gemmi.Element("C"), gemmi.Fractional(*sites[0]), 1.0
        crystal.add_site(site)
        crystal.setup_cell_images()
        calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
        wanted = np.array(
            [calculator.calculate_sf_from_small_structure(crystal, h) for h in data.hkl.tolist()]
        )
        form = np.array([gemmi.Element("C").it92.calculate_sf(x / 4) for x in data.x])
        centring = len(data.spacegroup.operations().cen_ops)
        ours = unit_factors(data, sites[:1])[:, 0]
        np.testing.assert_allclose(ours * form * centring, wanted, atol=1e-3)


def test_the_score_is_a_sum_of_normal_log_densities(simulate) -> None:
    differences, sites = simulate("P 21 21 21", CELL, 2)
    data = difference_squares(differences)
    trial = Substructure(sites, np.array([0.2, 0.15]), np.ones(2), 5.0)
    variance = expected(data, structure_factors(data, trial), explained_share(data, trial), 5.0)
    value = np.sqrt(data.square)
    with_sites = norm.logpdf(value, scale=np.sqrt(variance)).sum()
    without = norm.logpdf(value, scale=np.sqrt(data.variance)).sum()
    assert log_likelihood(data, variance) == pytest.approx(with_sites - without, rel=1e-6)


def test_the_mean_variance_does_not_depend_on_the_sites(simulate) -> None:
    differences, sites = simulate("P 43 21 2", (60, 60, 50, 90, 90, 90), 2)
    data = difference_squares(differences)
    trial = Substructure(sites, np.array([0.2, 0.15]), np.ones(2))
    variance = expected(data, structure_factors(data, trial), explained_share(data, trial), 0.0)
    assert variance.mean() == pytest.approx(data.variance.mean(), rel=0.02)


def test_slopes_of_the_variance_agree_with_finite_differences(simulate) -> None:
    differences, sites = simulate("P 21 21 21", CELL, 2)
    data = difference_squares(differences)
    trial = Substructure(sites, np.array([0.2, 0.15]), np.ones(2), 5.0)
    _, slope = slope_of_variance(data, trial)

    def variance(shift: np.ndarray) -> np.ndarray:
        moved = Substructure(
            trial.frac + shift[:6].reshape(2, 3), trial.occ + shift[6:8], np.ones(2),
            trial.b + shift[8],
        )  # fmt: skip
        f = structure_factors(data, moved)
        return expected(data, f, explained_share(data, moved), moved.b)

    steps = np.array([2e-4] * 6 + [2e-3] * 2 + [0.1])
    for j, step in enumerate(steps):
        shift = np.zeros(9)
        shift[j] = step
        numeric = (variance(shift) - variance(-shift)) / (2 * step)
        assert np.abs(numeric - slope[:, j]).max() < 5e-3 * np.abs(slope[:, j]).max()


def test_refinement_moves_a_site_back(simulate) -> None:
    differences, sites = simulate("P 21 21 21", CELL, 1)
    data = difference_squares(differences)
    start = Substructure(sites + 0.5 / np.array(CELL[:3]), np.array([0.2]), np.ones(1))
    found = refine(data, start, 15)
    assert np.abs((found.frac - sites) * CELL[:3]).max() < 0.1
    assert found.score > score_of(data, start) + 10


def test_a_site_near_a_twofold_axis_moves_onto_it(simulate) -> None:
    differences, _ = simulate(
        "C 1 2 1", (50, 40, 45, 90, 105, 90), 1, sites=np.array([[0.0, 0.2, 0.5]])
    )
    data = difference_squares(differences)
    found = refine(data, Substructure(np.array([[0.006, 0.2, 0.494]]), np.array([0.2]), np.ones(1)))
    assert found.order[0] == 2
    np.testing.assert_allclose(found.frac[0, [0, 2]], [0.0, 0.5], atol=1e-6)
