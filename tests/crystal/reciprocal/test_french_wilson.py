from itertools import pairwise

import gemmi
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma, pbdv

from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.french_wilson import (
    amplitudes_from_intensities,
    french_wilson,
)
from patterson_gui.errors import UserError

CELL, GROUP = gemmi.UnitCell(40, 50, 60, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")


def one(i, sigma, expected, centric):
    f, s = french_wilson(*(np.array([x], float) for x in (i, sigma, expected)), np.array([centric]))
    return float(f[0]), float(s[0])


@pytest.mark.parametrize("centric", [False, True])
@pytest.mark.parametrize("i", [-40.0, -8.0, -1.0, 0.0, 0.5, 3.0, 20.0, 400.0])
@pytest.mark.parametrize("expected", [0.3, 5.0, 200.0])
def test_posterior_agrees_with_numerical_quadrature(i, expected, centric):
    sigma = 2.0

    share = 2 if centric else 1
    h = max(i - sigma**2 / (share * expected), 0.0)  # where the integrand is largest

    def logarithm(j):
        return -((j - i) ** 2) / (2 * sigma**2) - j / (share * expected)

    def integral(power):
        # In t = √J the centric prior is not singular.
        def integrand(t):
            prior = 1.0 if centric else t
            return prior * t ** (2 * power) * np.exp(logarithm(t * t) - logarithm(h))

        points = np.linspace(np.sqrt(max(h - 20, 0)), np.sqrt(h + 40), 40)
        return sum(quad(integrand, a, b)[0] for a, b in pairwise(points))

    total = integral(0)
    mean, square = integral(0.5) / total, integral(1) / total
    f, s = one(i, sigma, expected, centric)
    assert f == pytest.approx(mean, rel=1e-6)
    assert s == pytest.approx(np.sqrt(square - mean**2), rel=1e-4)


@pytest.mark.parametrize("h", [-6.0, -2.5, 0.0, 1.7, 5.0])
def test_posterior_agrees_with_parabolic_cylinder_functions(h):
    # ∫ x^(ν−1) exp(−x²/2 + hx) dx = Γ(ν) exp(h²/4) D₋ᵥ(−h)  (Gradshteyn & Ryzhik 3.462.1)
    def closed(v):
        return gamma(v) * pbdv(-v, -h)[0]

    wide = 1e12  # a flat prior, so that h = I/σ
    assert one(h, 1.0, wide, False)[0] == pytest.approx(closed(1.5) / closed(1.0), rel=1e-7)
    assert one(h, 1.0, wide, True)[0] == pytest.approx(closed(1.0) / closed(0.5), rel=1e-7)


def test_first_line_of_the_published_acentric_table():
    f, s = one(-4.0, 1.0, 1e12, False)
    assert f == pytest.approx(0.423, abs=6e-4)
    assert f**2 + s**2 == pytest.approx(0.226, abs=6e-4)


def test_strong_intensities_give_their_square_root_and_half_the_relative_error():
    f, s = one(1e6, 1e3, 1e6, False)
    assert f == pytest.approx(1e3, rel=1e-3)
    assert s == pytest.approx(1e3 / (2 * 1e3), rel=1e-2)


def simulated(noise, seed=0):
    hkl = unique_reflections(CELL, GROUP, 3.0)
    rng = np.random.default_rng(seed)
    operations = GROUP.operations()
    centric = np.array(operations.centric_flag_array(hkl))
    epsilon = np.array(operations.epsilon_factor_array(hkl))
    d = np.array(CELL.calculate_d_array(hkl))
    mean = 100 * epsilon * np.exp(-20 / (2 * d**2))
    true = mean * np.where(centric, rng.normal(size=len(d)) ** 2, rng.exponential(size=len(d)))
    sigma = noise * mean.mean() * rng.uniform(0.5, 1.5, len(d))
    return hkl, true, true + rng.normal(size=len(d)) * sigma, sigma


@pytest.mark.parametrize("noise", [0.05, 0.5, 2.0])
def test_amplitudes_of_noisy_data_are_unbiased_with_realistic_errors(noise):
    hkl, true, measured, sigma = simulated(noise)
    data = amplitudes_from_intensities(hkl, measured, sigma, CELL, GROUP)
    lookup = {tuple(h): i for i, h in enumerate(hkl)}
    order = [lookup[tuple(h)] for h in data.hkl]
    f_true = np.sqrt(true[order])
    assert np.all(data.f > 0)
    assert np.mean(data.f) == pytest.approx(f_true.mean(), rel=0.03)
    z = (data.f - f_true) / data.sigma
    assert np.std(z) == pytest.approx(1.0, abs=0.1)


def test_equivalents_and_friedel_mates_are_merged_and_absences_dropped():
    hkl = [[1, 2, 3], [-1, -2, 3], [-1, 2, -3], [-1, -2, -3], [0, 0, 3], [0, 0, 0], [2, 2, 2]]
    i = [100, 102, 98, 100, 5, 9, np.nan]
    data = amplitudes_from_intensities(hkl, i, np.ones(7), CELL, GROUP)
    assert data.hkl.tolist() == [[1, 2, 3]]
    assert data.f[0] == pytest.approx(10.0, rel=0.01)


def test_sets_negative_intensities_without_uncertainties_to_zero_and_says_so():
    data = amplitudes_from_intensities([[1, 1, 1], [2, 2, 2]], [-4.0, 9.0], None, CELL, GROUP)
    assert data.f.tolist() == [0.0, 3.0]
    assert data.sigma is None
    assert "negative intensities as zero" in data.label


def test_rejects_data_without_measured_intensities():
    with pytest.raises(UserError, match="no measured intensity"):
        amplitudes_from_intensities([[1, 1, 1]], [np.nan], [1.0], CELL, GROUP)


def test_absurd_measurements_still_give_finite_amplitudes():
    for i in (-1e6, 1e15):
        for centric in (False, True):
            f, s = one(i, 1.0, 5.0, centric)
            assert np.isfinite([f, s]).all()
            assert f > 0
            assert s >= 0
    assert one(-1e6, 1.0, 1e12, False)[0] == pytest.approx(np.sqrt(np.pi) / 2 * 1e-3, rel=1e-5)
