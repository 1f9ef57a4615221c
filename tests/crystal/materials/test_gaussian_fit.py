"""Atoms from linear measurements; nothing but the measured values tells where they are."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from patterson_gui.crystal.materials.cube import EDGE, POINTS, SPACING, window_sample
from patterson_gui.crystal.materials.gaussian_fit import (
    EXACTLY,
    ROUGHLY,
    Fit,
    fit_atoms,
    merge_near_copies,
    refine_atoms,
)
from patterson_gui.crystal.materials.gaussian_measurement import Measurement
from patterson_gui.errors import Cancelled
from tests.crystal.example_materials import perovskite

Array = NDArray[np.float64]
Measure = Callable[..., Measurement]

NOWHERE = np.zeros((0, 3))
FUNCTIONS = 8
VALUES = 291
SKEWED = np.array([[5.1, 0, 0], [1.0, 6.2, 0], [-1.5, 0.7, 5.6]])


def cosines() -> Array:
    """(30, 8) smooth orthonormal functions, none of the program's own."""
    x = (np.arange(POINTS) + 0.5) / POINTS
    waves = np.cos(np.pi * x[:, None] * np.arange(FUNCTIONS))
    return np.asarray(waves / np.linalg.norm(waves, axis=0))


@pytest.fixture(scope="module")
def measure() -> Measure:
    """Measures densities as an encoder does: 291 random sums of coefficients."""
    u = cosines()
    rng = np.random.default_rng(7)
    # Waves as fine as atoms hardly show in them count as much as the coarse ones.
    matrix = rng.standard_normal((VALUES, FUNCTIONS**3)) / FUNCTIONS**1.5

    def measured(
        positions: Array, numbers: NDArray[np.int64], lattice: Array | None = None
    ) -> Measurement:
        along = np.arange(POINTS) * SPACING
        x, y, z = (np.exp(-((along - positions[:, k, None]) ** 2) / 2) for k in range(3))
        density = np.einsum("a,ai,aj,ak->ijk", numbers / (2 * np.pi) ** 1.5, x, y, z)
        seen = np.einsum("ijk,ia,jb,kc->abc", density, u, u, u, optimize=True)
        return Measurement(u, matrix, matrix @ seen.ravel(), lattice)

    return measured


def same_atoms(fit: Fit, positions: Array, numbers: NDArray[np.int64], within: float) -> bool:
    if len(fit.heights) != len(numbers):
        return False
    apart = np.linalg.norm(fit.positions[:, None] - positions, axis=-1)
    partner = apart.argmin(1)
    return bool(
        sorted(partner.tolist()) == list(range(len(numbers)))
        and apart.min(1).max() < within
        and (fit.numbers == numbers[partner]).all()
    )


def scattered(rng: np.random.Generator, n: int, nearest: float = 1.4) -> Array:
    """(n, 3) Å, none closer to another than `nearest`."""
    places = [2 + 6 * rng.random(3)]
    while len(places) < n:
        place = 2 + 6 * rng.random(3)
        if np.linalg.norm(np.array(places) - place, axis=1).min() > nearest:
            places.append(place)
    return np.array(places)


# ---------------------------------------------------------------- the measurement


@pytest.mark.parametrize("lattice", [None, SKEWED])
def test_the_contribution_of_an_electron_is_the_measurement_of_its_density(
    measure: Measure, lattice: Array | None
) -> None:
    places = np.array([[3.0, 4.0, 5.0], [0.2, 9.5, 6.1], [1.0, 1.0, 1.0]])
    one = measure(NOWHERE, np.zeros(0), lattice)
    added = one.of_atoms(places)
    for place, row in zip(places, added, strict=True):
        copies = place[None]
        if lattice is not None:
            steps = (np.array(list(np.ndindex(13, 13, 13))) - 6) @ lattice
            copies = place + steps
        expected = measure(copies, np.ones(len(copies))).value
        # Copies beyond reach are left out.
        assert row == pytest.approx(expected, abs=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("lattice", [None, SKEWED])
def test_derivatives_agree_with_finite_differences(measure: Measure, lattice: Array | None) -> None:
    measured = measure(NOWHERE, np.zeros(0), lattice)
    places, step = np.array([[3.137, 4.219, 5.331], [1.243, 7.511, 6.177]]), 1e-5
    added, slopes = measured.with_slopes(places)
    assert added == pytest.approx(measured.of_atoms(places), abs=1e-12)
    for k in range(3):
        move = step * np.eye(3)[k]
        numeric = (measured.of_atoms(places + move) - measured.of_atoms(places - move)) / (2 * step)
        scale = np.abs(numeric).max()
        assert slopes[:, k] == pytest.approx(numeric, abs=1e-6 * scale)


def test_candidates_fill_the_cell_and_have_correct_contributions(measure: Measure) -> None:
    measured = measure(NOWHERE, np.zeros(0), SKEWED)
    places, everywhere = measured.candidates
    frac = places @ np.linalg.inv(SKEWED)
    assert frac.min() > -1e-9
    assert 0.9 < frac.max() < 1
    some = np.array([0, len(places) // 2, len(places) - 1])
    assert everywhere[some] == pytest.approx(measured.of_atoms(places[some]), abs=1e-6)


# ---------------------------------------------------------------- exactly


@pytest.mark.parametrize("seed", range(3))
def test_finds_a_few_atoms_exactly_without_initial_positions(measure: Measure, seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions, numbers = scattered(rng, 6), rng.integers(3, 93, 6)
    fit = fit_atoms(measure(positions, numbers), NOWHERE)
    assert fit.exact
    assert same_atoms(fit, positions, numbers, 1e-3)


@pytest.mark.parametrize(
    ("numbers", "apart"), [((8, 1), 0.97), ((82, 8), 2.1), ((92, 1), 2.0), ((26, 26), 1.2)]
)
def test_resolves_atoms_whose_gaussians_overlap(
    measure: Measure, numbers: tuple[int, int], apart: float
) -> None:
    """The Gaussians' own width is 1 Å, so that O–H is no more than a slightly odd oxygen."""
    first = np.array([4.6, 5.2, 4.9])
    direction = np.array([0.48, -0.6, 0.64])
    positions = np.array([first, first + apart * direction, [2.5, 2.2, 7.3]])
    fit = fit_atoms(measure(positions, np.array([*numbers, 14])), NOWHERE)
    assert fit.exact
    assert same_atoms(fit, positions, np.array([*numbers, 14]), 0.01)


def test_good_and_bad_initial_positions_give_the_same_atoms(measure: Measure) -> None:
    rng = np.random.default_rng(5)
    positions, numbers = scattered(rng, 5), np.array([3, 8, 22, 56, 8])
    measured = measure(positions, numbers)
    for start in (positions + 0.1 * rng.normal(size=(5, 3)), 2 + 6 * rng.random((9, 3))):
        assert same_atoms(fit_atoms(measured, start), positions, numbers, 1e-3)


def test_finds_the_atoms_of_a_crystal_from_a_window(measure: Measure) -> None:
    material = perovskite()
    assert material.lattice is not None
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    sample = window_sample(material, turn, np.array([0.1, 0.45, 0.7]))
    steps = (np.array(list(np.ndindex(15, 15, 15))) - 7) @ sample.lattice
    cell = (material.positions @ turn.T) - np.array([0.1, 0.45, 0.7]) @ sample.lattice
    copies = (cell[:, None] + steps).reshape(-1, 3)
    measured = measure(copies, np.repeat(material.numbers, len(steps)), sample.lattice)
    fit = fit_atoms(measured, NOWHERE)
    assert sorted(fit.numbers.tolist()) == sorted(material.numbers.tolist())
    frac = (fit.positions[:, None] - cell) @ np.linalg.inv(sample.lattice)
    apart = np.linalg.norm((frac - np.rint(frac)) @ sample.lattice, axis=-1)
    apart[fit.numbers[:, None] != material.numbers] = np.inf
    assert sorted(apart.argmin(1).tolist()) == list(range(5))
    assert apart.min(1).max() < 0.01


def test_refinement_never_raises_the_residual_and_converges_to_the_truth(measure: Measure) -> None:
    rng = np.random.default_rng(2)
    positions, numbers = scattered(rng, 4), np.array([6, 7, 26, 8])
    measured = measure(positions, numbers)
    near, heights = positions + 0.3 * rng.normal(size=(4, 3)), numbers + rng.normal(size=4)
    left = measured.value - heights @ measured.of_atoms(near)
    before = float(left @ left) / measured.size
    residuals = [
        refine_atoms(measured, Fit(near, heights, before), replace(EXACTLY, steps=n)).residual
        for n in (1, 2, 30)
    ]
    assert before > residuals[0] > residuals[1] > residuals[2]
    assert residuals[2] < 1e-8


def test_a_fit_ends_at_the_next_step_when_it_is_cancelled(measure: Measure) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    measured = measure(scattered(np.random.default_rng(2), 4), np.array([6, 7, 26, 8]))
    with pytest.raises(Cancelled):
        fit_atoms(measured, NOWHERE, replace(EXACTLY, cancelled=cancelled))
    assert len(asked) == 4


def test_a_measurement_of_zero_gives_no_atoms(measure: Measure) -> None:
    for lattice in (None, SKEWED):
        measured = measure(NOWHERE, np.zeros(0), lattice)
        for search in (EXACTLY, ROUGHLY):
            for start in (NOWHERE, np.array([[5.0, 5.0, 5.0]])):
                assert len(fit_atoms(measured, start, search).heights) == 0


def test_there_are_never_more_atoms_than_allowed(measure: Measure) -> None:
    rng = np.random.default_rng(3)
    measured = measure(scattered(rng, 8), np.full(8, 14))
    fit = fit_atoms(measured, NOWHERE, replace(EXACTLY, rounds=1), most=3)
    assert 1 <= len(fit.heights) <= 8
    assert len(fit_atoms(measured, NOWHERE, most=0).heights) == 0


def test_the_fit_depends_only_on_the_measured_values(measure: Measure) -> None:
    """Two measurements with exchanged values have exchanged answers, and none changes its own."""
    rng = np.random.default_rng(4)
    places, numbers = (scattered(rng, 4), scattered(rng, 5)), (np.full(4, 12), np.full(5, 30))
    measured = [measure(p, z) for p, z in zip(places, numbers, strict=True)]
    values = [m.value.copy() for m in measured]
    swapped = [replace(m, value=other) for m, other in zip(measured, values[::-1], strict=True)]
    for m, p, z in zip(swapped, places[::-1], numbers[::-1], strict=True):
        assert same_atoms(fit_atoms(m, NOWHERE), p, z, 1e-3)
    assert all(np.array_equal(m.value, v) for m, v in zip(measured, values, strict=True))


# ---------------------------------------------------------------- roughly


def test_atoms_fitted_to_an_impossible_measurement_are_well_separated(measure: Measure) -> None:
    rng = np.random.default_rng(6)
    crowded = np.concatenate([scattered(rng, 6), scattered(rng, 6)])
    measured = measure(crowded, rng.integers(4, 40, 12))
    noise = rng.standard_normal(VALUES)
    spoilt = replace(
        measured,
        value=measured.value + 0.1 * np.sqrt(measured.size) * noise / np.linalg.norm(noise),
    )
    fit = fit_atoms(spoilt, crowded, ROUGHLY)
    assert 1 < len(fit.heights) < 30
    assert pdist(fit.positions).min() > ROUGHLY.too_close
    assert fit.heights.min() > ROUGHLY.lightest
    assert fit.residual < 0.02
    assert ((fit.positions >= 0) & (fit.positions <= EDGE)).all()


def test_merges_two_close_atoms_into_one_with_the_electrons_of_both(measure: Measure) -> None:
    pair = np.array([[5.0, 5.0, 5.0], [5.0, 5.0, 5.9]])
    measured = measure(pair, np.array([14, 14]))
    fit = fit_atoms(measured, pair, ROUGHLY)
    assert len(fit.heights) == 1
    assert fit.heights[0] == pytest.approx(28, abs=4)
    assert fit.positions[0] == pytest.approx([5, 5, 5.45], abs=0.1)
    assert same_atoms(fit_atoms(measured, pair, EXACTLY), pair, np.array([14, 14]), 1e-3)


def test_merges_atoms_whose_lattice_copies_are_close() -> None:
    lattice = 5 * np.eye(3)
    fit = Fit(
        np.array([[2.5, 2.5, 2.5], [2.5, 2.5, 7.6], [5.0, 5.0, 5.0]]),
        np.array([26.0, 20.0, 8.0]),
        0.1,
    )
    one = merge_near_copies(fit, lattice, 1.3)
    assert one.positions.tolist() == [[2.5, 2.5, 2.5], [5, 5, 5]]
    assert one.heights.tolist() == [46, 8]
    assert len(merge_near_copies(fit, lattice, 0.05).heights) == 3
    nothing = Fit(NOWHERE, np.zeros(0), 1.0)
    assert len(merge_near_copies(nothing, lattice, 1.3).heights) == 0


@pytest.mark.parametrize(("height", "number"), [(7.4, 7), (7.6, 8), (0.2, 1), (150.0, 94)])
def test_numbers_are_the_nearest_that_elements_have(height: float, number: int) -> None:
    assert Fit(np.zeros((1, 3)), np.array([height]), 0.0).numbers.tolist() == [number]


def test_a_fit_is_exact_only_up_to_rounding_errors() -> None:
    exact = [Fit(NOWHERE, np.zeros(0), r).exact for r in (1e-12, 1e-8, 1e-5)]
    assert exact == [True, True, False]
