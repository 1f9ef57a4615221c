"""Options that several commands have."""

import argparse
from typing import get_args

import pytest

from patterson_gui.api.prediction import DEVICES
from patterson_gui.cli.options import shared as options
from patterson_gui.crystal.prediction import METHODS
from patterson_gui.io.training.settings import TrainingSettings


def test_methods_and_devices_are_those_of_predictions_and_trainings() -> None:
    assert options.METHODS == METHODS
    assert options.DEVICES == DEVICES
    assert get_args(TrainingSettings.model_fields["device"].annotation) == options.DEVICES


def test_options_of_a_method_have_the_defaults_of_predict() -> None:
    parser = argparse.ArgumentParser()
    options.add_method(parser, atoms_by_default="no")
    assert vars(parser.parse_args([])) == {
        "method": "auto",
        "model": None,
        "atoms": None,
        "starts": None,
        "iterations": None,
        "seed": 0,
        "device": "auto",
    }


@pytest.mark.parametrize(("default", "text"), [(None, "all data"), (1.5, "1.5")])
def test_the_resolution_limit_says_its_default(default: float | None, text: str) -> None:
    parser = argparse.ArgumentParser()
    options.add_d_min(parser, default)
    assert f"high-resolution limit in Å (default: {text})" in parser.format_help()
    assert parser.parse_args([]).d_min == default
