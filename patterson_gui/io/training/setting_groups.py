"""The training settings, group by group, with their units, limits and help texts."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patterson_gui.crystal.seeds import LARGEST_SEED

GROUPS = ("Data", "Network", "Optimisation", "Schedule", "Augmentation", "Running")
Range = tuple[float, float]


def _setting(
    default: Any,
    title: str,
    description: str,
    group: str,
    unit: str = "",
    expert: bool = False,
    **limits: Any,
) -> Any:
    """A field with its title, help text, group, unit and limits for a dialog."""
    extra: dict[str, Any] = {"group": group, "unit": unit, "expert": expert}
    return Field(default, title=title, description=description, json_schema_extra=extra, **limits)


class SettingGroup(BaseModel):
    """The base of all groups: frozen, and without unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSettings(SettingGroup):
    """The data set, the run folder and the examples."""

    data: Path = _setting(..., "Data set", "The HDF5 file with the training examples.", "Data")
    output: Path = _setting(
        ..., "Run folder", "Folder for the curves, the checkpoints and the trained network.", "Data"
    )
    name: str = _setting(
        "", "Name", "Name of the trained network; empty: that of the run folder.", "Data",
        max_length=80,
    )  # fmt: skip
    validation_samples: int = _setting(
        512,
        "Validation examples",
        "Number of validation examples evaluated after each epoch.",
        "Data",
        expert=True,
        ge=1,
        le=1_000_000,
    )
    spacing: float = _setting(
        0.5,
        "Grid spacing",
        "Largest distance between grid points; a third of the resolution limit is fine enough.",
        "Data",
        "Å",
        expert=True,
        ge=0.2,
        le=2.0,
    )


class NetworkSettings(SettingGroup):
    """The architecture and the weights to start from."""

    network: str = _setting("resunet1", "Network", "The architecture to train.", "Network")
    network_config: dict[str, Any] = _setting(
        {},
        "Configuration",
        "Options of the architecture that differ from its defaults.",
        "Network",
        expert=True,
    )
    initial_weights: Path | None = _setting(
        None,
        "Initial weights",
        "Trained weights (.safetensors) of the same architecture to start from; empty: random "
        "weights.",
        "Network",
        expert=True,
    )


class OptimisationSettings(SettingGroup):
    """The loss, the optimiser, the batches and the average of the weights."""

    mse_weight: float = _setting(
        10.0,
        "Weight of the squared error",
        "Factor of the mean squared error in the loss.",
        "Optimisation",
        expert=True,
        ge=0.0,
        le=1000.0,
    )
    correlation_weight: float = _setting(
        0.1,
        "Weight of (1 − r)",
        "Factor of 1 − r in the loss, where r is Pearson's correlation, averaged over examples; "
        "0: squared error alone.",
        "Optimisation",
        expert=True,
        ge=0.0,
        le=1000.0,
    )
    optimiser: Literal["adam", "adamw"] = _setting(
        "adamw", "Optimiser",
        "AdamW applies the weight decay apart from the gradient; Adam adds it to the gradient.",
        "Optimisation",
        expert=True,
    )  # fmt: skip
    learning_rate: float = _setting(
        2e-3,
        "Learning rate",
        "Highest learning rate; the schedule rises to it and falls from it.",
        "Optimisation",
        gt=0.0,
        le=1.0,
    )
    weight_decay: float = _setting(
        0.01, "Weight decay", "How strongly the weights are pulled towards zero.", "Optimisation",
        expert=True, ge=0.0, le=1.0,
    )  # fmt: skip
    batch_size: int = _setting(
        32,
        "Batch size",
        "Examples per batch on each device; the largest batch that fits its memory is fastest.",
        "Optimisation",
        ge=1,
        le=4096,
    )
    accumulation: int = _setting(
        1,
        "Accumulation",
        "Number of batches whose gradients are added up for one update of the weights.",
        "Optimisation",
        expert=True,
        ge=1,
        le=1024,
    )
    clip: float = _setting(
        1.0,
        "Clip gradients at",
        "Gradients with a larger norm are scaled down to this norm; 0: no clipping.",
        "Optimisation",
        expert=True,
        ge=0.0,
        le=1e6,
    )
    ema_decay: float = _setting(
        0.998,
        "Average of weights",
        "Decay per step of the exponential moving average of the weights that is used to "
        "predict; 0: no average.",
        "Optimisation",
        expert=True,
        ge=0.0,
        lt=1.0,
    )

    @model_validator(mode="after")
    def _something_to_minimise(self) -> Self:
        if self.mse_weight == 0 and self.correlation_weight == 0:
            raise ValueError("one of the two weights of the loss must be above 0")
        return self


class ScheduleSettings(SettingGroup):
    """The length of the training and the course of the learning rate."""

    epochs: int = _setting(
        100, "Epochs", "Number of epochs; the network is validated after each.", "Schedule",
        ge=1, le=100_000,
    )  # fmt: skip
    samples_per_epoch: int | None = _setting(
        None,
        "Examples per epoch",
        "Fewer examples give earlier results; empty: all examples of the data set.",
        "Schedule",
        ge=1,
        le=100_000_000,
    )
    schedule: Literal["cosine", "one_cycle", "paper", "constant"] = _setting(
        "cosine",
        "Schedule",
        "Course of the learning rate. Cosine: warm-up, then a cosine to zero. One cycle: a rise "
        "over 30 % of the training, then a cosine to zero. Paper: a factor per epoch, then a "
        "second factor closer to 1. Constant: no change.",
        "Schedule",
    )
    warm_up: float = _setting(
        0.05,
        "Warm-up",
        "Fraction of the training in which the learning rate rises (cosine schedule).",
        "Schedule",
        expert=True,
        ge=0.0,
        le=0.9,
    )
    decay: float = _setting(
        0.86, "Early factor",
        "Factor per epoch on the learning rate, early epochs (paper schedule).", "Schedule",
        expert=True, gt=0.0, le=1.0,
    )  # fmt: skip
    decay_epochs: int = _setting(
        12, "Early epochs", "Number of epochs with the early factor (paper schedule).", "Schedule",
        expert=True, ge=0, le=100_000,
    )  # fmt: skip
    late_decay: float = _setting(
        0.9991, "Late factor",
        "Factor per epoch after the early epochs (paper schedule).", "Schedule",
        expert=True, gt=0.0, le=1.0,
    )  # fmt: skip
    time_budget: float | None = _setting(
        None,
        "Total time",
        "End the training after this time, all sessions together, if the epochs take longer. The "
        "result then depends on the speed of the machine.",
        "Schedule",
        "s",
        gt=0.0,
        le=1e8,
    )
    patience: int = _setting(
        0,
        "Patience",
        "Stop when the median r has not improved for this many epochs; 0: never.",
        "Schedule",
        expert=True,
        ge=0,
        le=100_000,
    )


class Augmentation(SettingGroup):
    """Random changes of an example each time it is used. A range of None: as in the data set."""

    rotations: bool = _setting(
        True,
        "Random rotations",
        "Rotate each molecule at random every time it is used. Rotations keep the hand.",
        "Augmentation",
    )
    cell_scale: Range | None = _setting(
        None,
        "Cell, factor",
        "Multiply each cell edge by a random factor from this range. The grid is adapted.",
        "Augmentation",
        expert=True,
    )
    d_min: Range | None = _setting(
        None,
        "Resolution",
        "Use a random high-resolution limit from this range.",
        "Augmentation",
        "Å",
        expert=True,
    )
    b_iso: Range | None = _setting(
        None,
        "B factor",
        "Give all atoms of a molecule the same random B from this range.",
        "Augmentation",
        "Å²",
        expert=True,
    )
    noise: float = _setting(
        0.0,
        "Noise of |F|",
        "Largest relative error added to the amplitudes; each example gets a random one up to "
        "this.",
        "Augmentation",
        expert=True,
        ge=0.0,
        le=0.5,
    )
    missing: float = _setting(
        0.0,
        "Missing reflections",
        "Largest fraction of reflections left out; each example gets a random one up to this.",
        "Augmentation",
        expert=True,
        ge=0.0,
        le=0.5,
    )

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Self:
        for name in ("cell_scale", "d_min", "b_iso"):
            limits = getattr(self, name)
            if limits is not None and not (0 <= limits[0] <= limits[1] and limits[1] > 0):
                raise ValueError(f"{name} must be two ascending positive numbers")
        return self


class RunningSettings(SettingGroup):
    """The device, the checkpoints and the time of one session."""

    max_time: float | None = _setting(
        None,
        "Time of this session",
        "Write a checkpoint and end after this time; the training can be resumed.",
        "Running",
        "s",
        gt=0.0,
        le=1e8,
    )
    device: Literal["auto", "cpu", "cuda"] = _setting(
        "auto", "Device", "Device to train on; auto uses a GPU if there is one.", "Running"
    )
    precision: Literal["auto", "fp32", "bf16"] = _setting(
        "auto",
        "Precision",
        "bf16 is about twice as fast on recent GPUs and keeps the weights in single precision; "
        "auto uses bf16 on a GPU and fp32 on a CPU.",
        "Running",
    )
    seed: int = _setting(
        0, "Seed",
        "Random seed of the initial weights, the order of examples and the augmentation.",
        "Running", expert=True,
        ge=0, le=LARGEST_SEED,
    )  # fmt: skip
    checkpoint_minutes: float = _setting(
        10.0,
        "Checkpoint every",
        "Interval of checkpoints within an epoch; one more is written after each epoch.",
        "Running",
        "min",
        expert=True,
        gt=0.0,
        le=1e5,
    )
    checkpoint_precision: Literal["exact", "compact"] = _setting(
        "exact",
        "Checkpoints",
        "Exact: a resumed training gives the same numbers as an uninterrupted one. Compact: the "
        "optimiser's state and the averaged weights are stored in half precision, 10 instead "
        "of 16 bytes per parameter.",
        "Running",
        expert=True,
    )
    tensorboard: bool = _setting(
        False, "TensorBoard", "Also write the curves for TensorBoard, if it is installed.",
        "Running", expert=True,
    )  # fmt: skip
