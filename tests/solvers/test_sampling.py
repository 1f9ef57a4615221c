"""Problems drawn from a folder of models."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.solvers.sampling import Recipe, Sampler, models_in


@pytest.fixture
def models(shared_data: Path) -> list[Path]:
    return [shared_data / "xray" / "1yjp.pdb"]


def drawn(models: list[Path], noise: float, seed: int = 0):
    return next(Sampler(models, Recipe(2, 12.0, 1.5, noise=noise), seed).draw(1))


def test_noise_has_the_given_size_and_leaves_the_truth_unchanged(models: list[Path]) -> None:
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


def test_uses_only_the_models_of_the_split(tmp_path: Path) -> None:
    for name in ("1abc", "2def", "3ghi"):
        (tmp_path / f"{name}.pdb").write_text("END\n", encoding="utf-8")
    table = tmp_path / "splits.tsv"
    table.write_text("entry\tsplit\n1abc\ttrain\n2def\ttest\n3ghi\ttest\n", encoding="utf-8")
    assert [path.stem for path in models_in(tmp_path, table, "test")] == ["2def", "3ghi"]
    assert [path.stem for path in models_in(tmp_path)] == ["1abc", "2def", "3ghi"]
    with pytest.raises(UserError, match="no model"):
        models_in(tmp_path, table, "val")
