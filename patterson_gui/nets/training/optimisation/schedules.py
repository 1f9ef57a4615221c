"""Learning-rate schedules.

They have no state: the rate follows from the position in the training, so that a resumed training
continues exactly.
"""

import math

from patterson_gui.io.training.settings import TrainingSettings

_CYCLE_RISE = 0.3  # fraction of the cycle in which the rate rises (Smith & Topin, 2019)
_CYCLE_START = 1 / 25


def learning_rate(settings: TrainingSettings, epoch: int, fraction: float) -> float:
    """The learning rate in `epoch` (0 for the first), at `fraction` (0..1) of the training."""
    return settings.learning_rate * factor(settings, epoch, fraction)


def factor(settings: TrainingSettings, epoch: int, fraction: float) -> float:
    """The learning rate as a fraction of the highest one; arguments as in `learning_rate`."""
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
    """Linear from `start` to 1 at `rise`, then a cosine to 0."""
    if fraction < rise:
        return start + (1 - start) * fraction / rise
    return 0.5 * (1 + math.cos(math.pi * (fraction - rise) / (1 - rise)))
