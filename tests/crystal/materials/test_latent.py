from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.materials.latent import DIMENSIONS, Latent, between


@pytest.fixture
def ends() -> tuple[Latent, Latent]:
    rng = np.random.default_rng(0)
    first, last = rng.standard_normal((2, DIMENSIONS)).astype(np.float32)
    return Latent(first, "crystal", "net", "salt"), Latent(last, "crystal", "net", "ore")


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 1.0])
def test_interpolates_latents_along_a_straight_line(
    ends: tuple[Latent, Latent], fraction: float
) -> None:
    first, last = ends
    there = between(first, last, fraction)
    whole = np.linalg.norm(last.vector - first.vector)
    assert np.linalg.norm(there.vector - first.vector) == pytest.approx(fraction * whole, rel=1e-5)
    assert np.linalg.norm(last.vector - there.vector) == pytest.approx(
        (1 - fraction) * whole, rel=1e-5
    )
    assert there.vector.dtype == np.float32
    assert there.name == f"salt – ore, {fraction:.0%}"


def test_interpolation_returns_both_ends_exactly(
    ends: tuple[Latent, Latent],
) -> None:
    first, last = ends
    assert np.array_equal(between(first, last, 0).vector, first.vector)
    assert np.array_equal(between(first, last, 1).vector, last.vector)


def test_only_an_encoded_end_of_a_line_counts_as_encoded(ends: tuple[Latent, Latent]) -> None:
    first, last = ends
    drawn = replace(last, encoded=False)
    assert [between(first, drawn, f).encoded for f in (0, 0.5, 1)] == [True, False, False]
    assert [between(drawn, first, f).encoded for f in (0, 0.5, 1)] == [False, False, True]
    assert not between(first, last, 1e-6).encoded


@pytest.mark.parametrize("change", [{"network": "other"}, {"kind": "lattice"}])
def test_rejects_interpolation_between_different_networks(
    ends: tuple[Latent, Latent], change: dict[str, str]
) -> None:
    first, last = ends
    with pytest.raises(ValueError, match="different networks"):
        between(first, replace(last, **change), 0.5)  # type: ignore[arg-type]


def test_a_moved_latent_is_moved_and_no_longer_encoded(ends: tuple[Latent, Latent]) -> None:
    first, direction = ends[0], np.eye(DIMENSIONS, dtype=np.float32)[7]
    before = first.vector.copy()
    moved = first.moved(direction, 2.5)
    step = moved.vector - before
    assert step[7] == pytest.approx(2.5)
    assert not np.delete(step, 7).any()
    assert moved.vector.dtype == np.float32
    assert not moved.encoded
    assert np.array_equal(first.vector, before)
    assert (moved.kind, moved.network, moved.name) == ("crystal", "net", "salt")


def test_moving_a_latent_by_zero_does_not_change_it(ends: tuple[Latent, Latent]) -> None:
    stayed = ends[0].moved(ends[1].vector, 0.0)
    assert np.array_equal(stayed.vector, ends[0].vector)
    assert stayed.encoded
    assert not replace(ends[0], encoded=False).moved(ends[1].vector, 0.0).encoded
