import gemmi
import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.solvers.retrieval.constraints import CompactSupport, HighestVoxels
from patterson_gui.solvers.retrieval.grids import GridBatch, grid_batch, reciprocal_squares
from patterson_gui.solvers.retrieval.projections import (
    Schedule,
    project_moduli,
    r_factors,
    random_densities,
    resample,
    run,
)

SHAPE = (18, 18, 18)
CPU = torch.device("cpu")


@pytest.fixture
def batch(dipeptide: Crystal) -> GridBatch:
    return grid_batch([dipeptide.amplitudes], SHAPE, CPU)


def noise(seed: int = 0, starts: int = 2) -> torch.Tensor:
    return torch.randn((1, starts, *SHAPE), generator=torch.Generator().manual_seed(seed))


def spectrum_of(density: torch.Tensor) -> torch.Tensor:
    return torch.fft.rfftn(density, dim=(-3, -2, -1))


def true_map(crystal: Crystal) -> torch.Tensor:
    assert crystal.truth is not None
    return torch.from_numpy(crystal.truth.grid)[None, None]


def test_the_true_density_has_the_measured_moduli(dipeptide: Crystal) -> None:
    batch = grid_batch([dipeptide.amplitudes], (24, 24, 24), CPU)
    assert float(r_factors(true_map(dipeptide), batch)) < 1e-5


def test_the_true_density_is_a_fixed_point_of_the_modulus_projection(dipeptide: Crystal) -> None:
    batch = grid_batch([dipeptide.amplitudes], (24, 24, 24), CPU)
    density = true_map(dipeptide)
    # Moduli are in electrons; the loop's FFT carries no volume element.
    volume_element = dipeptide.cell.volume / 24**3
    projected = project_moduli(density / 1.0, batch) * (1.0 / volume_element)
    assert torch.allclose(projected, density, atol=2e-5)


def test_projecting_twice_is_projecting_once(batch: GridBatch) -> None:
    once = project_moduli(noise(), batch)
    assert torch.allclose(project_moduli(once, batch), once, atol=1e-4)


def test_keeps_f000_of_the_density(batch: GridBatch) -> None:
    density = noise() + 3.0
    projected = project_moduli(density, batch)
    assert torch.allclose(projected.sum((2, 3, 4)), density.sum((2, 3, 4)), rtol=1e-4)


def test_keeps_unmeasured_terms_within_the_limit_and_removes_those_beyond(
    dipeptide: Crystal,
) -> None:
    data = dipeptide.amplitudes
    assert data is not None
    dropped = data.hkl[40]
    thinned = data.select(np.any(data.hkl != dropped, axis=1))
    batch = grid_batch([thinned], SHAPE, CPU)
    density = noise(starts=1)
    before, after = (
        coefficients_from_map(d[0, 0].numpy(), data.cell, np.array([dropped, [8, 8, 8]], np.int32))
        for d in (density, project_moduli(density, batch))
    )
    assert after[0] == pytest.approx(before[0], abs=1e-3)
    assert abs(after[1]) < 1e-4


@pytest.mark.parametrize("beta", [0.7, 0.9])
def test_one_step_equals_the_published_formula(batch: GridBatch, beta: float) -> None:
    """x' = β/2 (R_S R_M + 1) x + (1 − β) P_M x with R = 2P − 1, written out term by term."""
    constraint = CompactSupport(batch, torch.tensor([600.0]))
    x = noise(3)
    y = project_moduli(x, batch)
    constraint.renew(spectrum_of(y), 0.5)
    inside = constraint.support

    def p_s(d: torch.Tensor) -> torch.Tensor:
        return torch.where((inside > 0) & (d > 0), d, 0.0)

    r_m = 2 * y - x
    r_s = 2 * p_s(r_m) - r_m
    expected = beta / 2 * (r_s + x) + (1 - beta) * y
    constraint.relax(x, y, beta, torch.empty_like(x))
    assert torch.allclose(x, expected, atol=1e-4)


def test_a_support_has_the_given_volume(batch: GridBatch) -> None:
    constraint = CompactSupport(batch, torch.tensor([500.0]), tail_growth=1.0)
    constraint.renew(spectrum_of(noise(4)), 2.0)
    assert constraint.support.sum((2, 3, 4)).tolist()[0] == pytest.approx([500, 500], rel=0.05)


def test_a_support_finds_where_the_density_is(batch: GridBatch) -> None:
    density = torch.zeros((1, 1, *SHAPE))
    density[0, 0, 5, 9, 13] = 10.0
    constraint = CompactSupport(batch, torch.tensor([30.0]))
    constraint.renew(spectrum_of(density), 1.0)
    where = torch.nonzero(constraint.support[0, 0]).float().mean(0)
    assert where.tolist() == pytest.approx([5, 9, 13], abs=0.3)


def test_the_highest_voxels_keep_their_share(batch: GridBatch) -> None:
    kept = HighestVoxels(torch.tensor([0.1])).project(noise(5))
    share = (kept > 0).float().mean((2, 3, 4))
    assert share.tolist()[0] == pytest.approx([0.1, 0.1], abs=0.02)


def test_a_seed_means_the_same_start_in_every_batch(dipeptide: Crystal) -> None:
    one = grid_batch([dipeptide.amplitudes], SHAPE, CPU)
    two = grid_batch([dipeptide.amplitudes, dipeptide.amplitudes], SHAPE, CPU)
    alone = random_densities(one, [[7]])
    together = random_densities(two, [[3, 7], [7, 4]])
    # Some processors round a transform differently when there are several beside it.
    for same in (together[0, 1], together[1, 0]):
        torch.testing.assert_close(alone[0, 0], same, rtol=0, atol=1e-6)


def test_resampling_equals_summing_the_terms_on_the_other_grid(dipeptide: Crystal) -> None:
    data = dipeptide.amplitudes
    assert data is not None
    rng = np.random.default_rng(1)
    terms = data.f * np.exp(2j * np.pi * rng.random(len(data)))
    coarse = map_from_terms(data.hkl, terms, data.cell, SHAPE)
    fine = map_from_terms(data.hkl, terms, data.cell, (24, 30, 27))
    there = resample(torch.from_numpy(coarse), (24, 30, 27))
    assert np.allclose(there.numpy(), fine, atol=1e-4)
    assert np.allclose(resample(there, SHAPE).numpy(), coarse, atol=1e-4)


def test_reciprocal_squares_are_those_of_the_triclinic_cell() -> None:
    import gemmi

    cell = gemmi.UnitCell(7, 8, 9, 75, 95, 110)
    squares = reciprocal_squares(cell, (8, 10, 12))
    for h, k, l in ((1, 0, 0), (3, -2, 4), (-1, 4, 1), (0, 0, 5)):  # noqa: E741
        assert squares[h, k, l] == pytest.approx(1 / cell.calculate_d([h, k, l]) ** 2, rel=1e-5)


def test_a_watcher_can_end_a_run_early(batch: GridBatch) -> None:
    seen: list[int] = []

    def watch(iteration: int, y: torch.Tensor) -> bool:
        seen.append(iteration)
        return iteration >= 40

    constraint = CompactSupport(batch, torch.tensor([500.0]))
    run(noise(), batch, constraint, Schedule(200, 5), watch)
    assert seen == [20, 40]


@pytest.mark.parametrize(("progress", "sigma"), [(0.0, 2.0), (0.5, 1.35), (1.0, 0.7), (2.0, 0.7)])
def test_a_support_is_where_the_smoothed_density_is_highest(progress: float, sigma: float) -> None:
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    squares = torch.from_numpy(reciprocal_squares(cell, SHAPE))[None, None]
    alone = torch.zeros_like(squares)
    batch = GridBatch(alone, alone, False, alone, squares, torch.tensor([cell.volume]), SHAPE)
    density = torch.randn((1, 1, *SHAPE), generator=torch.Generator().manual_seed(0))
    constraint = CompactSupport(batch, torch.tensor([583.0]), tail_growth=1.0)
    constraint.renew(spectrum_of(density), progress)
    inside = constraint.support[0, 0].numpy() > 0
    assert inside.mean() == pytest.approx((2.0 - min(progress, 1.0)) * 0.1, rel=0.06)
    # scipy's Gaussian in real space; σ in grid points of 12/18 Å.
    smooth = gaussian_filter(density[0, 0].numpy(), sigma * 18 / 12, mode="wrap", truncate=6)
    threshold = np.quantile(smooth, 1.0 - inside.mean())
    assert ((smooth > threshold) == inside).mean() > 0.995
