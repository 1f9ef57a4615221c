"""How much of a training is done, and how long the rest takes."""

from patterson_gui.io.training.events import TrainingProgress
from patterson_gui.io.training.settings import TrainingSettings

# Less done, or less time passed, than this gives no useful forecast: the first steps are slow.
LEAST_FRACTION = 0.01
LEAST_SECONDS = 10
VALIDATION = 0.1  # share of an epoch that its validation takes, about


def fraction_done(
    settings: TrainingSettings, progress: TrainingProgress | None, epochs_done: int = 0
) -> float:
    """Share of the training that is done, 0 to 1, by epochs or by its time budget.

    Parameters
    ----------
    progress : the newest report; None before the first.
    epochs_done : finished epochs, used without a report.
    """
    if progress is None:
        done = epochs_done / settings.epochs
    else:
        of_epoch = progress.fraction * (1 - VALIDATION)
        if progress.phase == "validation":
            of_epoch = 1 - VALIDATION + progress.fraction * VALIDATION
        done = (progress.epoch - 1 + of_epoch) / settings.epochs
        if settings.time_budget is not None:
            done = max(done, progress.seconds / settings.time_budget)
    return min(1.0, done)


def seconds_left(seconds: float, fraction: float) -> float | None:
    """Remaining time at the present speed, s; None if it is too early to say.

    Parameters
    ----------
    seconds, fraction : time passed, and share done in that time.
    """
    if fraction < LEAST_FRACTION or seconds < LEAST_SECONDS:
        return None
    return seconds * (1 / fraction - 1)
