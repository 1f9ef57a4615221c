import math

import pytest

from patterson_gui.nets.training.lr_finder import suggestion


def test_the_steepest_fall_of_a_smooth_step_is_found() -> None:
    # A fall centred at 10⁻³ on a logarithmic axis, then an explosion.
    rates = [10 ** (-6 + 0.1 * i) for i in range(60)]
    curve = [
        (rate, 1 / (1 + (rate / 1e-3) ** 2) + (50 * (rate - 0.05) if rate > 0.05 else 0.0))
        for rate in rates
    ]
    assert suggestion(curve) == pytest.approx(1e-3, rel=0.3)


def test_no_suggestion_if_the_loss_only_rises() -> None:
    assert math.isnan(suggestion([(1e-3, 1.0), (1e-2, 2.0), (1e-1, 3.0)]))
    assert math.isnan(suggestion([]))
