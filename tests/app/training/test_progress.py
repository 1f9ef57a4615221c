"""How much of a training is done never falls, and forecasts do not come too early."""

from pathlib import Path

import pytest

from patterson_gui.app.training.progress import fraction_done, seconds_left
from patterson_gui.io.training.events import TrainingProgress
from patterson_gui.io.training.settings import TrainingSettings


def test_progress_does_not_fall_in_the_validation_of_an_epoch() -> None:
    settings = TrainingSettings(data=Path("a.h5"), output=Path("run"), epochs=2)
    moments = [
        (epoch, phase, fraction)
        for epoch in (1, 2)
        for phase in ("training", "validation")
        for fraction in (0.0, 0.5, 1.0)
    ]
    done = [
        fraction_done(
            settings,
            TrainingProgress(
                epoch=epoch, step=1, fraction=fraction, samples_per_s=1.0, loss=1.0,
                learning_rate=1e-3, seconds=1.0, paused=False, phase=phase,
            ),
        )
        for epoch, phase, fraction in moments
    ]  # fmt: skip
    assert done == sorted(done)
    assert done[0] == 0.0
    assert done[-1] == pytest.approx(1.0)


def test_forecasts_wait_for_a_hundredth_of_the_training() -> None:
    assert seconds_left(8.0, 0.5) is None
    assert seconds_left(60.0, 0.005) is None
    assert seconds_left(60.0, 0.25) == pytest.approx(180.0)
