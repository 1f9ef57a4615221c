"""Problems drawn from a folder of models."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.solve.sampling import Recipe, Sampler


@pytest.fixture
def models(shared_data: Path) -> list[Path]:
    return [shared_data / "xray" / "1yjp.pdb"]


def drawn(models: list[Path], noise: float, seed: int = 0):
    return next(Sampler(models, Recipe(2, 12.0, 1.5, noise=noise), seed).draw(1))


def test_noise_is_as_large_as_asked_and_spares_the_truth(models: list[Path]) -> None:
    clean, noisy = (drawn(models, noise) for noise in (0.0, 0.1))
    ratio = noisy.amplitudes.f / clean.amplitudes.f
    assert np.std(ratio) == pytest.approx(0.1, rel=0.1)
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.01)
    assert np.array_equal(noisy.truth.grid, clean.truth.grid)
    assert np.array_equal(noisy.amplitudes.hkl, clean.amplitudes.hkl)


def test_the_same_seed_draws_the_same_errors(models: list[Path]) -> None:
    one, two, other = (drawn(models, 0.1, seed) for seed in (3, 3, 4))
    assert np.array_equal(one.amplitudes.f, two.amplitudes.f)
    if other.name == one.name:
        assert not np.array_equal(one.amplitudes.f, other.amplitudes.f)
