"""The evaluation of the crystal network, on made-up cases and on a few crystals."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.crystal.materials.cube import (
    Sample,
    SampleKind,
    images,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.latent import Decoded, Latent
from patterson_gui.errors import Cancelled
from patterson_gui.nets.inference.crystal_coder import NetworkCoder
from patterson_gui.nets.inference.evaluate_crystals import (
    compare_atoms,
    evaluate_generated,
    evaluate_samples,
    summary,
    validity,
)
from tests.crystal.example_materials import perovskite, rock_salt

PLACES = np.array([[2.0, 2.0, 2.0], [5.0, 5.0, 5.0], [8.0, 8.0, 8.0]])
NUMBERS = np.array([8, 26, 82])


def sample(
    positions: NDArray[np.float64] = PLACES,
    numbers: NDArray[np.int64] = NUMBERS,
    kind: SampleKind = "crystal",
) -> Sample:
    return Sample(positions, numbers, 10 * np.eye(3), kind)


def test_slightly_moved_atoms_in_any_order_count_as_recovered() -> None:
    order = [2, 0, 1]
    found = compare_atoms(sample(), PLACES[order] + [0.03, 0, 0.04], NUMBERS[order])
    assert (found.n_true, found.n_found, found.exact, found.neighbours) == (3, 3, 3, 3)
    assert found.errors == pytest.approx((0.05, 0.05, 0.05))


def test_a_missing_atom_counts_as_a_wrong_element() -> None:
    found = compare_atoms(sample(), PLACES[:2], NUMBERS[:2])
    assert (found.n_true, found.n_found, found.exact) == (3, 2, 2)
    figures = summary([found])
    assert figures["count_exact_fraction"] == 0
    assert figures["element_exact_fraction"] == pytest.approx(2 / 3)
    assert figures["atoms_found_fraction"] == pytest.approx(2 / 3)


def test_a_superfluous_atom_makes_the_count_wrong() -> None:
    found = compare_atoms(sample(), np.vstack([PLACES, [[5.0, 2.0, 8.0]]]), np.append(NUMBERS, 1))
    assert (found.n_found, found.exact) == (4, 3)
    assert summary([found])["count_exact_fraction"] == 0


@pytest.mark.parametrize(("number", "exact", "neighbours"), [(26, 3, 3), (27, 2, 3), (28, 2, 2)])
def test_a_wrong_element_of_adjacent_number_is_a_neighbour(
    number: int, exact: int, neighbours: int
) -> None:
    found = compare_atoms(sample(), PLACES, np.array([8, number, 82]))
    assert (found.n_found, found.exact, found.neighbours) == (3, exact, neighbours)


def test_two_found_atoms_match_one_true_atom_only_once() -> None:
    found = compare_atoms(sample(), PLACES[[0, 0, 1]], NUMBERS[[0, 0, 1]])
    assert found.exact == 2
    assert len(found.errors) == 3
    assert max(found.errors) > 1


def test_a_distant_atom_is_a_large_error_and_a_wrong_element() -> None:
    found = compare_atoms(sample(), PLACES + np.array([[0, 0, 0], [1.2, 0, 0], [0, 0, 0]]), NUMBERS)
    assert sorted(found.errors) == pytest.approx([0, 0, 1.2])
    assert (found.n_found, found.exact) == (3, 2)


def test_no_found_atoms_give_no_correct_ones() -> None:
    found = compare_atoms(sample(), np.zeros((0, 3)), np.zeros(0, np.int64))
    assert (found.n_true, found.n_found, found.exact, found.errors) == (3, 0, 0, ())
    figures = summary([found])
    assert figures["element_exact_fraction"] == 0
    assert np.isnan(figures["position_median_A"])


@pytest.mark.parametrize("side", [-1e-9, 1e-9])
@pytest.mark.parametrize("found_side", [-1e-9, 1e-9])
def test_rounding_at_the_face_of_a_window_does_not_matter(side: float, found_side: float) -> None:
    """An atom at 0 has a copy at 10 Å, on the opposite face of the cube."""
    lattice = 10 * np.eye(3)
    for at in (0.0, 10.0):
        true = sample(
            *images(np.array([[at + side, 5, 5]]), np.array([14]), lattice)[:2], "lattice"
        )
        places, numbers, _ = images(np.array([[at + found_side, 5, 5]]), np.array([14]), lattice)
        found = compare_atoms(true, places, numbers)
        assert found.n_found == found.n_true == found.exact == 1
        assert max(found.errors) < 1e-6


def test_missing_and_superfluous_atoms_of_a_window_are_noticed() -> None:
    true = window_sample(rock_salt())
    everything = true.positions, true.numbers
    assert compare_atoms(true, *everything).n_found == compare_atoms(true, *everything).n_true
    middle = int(np.linalg.norm(true.positions - 5, axis=1).argmin())
    rest = np.arange(len(true.numbers)) != middle
    fewer = compare_atoms(true, true.positions[rest], true.numbers[rest])
    assert (fewer.n_found, fewer.exact) == (fewer.n_true - 1, fewer.n_true - 1)
    more = compare_atoms(
        true, np.vstack([true.positions, [[5.1, 5.3, 4.8]]]), np.append(true.numbers, 6)
    )
    assert more.n_found == more.n_true + 1


def test_figures_of_several_crystals_are_over_all_atoms() -> None:
    right = compare_atoms(sample(), PLACES + np.array([0.1, 0, 0]), NUMBERS)
    small = sample(PLACES[:1], NUMBERS[:1])
    wrong = compare_atoms(small, PLACES[:1] + np.array([0.3, 0, 0]), NUMBERS[:1] + 1)
    figures = summary([right, wrong])
    assert (figures["n"], figures["atoms"]) == (2, 4)
    assert figures["count_exact_fraction"] == 1
    assert figures["element_exact_fraction"] == 0.75
    assert figures["element_within_neighbour_fraction"] == 1
    assert figures["position_median_A"] == pytest.approx(0.1)
    assert figures["position_p95_A"] == pytest.approx(np.percentile([0.1, 0.1, 0.1, 0.3], 95))


def test_an_evaluated_crystal_has_figures_and_a_row(coder: NetworkCoder) -> None:
    shares: list[float] = []
    samples = [(m.label, unit_cell_sample(m)) for m in (rock_salt(), perovskite())]
    evaluation = evaluate_samples(coder, samples, shares.append)
    figures = evaluation.figures()
    assert shares == [0, 0.5]
    assert figures["n"] == figures["decoded"]["n"] == figures["true_density"]["n"] == 2
    assert figures["decoded"] == figures["decoded_up_to_28_atoms"]
    assert figures["decoded"]["count_exact_fraction"] == 1
    assert figures["decoded"]["element_exact_fraction"] == 1
    assert figures["decoded"]["position_p95_A"] < 0.01
    assert figures["true_density"]["element_exact_fraction"] == 1
    assert figures["reconstruction_mse_median"] < 0.006
    assert [case["atoms"] for case in evaluation.cases()] == [8, 5]
    with pytest.raises(Cancelled):
        evaluate_samples(coder, samples, cancelled=lambda: True)


def test_evaluation_gives_the_coder_only_density_and_lattice(coder: NetworkCoder) -> None:
    asked: list[tuple[Any, ...]] = []

    class RecordingCoder(NetworkCoder):
        """Records its arguments."""

        def encode_density(self, *words: Any) -> Latent:
            asked.append(words)
            return super().encode_density(*words)

        def decode(self, latent: Latent, cancelled: Callable[[], bool] = lambda: False) -> Decoded:
            asked.append((latent.vector, latent.name))
            return super().decode(latent)

    mine = RecordingCoder(coder.network, coder.card, "crystal")
    assert evaluate_samples(mine, [("", unit_cell_sample(perovskite()))]).decoded[0].exact == 5
    (density, lattice, name), (vector, again) = asked
    assert (density.shape, lattice.shape, name) == ((30, 30, 30), (3, 3), "")
    assert (vector.shape, again) == ((300,), "")


def test_validity_counts_overlaps_and_unbalanced_charges() -> None:
    salt = rock_salt()
    crushed = replace(salt, positions=salt.positions / 4, lattice=salt.lattice / 4)
    unbalanced = salt.with_element(0, 8)
    empty = replace(salt, positions=np.zeros((0, 3)), numbers=np.zeros(0, np.int64))
    figures = validity([(salt, 1.0), (crushed, 0.5), (unbalanced, 0.8), (empty, 0.0)])
    assert figures["n"] == 4
    assert figures["with_atoms_fraction"] == 0.75
    assert figures["distances_fraction"] == 0.5
    assert figures["neutral_fraction"] == 0.5
    assert figures["valid_fraction"] == 0.25
    assert figures["explained_median"] == 0.65


def test_three_kinds_of_generated_latents_are_evaluated(coder: NetworkCoder) -> None:
    latents = [coder.encode(m) for m in (rock_salt(), perovskite())]
    figures = evaluate_generated(coder, latents, 1, 3)
    assert set(figures) == {"prior", "around_known", "midpoints"}
    assert all(of["n"] == 1 for of in figures.values())
    assert evaluate_generated(coder, [], 1, 3) == {"prior": figures["prior"]}  # the seed decides
