import numpy as np
import pytest
import torch

from patterson_gui.crystal.materials.cube import (
    EDGE,
    POINTS,
    SPACING,
    Sample,
    gaussian_density,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.nets.forward_model.crystal_grids import (
    along_axes,
    densities,
    padded,
    principal_functions,
    sharpening,
    species,
)
from tests.crystal.example_materials import hematite, perovskite, rock_salt


@pytest.fixture
def samples() -> list[Sample]:
    return [
        unit_cell_sample(hematite()),
        window_sample(rock_salt()),
        unit_cell_sample(perovskite()),
    ]


def test_batched_densities_equal_single_ones(samples: list[Sample]) -> None:
    maps = densities(*padded(samples)).numpy()
    assert maps.shape == (3, 1, POINTS, POINTS, POINTS)
    for sample, found in zip(samples, maps, strict=True):
        expected = gaussian_density(sample.positions, sample.numbers)
        assert found[0] == pytest.approx(expected, abs=2e-6 * float(expected.max()))


def test_padding_does_not_change_densities(samples: list[Sample]) -> None:
    alone = densities(*padded(samples[:1]))
    assert torch.allclose(densities(*padded(samples))[:1], alone, atol=1e-6)
    assert torch.equal(species(*padded(samples))[:1], species(*padded(samples[:1])))
    empty = Sample(np.zeros((0, 3)), np.zeros(0, np.int64), np.eye(3), "crystal")
    assert not densities(*padded([empty])).any()
    assert not species(*padded([empty])).any()


@pytest.mark.parametrize("radius", [0.65, 0.3, 1.1])
def test_grid_points_get_the_number_of_the_nearest_atom(radius: float) -> None:
    rng = np.random.default_rng(0)
    positions = np.concatenate([EDGE * rng.random((40, 3)), [[-0.2, 5, 5], [10.1, 9.9, 0.1]]])
    sample = Sample(positions, np.arange(1, 43), np.eye(3), "crystal")
    found = species(*padded([sample]), radius)[0].numpy()
    along = np.arange(POINTS) * SPACING
    points = np.stack(np.meshgrid(along, along, along, indexing="ij"), -1)
    apart = np.linalg.norm(points[..., None, :] - positions, axis=-1)
    expected = np.where(apart.min(-1) < radius, sample.numbers[apart.argmin(-1)], 0)
    # At the surface of one or two spheres the result depends on rounding.
    nearest = np.sort(apart, -1)
    sure = (np.abs(nearest[..., 0] - radius) > 1e-4) & (nearest[..., 1] - nearest[..., 0] > 1e-4)
    assert (found == expected)[sure].all()
    assert sure.mean() > 0.99
    assert (found > 0).any()


def test_an_atom_labels_a_sphere_of_the_published_radius(samples: list[Sample]) -> None:
    coloured = int((species(*padded(samples[:1])) > 0).sum()) * SPACING**3
    assert coloured == pytest.approx(10 * 4 / 3 * np.pi * 0.65**3, rel=0.1)


@pytest.mark.parametrize("where", ["anywhere", "corner", "crystal"])
@pytest.mark.parametrize(("functions", "lost"), [(10, 1e-3), (14, 2e-6)])
def test_ten_principal_functions_lose_a_thousandth_of_an_atom(
    where: str, functions: int, lost: float
) -> None:
    """Ten functions keep more than 99.9 % of the squared density of an atom at any position."""
    rng = np.random.default_rng(1)
    positions, numbers = EDGE * rng.random((1, 3)), np.array([20])
    if where == "corner":
        positions = np.array([[0.0, 10.0, 0.0]])
    if where == "crystal":
        sample = window_sample(hematite())
        positions, numbers = sample.positions, sample.numbers
    # Its own sum: what the program rounds to single precision is more than what is lost.
    along = np.arange(POINTS) * SPACING
    x, y, z = (np.exp(-((along - positions[:, k, None]) ** 2) / 2) for k in range(3))
    density = torch.from_numpy(np.einsum("a,ai,aj,ak->ijk", numbers, x, y, z))
    u = torch.from_numpy(principal_functions(functions))
    kept = along_axes(along_axes(density, u.T), u)
    assert float((density - kept).square().sum() / density.square().sum()) < lost


def test_projection_onto_the_functions_is_idempotent() -> None:
    u = torch.from_numpy(principal_functions(8))
    assert u.T @ u == pytest.approx(np.eye(8), abs=1e-10)
    maps = torch.randn(2, 3, POINTS, POINTS, POINTS, dtype=torch.float64)
    kept = along_axes(along_axes(maps, u.T), u)
    assert torch.allclose(along_axes(along_axes(kept, u.T), u), kept, atol=1e-10)
    assert float((kept * (maps - kept)).sum()) == pytest.approx(0, abs=1e-6)
    assert np.array_equal(principal_functions(4), principal_functions(8)[:, :4])


def test_along_axes_multiplies_the_last_three_axes() -> None:
    maps, matrix = torch.randn(2, 5, 6, 6, 6), torch.randn(4, 6)
    expected = torch.einsum("bcijk,ui,vj,wk->bcuvw", maps, matrix, matrix, matrix)
    assert torch.allclose(along_axes(maps, matrix), expected, atol=1e-4)


def test_sharpening_deconvolves_a_wide_wave() -> None:
    """Sharpening restores a wave of long wavelength."""
    along = np.arange(POINTS) * SPACING
    wave = np.exp(-((along - 5) ** 2) / (2 * 1.5**2))
    blurred = np.exp(-((along - 5) ** 2) / (2 * (1.5**2 + 1))) * (1.5**2 / (1.5**2 + 1)) ** 0.5
    restored = sharpening(0.01) @ blurred
    assert restored[3:-3] == pytest.approx(wave[3:-3], abs=0.02)
    assert np.abs(sharpening(0.3) @ blurred).max() < restored.max()


def test_sharpening_separates_overlapping_atoms() -> None:
    positions = np.array([[5.0, 5.0, 4.1], [5.0, 5.0, 5.9]])
    density = torch.from_numpy(gaussian_density(positions, np.array([14, 14])).astype(np.float64))
    sharp = along_axes(density, torch.from_numpy(sharpening(0.03)))
    line, blurred = sharp[15, 15].numpy(), density[15, 15].numpy()
    middle = 15
    ends = [round(z / SPACING) for z in (4.1, 5.9)]
    assert blurred[middle] > 0.98 * min(blurred[ends])
    assert line[middle] < 0.7 * min(line[ends])
