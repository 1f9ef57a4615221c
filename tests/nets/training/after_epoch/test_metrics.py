"""Metrics compared with numpy and with maps of known phases."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from patterson_gui.io.training.run_folder import N_SHELLS, shell_limits
from patterson_gui.nets.training.after_epoch.metrics import loss, pearson, phase_errors

CUBE = torch.tensor([[10.0, 10.0, 10.0, 90.0, 90.0, 90.0]])


def maps(n: int, seed: int = 0, side: int = 20) -> torch.Tensor:
    return torch.randn(n, 1, side, side, side, generator=torch.Generator().manual_seed(seed))


def test_pearson_equals_that_of_numpy() -> None:
    a, b = maps(3), maps(3, seed=1) + maps(3)
    expected = [
        np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(a.numpy(), b.numpy(), strict=True)
    ]
    assert pearson(a, b).tolist() == pytest.approx(expected, abs=1e-5)


def test_a_flat_map_has_zero_correlation_and_a_finite_gradient() -> None:
    flat = torch.zeros(1, 1, 4, 4, 4, requires_grad=True)
    value = loss(flat, maps(1, side=4), 1.0, 0.1)
    value.backward()
    assert torch.isfinite(flat.grad).all()


def test_the_loss_weights_squared_error_and_correlation_as_in_the_paper() -> None:
    a, b = maps(2), maps(2, seed=1)
    mse = float(((a - b) ** 2).mean())
    r = pearson(a, b).mean().item()
    assert loss(a, b, 1.0, 0.0).item() == pytest.approx(mse, rel=1e-5)
    assert loss(a, b, 0.999, 0.001).item() == pytest.approx(0.999 * mse + 0.001 * (1 - r), rel=1e-5)


def test_a_map_against_itself_has_no_phase_error_and_its_negative_180_degrees() -> None:
    a = maps(1)
    assert phase_errors(a, a, CUBE, 1.5).overall() == pytest.approx(0.0, abs=1e-3)
    assert phase_errors(-a, a, CUBE, 1.5).overall() == pytest.approx(180.0, abs=1e-3)


def test_a_shift_gives_every_reflection_the_phase_of_its_index() -> None:
    a = maps(1)
    shifted = torch.roll(a, 1, dims=2)  # 2π h / 20
    found = phase_errors(shifted, a, CUBE, 1.5)
    side, limit = 20, 10.0 / 1.5
    index = np.arange(-9, 10)
    h, k, l = np.meshgrid(index, index, index, indexing="ij")  # noqa: E741
    radius = np.sqrt(h**2 + k**2 + l**2)
    inside = (radius > 0) & (radius <= limit + 1e-9)
    angle = np.abs(np.angle(np.exp(2j * math.pi * h / side), deg=True))
    assert float(found.number.sum()) == inside.sum()
    assert found.overall() == pytest.approx(angle[inside].mean(), abs=1e-2)
    d_limits = [math.inf, *shell_limits(1.5)]
    for i, (outer, inner) in enumerate(pairwise(d_limits)):
        d = 10.0 / np.maximum(radius, 1e-9)
        chosen = inside & (d < outer * (1 - 1e-9)) & (d >= inner * (1 - 1e-9))
        assert found.by_shell()[i] == pytest.approx(angle[chosen].mean(), abs=1e-2), i


def test_shells_have_equal_volume_and_end_at_the_limit() -> None:
    limits = shell_limits(1.5)
    volumes = np.diff([0.0, *(d**-3 for d in limits)])
    assert len(limits) == N_SHELLS
    assert limits[-1] == pytest.approx(1.5)
    assert volumes == pytest.approx(volumes[0])


def test_sums_of_two_batches_add_up() -> None:
    a, b = maps(4), maps(4, seed=1)
    cells = CUBE.expand(4, 6)
    together = phase_errors(a, b, cells, 1.5)
    parts = phase_errors(a[:1], b[:1], cells[:1], 1.5) + phase_errors(a[1:], b[1:], cells[1:], 1.5)
    assert parts.overall() == pytest.approx(together.overall())


@pytest.mark.parametrize("side", [6, 7])
def test_counts_every_reflection_of_the_grid_once(side: int) -> None:
    """Friedel mates count separately, on the planes of the half spectrum too."""
    a = maps(1, side=side)
    found = phase_errors(-a, a, CUBE, 1.0)
    assert float(found.number.sum()) == side**3 - 1
    assert found.overall() == pytest.approx(180.0, abs=1e-3)


def test_terms_that_are_zero_in_the_true_map_are_not_counted() -> None:
    x = torch.arange(20) * (2 * math.pi / 20)
    wave = torch.cos(3 * x)[None, None, :, None, None].expand(1, 1, 20, 20, 20)
    found = phase_errors(maps(1) + wave, wave, CUBE, 1.5)
    assert float(found.number.sum()) == 2


def test_a_shell_without_reflections_has_no_phase_error() -> None:
    x = torch.arange(20) * (2 * math.pi / 20)
    wave = torch.cos(x)[None, None, :, None, None].expand(1, 1, 20, 20, 20)
    first, *others = phase_errors(wave, wave, CUBE, 1.5).by_shell()
    assert first == pytest.approx(0.0, abs=1e-3)
    assert all(math.isnan(value) for value in others)
