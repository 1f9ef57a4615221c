import numpy as np
import pytest

from patterson_gui.crystal.reciprocal.figures_of_merit import sim_fom


def test_perfect_amplitudes_have_figures_of_merit_near_one_on_any_scale():
    fo = np.random.default_rng(0).rayleigh(10, 500)
    assert sim_fom(fo, 3.7 * fo, np.linspace(10, 1.5, 500)).min() > 0.95


def test_figure_of_merit_predicts_the_mean_cosine_of_the_phase_error():
    # A known part and an unknown one, both with Gaussian coefficients: Sim's own case.
    rng = np.random.default_rng(0)
    n = 40_000
    known = rng.normal(size=n) + 1j * rng.normal(size=n)
    rest = 0.8 * (rng.normal(size=n) + 1j * rng.normal(size=n))
    total = known + rest
    fom = sim_fom(np.abs(total), np.abs(known), np.linspace(10, 1.5, n))
    cosine = np.cos(np.angle(total) - np.angle(known))
    assert fom.mean() == pytest.approx(cosine.mean(), abs=0.06)
    for low, high in [(0.3, 0.6), (0.6, 0.8), (0.8, 0.95)]:
        band = (fom > low) & (fom < high)
        assert cosine[band].mean() == pytest.approx(fom[band].mean(), abs=0.12)


def test_it_grows_with_both_amplitudes_and_stays_between_zero_and_one():
    fom = sim_fom([1, 5, 20], [1, 5, 20.5], [3, 3, 3])
    assert np.all(np.diff(fom) >= 0)
    assert np.all((fom >= 0) & (fom <= 1))


def test_no_reflections_and_zero_amplitudes_raise_no_error():
    assert len(sim_fom([], [], [])) == 0
    assert sim_fom([0, 0], [0, 0], [2, 3]).tolist() == [0, 0]


def test_figures_of_merit_are_the_mean_cosine_of_sims_distribution():
    # p(φ) ∝ exp(X cos φ), X = 2 |Fo| |Fc| / <| |Fo|² − |Fc|² |>, integrated numerically.
    fc = np.linspace(1.0, 9.0, 20)
    fo = fc * np.where(np.arange(20) % 2, 1.5, 0.5)
    fo[-1] = fo[-2] = fc[-1] = fc[-2] = 50.0  # the scale, a weighted median, is then one
    x = 2 * fo * fc / np.abs(fo**2 - fc**2).mean()
    phi = np.linspace(-np.pi, np.pi, 20_001)
    weights = np.exp(x[:, None] * (np.cos(phi) - 1))
    expected = (np.cos(phi) * weights).sum(1) / weights.sum(1)
    np.testing.assert_allclose(sim_fom(fo, fc, np.full(20, 2.0)), expected, atol=1e-3)
