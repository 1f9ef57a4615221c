"""Named training settings: recommended ones, and those of the papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterson_gui.io.training.settings import TrainingSettings, checked, put


@dataclass(frozen=True)
class Preset:
    """Named settings.

    Attributes
    ----------
    values : the settings that differ from the defaults; keys as in `TrainingSettings.changed`.
    """

    title: str
    description: str
    values: Mapping[str, Any]

    def settings(self, data: Path, output: Path, **changes: Any) -> TrainingSettings:
        """The preset's settings for a data set and a run folder, with some changes."""
        values: dict[str, Any] = {"data": data, "output": output}
        for key, value in {**self.values, **changes}.items():
            put(values, key, value)
        return checked(TrainingSettings, values)


# Schedules and losses of Pan et al., IUCrJ 10, 487–496 (2023).
_PAPER = {
    "schedule": "paper",
    "clip": 0.0,
    "ema_decay": 0.0,
    "precision": "fp32",
    "augmentation.rotations": False,
}
# A spacing of 2/3 Å still resolves 1.5 Å, and half the grid points take half the time.
_UNROLLED = {"network": "unrolled", "spacing": 2 / 3, "learning_rate": 1.5e-3}
PRESETS: dict[str, Preset] = {
    "recommended": Preset(
        "Recommended",
        "The unrolled network, which keeps the measured amplitudes in every step; cosine schedule "
        "with warm-up, averaged weights, random rotations.",
        {**_UNROLLED, "batch_size": 32, "samples_per_epoch": 10_000, "epochs": 50},
    ),
    "quick": Preset(
        "Quick look",
        "The unrolled network, trained for half an hour on a CPU.",
        {
            **_UNROLLED,
            "time_budget": 1800.0,
            "samples_per_epoch": 400,
            "epochs": 1000,
            # Each example goes through many steps, so that few suffice for a good gradient.
            "batch_size": 3,
            "validation_samples": 32,
            "ema_decay": 0.99,
        },
    ),
    "direct": Preset(
        "Direct",
        "A network that maps the Patterson to the density in one pass; combined loss, averaged "
        "weights, random rotations.",
        {"batch_size": 64, "epochs": 200},
    ),
    "organic": Preset(
        "Atoms in densities",
        "The network that finds C, N, O and S in densities of 1.0–2.5 Å; forty minutes on a CPU "
        "with a data set of fragments of one to three residues.",
        {
            "network": "organic",
            "batch_size": 16,
            "learning_rate": 2e-3,
            "precision": "bf16",
            "time_budget": 2400.0,
            "samples_per_epoch": 1200,
            "epochs": 1000,
            "validation_samples": 48,
            "ema_decay": 0.99,
            "augmentation.d_min": (1.0, 2.5),
            "augmentation.b_iso": (5.0, 40.0),
            "augmentation.noise": 0.12,
            "augmentation.missing": 0.1,
        },
    ),
    "crystals": Preset(
        "Crystals",
        "The network that encodes and decodes crystals and finds their atoms; an hour and a half "
        "on a CPU with a data set of crystals, best of the kind lattice.",
        {
            "network": "crystals",
            "batch_size": 16,
            "learning_rate": 3e-3,
            "precision": "bf16",
            "time_budget": 5000.0,
            "samples_per_epoch": 4000,
            "epochs": 1000,
            "validation_samples": 128,
            "ema_decay": 0.995,
        },
    ),
    "paper-1": Preset(
        "Paper, sets 1",
        "The published training for data sets 1a and 1b (dialanines): squared error, 1,000 epochs.",
        {
            **_PAPER,
            "network": "resunet1",
            "mse_weight": 1.0,
            "correlation_weight": 0.0,
            "optimiser": "adam",
            "weight_decay": 0.0,
            "learning_rate": 1.25e-5,
            "decay": 0.86,
            "decay_epochs": 12,
            "late_decay": 0.9991,
            "epochs": 1000,
            "batch_size": 146,
            "accumulation": 3,
        },
    ),
    "paper-2": Preset(
        "Paper, set 2",
        "The published training for data set 2 (any two residues): combined loss, 200 epochs.",
        {
            **_PAPER,
            "network": "resunet2",
            "mse_weight": 0.999,
            "correlation_weight": 0.001,
            "optimiser": "adamw",
            "weight_decay": 0.03,
            "learning_rate": 1.2e-4,
            "decay": 0.91,
            "decay_epochs": 18,
            "late_decay": 0.9989,
            "epochs": 200,
            "batch_size": 58,
            "accumulation": 16,
        },
    ),
}
