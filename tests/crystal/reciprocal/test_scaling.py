import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterson_gui.crystal.reciprocal.scaling import best_scale, r_factor


@given(st.integers(0, 1000))
def test_r_factor_scale_is_the_one_that_makes_it_smallest(seed):
    rng = np.random.default_rng(seed)
    fc, fo = rng.random(30), rng.random(30)
    scale = best_scale(fc, fo)
    best = np.abs(scale * fc - fo).sum()
    assert all(best <= np.abs(scale * k * fc - fo).sum() + 1e-12 for k in (0.9, 0.99, 1.01, 1.1))
    assert r_factor(fc, fo) == pytest.approx(best / fo.sum())


def test_r_factor_ignores_scale_and_phase():
    f = np.array([1 + 2j, 3, 4j])
    assert r_factor(f * 7j, np.abs(f)) == pytest.approx(0.0, abs=1e-12)
