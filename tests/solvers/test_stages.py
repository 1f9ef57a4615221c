"""What the stages of a prediction keep, drop and combine."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import (
    Applicability,
    Prediction,
    PredictionSettings,
    Problem,
    StartResult,
)
from patterson_gui.solvers import stages
from patterson_gui.solvers.stages import Case, Stages

SETTINGS = PredictionSettings(device="cpu")


def retrieved(crystal: Crystal, r: float, seed: int) -> Prediction:
    """The answer of a retrieval that spent one start and ended at R `r`."""
    assert crystal.truth is not None
    assert crystal.amplitudes is not None
    n = len(crystal.amplitudes)
    return Prediction(
        density=crystal.truth.with_grid(crystal.truth.grid * r),
        amplitudes=crystal.amplitudes,
        phases_deg=np.zeros(n, np.float32),
        fom=np.ones(n, np.float32),
        r_factor=r,
        self_consistency=0.5,
        solved=r < 0.1,
        verdict=f"R {r}",
        hand_determined=False,
        settings=SETTINGS,
        starts=(StartResult(seed, r, 100, "RAAR"),),
    )


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(0.3, 0.05, 0.05), (0.2, 0.3, 0.2), (0.2, 0.2, 0.2)]
)
def test_of_two_retrievals_the_one_with_the_lower_r_is_kept_with_the_starts_of_both(
    dipeptide: Crystal, monkeypatch: pytest.MonkeyPatch, first: float, second: float, kept: float
) -> None:
    answers = iter([first, second])
    seeds: list[int] = []

    def retrieve_many(
        problems: Sequence[Problem], settings: object, given: list[int], *_: object
    ) -> list[Prediction]:
        seeds.extend(given)
        return [retrieved(dipeptide, next(answers), given[0])]

    monkeypatch.setattr(stages, "retrieve_many", retrieve_many)
    assert dipeptide.amplitudes is not None
    case = Case(Problem(dipeptide.amplitudes), 7, Applicability(None, ""))
    run = Stages(SETTINGS, lambda _: None, lambda: False, None)
    run.retrieve([case], 0.0, 0.5)
    run.retrieve([case], 0.5, 1.0)
    assert case.prediction.r_factor == kept
    assert case.prediction.verdict == f"R {kept}"
    assert [start.r_factor for start in case.prediction.starts] == [first, second]
    assert seeds[0] == 7
    assert seeds[1] != 7  # other random numbers the second time


def test_a_case_without_a_prediction_raises_an_error(dipeptide: Crystal) -> None:
    assert dipeptide.amplitudes is not None
    case = Case(Problem(dipeptide.amplitudes), 0, Applicability(None, ""))
    with pytest.raises(ValueError, match="no prediction yet"):
        _ = case.prediction


def test_progress_of_a_stage_is_its_share_of_the_whole(dipeptide: Crystal) -> None:
    reported: list[float] = []
    report = stages._stage_report(lambda p: reported.append(p.fraction), 0.3, 0.9)
    for fraction in (0.0, 0.5, 1.0):
        report(replace(stages.Progress(0.0, ""), fraction=fraction))
    assert reported == pytest.approx([0.3, 0.6, 0.9])
