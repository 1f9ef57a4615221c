"""The learning rate in the course of a training, as a part of the highest one.

Stateless: where a training stands says everything, so that a resumed one goes on exactly.
"""

import math

from patterson_gui.io.training.settings import TrainingSettings

_CYCLE_RISE = 0.3  # part of one cycle in which the rate rises (Smith & Topin, 2019)
_CYCLE_START = 1 / 25


def learning_rate(settings: TrainingSettings, epoch: int, fraction: float) -> float:
    """The learning rate in `epoch` (0 for the first), `fraction` (0..1) through the training."""
    return settings.learning_rate * factor(settings, epoch, fraction)


def factor(settings: TrainingSettings, epoch: int, fraction: float) -> float:
    """The part of the highest learning rate, 0..1; arguments as of `learning_rate`."""
    fraction = min(max(fraction, 0.0), 1.0)
    if settings.schedule == "paper":
        early = min(epoch, settings.decay_epochs)
        return float(settings.decay**early * settings.late_decay ** (epoch - early))
    if settings.schedule == "cosine":
        return _rise_and_fall(fraction, settings.warm_up, 0.0)
    if settings.schedule == "one_cycle":
        return _rise_and_fall(fraction, _CYCLE_RISE, _CYCLE_START)
    return 1.0


def _rise_and_fall(fraction: float, rise: float, start: float) -> float:
    """From `start` in a straight line to 1 at `rise`, then along a cosine to 0."""
    if fraction < rise:
        return start + (1 - start) * fraction / rise
    return 0.5 * (1 + math.cos(math.pi * (fraction - rise) / (1 - rise)))
