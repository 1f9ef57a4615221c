"""Weights that are chosen for residuals of known errors."""

import numpy as np
import pytest

from patterson_gui.solvers.refinement.least_squares.weights import choose_weights


@pytest.mark.parametrize("a", [0.0, 0.05, 0.09])
@pytest.mark.parametrize("n_parameters", [0, 2000])
def test_finds_the_error_that_is_proportional_to_the_intensity(a: float, n_parameters: int) -> None:
    """A fit of p parameters to n reflections reduces the mean of w Δ² to 1 − p/n."""
    random = np.random.default_rng(0)
    n = 4000
    calculated = random.exponential(100.0, n)
    sigma = 0.02 * calculated + 0.5
    error = np.hypot(sigma, a * calculated) * np.sqrt(1 - n_parameters / n)
    value = calculated + error * random.normal(size=n)
    chosen = choose_weights(value, sigma, calculated, n_parameters)
    assert chosen.a == pytest.approx(a, abs=0.011)
    assert chosen.b < 0.1


def test_finds_the_error_that_grows_with_the_square_root() -> None:
    random = np.random.default_rng(1)
    calculated = random.exponential(100.0, 4000)
    sigma = np.full(4000, 0.5)
    error = np.sqrt(sigma**2 + 0.6 * calculated)
    chosen = choose_weights(calculated + error * random.normal(size=4000), sigma, calculated, 0)
    assert chosen.a < 0.03
    assert chosen.b == pytest.approx(0.6, abs=0.25)
