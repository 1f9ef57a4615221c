import gemmi
import numpy as np
import torch

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.prediction import StartResult
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.solvers.retrieval.cases import Candidate, Case
from patterson_gui.solvers.retrieval.map_similarity import best_correlation
from patterson_gui.solvers.retrieval.verdict import judge_starts, record_agreements


def density(seed: int, shape: tuple[int, int, int] = (12, 12, 12)) -> torch.Tensor:
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return noise.clamp(min=1.0)


def case_of(r_factors: list[float], densities: list[torch.Tensor]) -> Case:
    cell = gemmi.UnitCell(9, 9, 9, 90, 90, 90)
    data = Amplitudes(np.array([[1, 0, 0]], np.int32), np.ones(1, np.float32), cell, p1())
    case = Case(data, None, 0)
    for i, (r, d) in enumerate(zip(r_factors, densities, strict=True)):
        result = StartResult(i, r, 100, "one round")
        case.starts.append(result)
        case.candidates.append(Candidate(result, d))
    record_agreements(case.candidates)
    return case


def test_a_shifted_copy_is_the_same_density() -> None:
    one = density(1)
    assert best_correlation(one, torch.roll(one, (3, 5, 7), (0, 1, 2))) > 0.999


def test_the_other_hand_is_the_same_density() -> None:
    one = density(1)
    assert best_correlation(one, torch.flip(torch.roll(one, 2, 1), (0, 1, 2))) > 0.999


def test_independent_noise_is_not_called_solved() -> None:
    assert best_correlation(density(1), density(2)) < 0.3


def partly(seed: int, share: float) -> torch.Tensor:
    """Density 1 with noise: the larger `share`, the less they are alike."""
    return density(1) + share * density(seed)


def test_two_identical_starts_are_a_solution() -> None:
    case = case_of([0.2] * 4, [density(1), density(2), torch.roll(density(1), 4, 0), density(3)])
    assert judge_starts(case).solved
    assert "2 independent starts agree" in judge_starts(case).sentence


def test_three_similar_starts_are_a_solution() -> None:
    alike = [partly(seed, 0.45) for seed in (5, 6, 7)]
    assert 0.75 < best_correlation(alike[0], alike[1]) < 0.9
    assert judge_starts(case_of([0.2] * 4, [*alike, density(3)])).solved


def test_two_similar_starts_are_not_a_solution() -> None:
    case = case_of([0.2] * 4, [partly(5, 0.45), partly(6, 0.45), density(3), density(4)])
    assert not judge_starts(case).solved


def test_one_start_with_a_much_lower_r_is_probably_a_solution() -> None:
    case = case_of([0.13, 0.17, 0.18, 0.17, 0.175, 0.18], [density(i) for i in range(6)])
    assert judge_starts(case).solved
    assert "stands out" in judge_starts(case).sentence
    assert not judge_starts(case).certain


def test_starts_without_agreement_or_a_low_r_are_not_a_solution() -> None:
    case = case_of([0.16, 0.17, 0.18, 0.17, 0.175, 0.18], [density(i) for i in range(6)])
    assert not judge_starts(case).solved


def test_a_low_r_among_few_starts_is_not_a_solution() -> None:
    case = case_of([0.10, 0.17, 0.18], [density(i) for i in range(3)])
    assert not judge_starts(case).solved


def test_starts_that_agree_but_have_a_high_r_are_not_a_solution() -> None:
    case = case_of([0.6] * 3, [density(1)] * 3)
    assert not judge_starts(case).solved
