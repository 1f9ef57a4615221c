"""Find a learning rate by the range test (Smith, WACV 2017)."""

import math
from collections.abc import Callable, Sequence

from patterson_gui.io.training.events import LearningRateFound
from patterson_gui.nets.training.run import Run

LOWEST, HIGHEST = 1e-6, 1.0
STEPS = 80
_SMOOTHING = 0.9
_DIVERGED = 4.0  # multiple of the lowest loss


def find_learning_rate(
    run: Run, steps: int = STEPS, should_stop: Callable[[], bool] = lambda: False
) -> LearningRateFound:
    """Train with a rate that grows from step to step until the loss diverges.

    Nothing is written. The weights are useless afterwards: start a new training with the rate.
    """
    curve: list[tuple[float, float]] = []
    mean, lowest = 0.0, math.inf
    for number in range(steps):
        if should_stop():
            break
        rate = LOWEST * (HIGHEST / LOWEST) ** (number / (steps - 1))
        step = run.next_step()
        if step is None:
            run.state.begin_next_epoch()
            step = run.next_step()
            assert step is not None  # an epoch has at least one example
        loss = float(run.take(step, rate))
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        # The running mean begins at zero; this corrects its bias.
        smooth = mean / (1 - _SMOOTHING ** (number + 1))
        if not math.isfinite(smooth) or smooth > _DIVERGED * lowest:
            break
        lowest = min(lowest, smooth)
        curve.append((rate, smooth))
    return LearningRateFound(suggestion=suggestion(curve), curve=tuple(curve))


def suggestion(curve: Sequence[tuple[float, float]]) -> float:
    """The rate at which the loss falls most steeply against the logarithm of the rate.

    Parameters
    ----------
    curve : (learning rate, smoothed loss), ascending in the rate; only the part before the
        lowest loss is used.

    Returns
    -------
    NaN if the loss never falls.
    """
    if not curve:
        return math.nan
    end = min(range(len(curve)), key=lambda i: curve[i][1])
    best, steepest = math.nan, 0.0
    for i in range(1, end):
        (before, high), (after, low) = curve[i - 1], curve[i + 1]
        slope = (low - high) / math.log(after / before)
        if slope < steepest:
            best, steepest = curve[i][0], slope
    return best
