from pathlib import Path

import pytest

from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.training.optimisation.schedules import factor, learning_rate


def settings(**changes: object) -> TrainingSettings:
    return TrainingSettings(data=Path("a.h5"), output=Path("run"), **changes)  # type: ignore[arg-type]


def test_first_schedule_of_the_paper_decays_fast_for_twelve_epochs() -> None:
    paper = PRESETS["paper-1"].settings(Path("a.h5"), Path("run"))
    rates = [learning_rate(paper, epoch, 0.0) for epoch in (0, 1, 12, 13, 1000)]
    early = 1.25e-5 * 0.86**12
    expected = [1.25e-5, 1.25e-5 * 0.86, early, early * 0.9991, early * 0.9991**988]
    assert rates == pytest.approx(expected)


def test_second_schedule_of_the_paper_has_other_rates() -> None:
    paper = PRESETS["paper-2"].settings(Path("a.h5"), Path("run"))
    assert learning_rate(paper, 20, 0.5) == pytest.approx(1.2e-4 * 0.91**18 * 0.9989**2)


def test_cosine_warms_up_and_ends_at_zero() -> None:
    cosine = settings(schedule="cosine", warm_up=0.1)
    assert factor(cosine, 0, 0.0) == 0.0
    assert factor(cosine, 0, 0.05) == pytest.approx(0.5)
    assert factor(cosine, 0, 0.1) == pytest.approx(1.0)
    assert factor(cosine, 0, 0.55) == pytest.approx(0.5)
    assert factor(cosine, 0, 1.0) == pytest.approx(0.0)
    assert factor(cosine, 0, 1.5) == pytest.approx(0.0)  # a time budget that ran over


def test_cosine_without_warm_up_starts_at_the_highest_rate() -> None:
    assert factor(settings(warm_up=0.0), 0, 0.0) == 1.0


def test_one_cycle_rises_and_falls_to_zero() -> None:
    cycle = settings(schedule="one_cycle")
    values = [factor(cycle, 0, i / 100) for i in range(101)]
    assert values[0] == pytest.approx(1 / 25)
    assert max(values) == values[30] == 1.0
    assert values[-1] == pytest.approx(0.0)
    assert values[:31] == sorted(values[:31])
    assert values[30:] == sorted(values[30:], reverse=True)
