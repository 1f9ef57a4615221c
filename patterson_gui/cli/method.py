"""The settings of a prediction from the options of `options.add_method`."""

import argparse

from patterson_gui.crystal.prediction import PredictionSettings


def method_settings(options: argparse.Namespace) -> PredictionSettings:
    """What `--method` and the options beside it ask for."""
    return PredictionSettings(
        method=options.method,
        model=options.model,
        atoms=options.atoms,
        starts=options.starts,
        iterations=options.iterations,
        seed=options.seed,
        device=options.device,
    )
