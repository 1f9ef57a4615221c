"""What a training is asked to do: settings with their units and ranges.

Nothing here needs torch: the window makes its dialog from `io/training/form.py`, writes the
settings to a file and reads what the training tells (`io/training/events.py`) and leaves
(`io/training/run_folder.py`). Presets are in `io/training/presets.py`; trained networks are
described by `io/training/model_cards.py`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content, replace_file

GROUPS = ("Data", "Network", "Optimisation", "Schedule", "Augmentation", "Running")
Range = tuple[float, float]
Settings = TypeVar("Settings", bound=BaseModel)


def _setting(
    default: Any,
    title: str,
    description: str,
    group: str,
    unit: str = "",
    expert: bool = False,
    **limits: Any,
) -> Any:
    """A field with what a dialog needs to know of it."""
    extra: dict[str, Any] = {"group": group, "unit": unit, "expert": expert}
    return Field(default, title=title, description=description, json_schema_extra=extra, **limits)


class Augmentation(BaseModel):
    """How an example is varied each time it is seen. A range of None: as in the data set."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rotations: bool = _setting(
        True,
        "Random rotations",
        "Turn each molecule to a new orientation every time. Proper rotations only: the hand "
        "stays as it is.",
        "Augmentation",
    )
    cell_scale: Range | None = _setting(
        None,
        "Cell, factor",
        "Multiply each edge of the cell by a factor drawn from this range. The grid follows.",
        "Augmentation",
        expert=True,
    )
    d_min: Range | None = _setting(
        None,
        "Resolution",
        "Cut the data at a limit drawn from this range.",
        "Augmentation",
        "Å",
        expert=True,
    )
    b_iso: Range | None = _setting(
        None,
        "B factor",
        "Give all atoms of a molecule a B drawn from this range.",
        "Augmentation",
        "Å²",
        expert=True,
    )
    noise: float = _setting(
        0.0,
        "Noise of |F|",
        "Largest relative error put on the amplitudes; each example draws its own up to this.",
        "Augmentation",
        expert=True,
        ge=0.0,
        le=0.5,
    )
    missing: float = _setting(
        0.0,
        "Missing reflections",
        "Largest fraction of reflections left out; each example draws its own up to this.",
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


class TrainingSettings(BaseModel):
    """Everything that decides how a network is trained; a run folder keeps a copy."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    data: Path = _setting(..., "Data set", "The HDF5 file to learn from.", "Data")
    output: Path = _setting(
        ..., "Run folder", "Where curves, checkpoints and the trained network go.", "Data"
    )
    name: str = _setting(
        "", "Name", "What to call the trained network; empty: the run folder's name.", "Data",
        max_length=80,
    )  # fmt: skip
    validation_samples: int = _setting(
        512,
        "Validation examples",
        "How many unseen examples judge the network after each epoch.",
        "Data",
        expert=True,
        ge=1,
        le=1_000_000,
    )
    spacing: float = _setting(
        0.5,
        "Grid spacing",
        "Largest distance of grid points; a third of the resolution limit is fine enough.",
        "Data",
        "Å",
        expert=True,
        ge=0.2,
        le=2.0,
    )
    network: str = _setting("resunet1", "Network", "The architecture to train.", "Network")
    network_config: dict[str, Any] = _setting(
        {}, "Configuration", "What differs from the architecture's default.", "Network", expert=True
    )
    initial_weights: Path | None = _setting(
        None,
        "Begin with",
        "Trained weights (.safetensors) of the same architecture to start from, instead of "
        "random ones.",
        "Network",
        expert=True,
    )
    mse_weight: float = _setting(
        10.0,
        "Weight of the squared error",
        "The loss is this times the mean squared error plus the next times (1 − r).",
        "Optimisation",
        expert=True,
        ge=0.0,
        le=1000.0,
    )
    correlation_weight: float = _setting(
        0.1,
        "Weight of (1 − r)",
        "The loss counts one minus Pearson's r, the mean over examples, this much; 0: squared "
        "error alone.",
        "Optimisation",
        expert=True,
        ge=0.0,
        le=1000.0,
    )
    optimiser: Literal["adam", "adamw"] = _setting(
        "adamw", "Optimiser", "AdamW takes the weight decay off the gradient.", "Optimisation",
        expert=True,
    )  # fmt: skip
    learning_rate: float = _setting(
        2e-3,
        "Learning rate",
        "The highest step size; the schedule leads to it and away from it.",
        "Optimisation",
        gt=0.0,
        le=1.0,
    )
    weight_decay: float = _setting(
        0.01, "Weight decay", "How strongly weights are drawn to zero.", "Optimisation",
        expert=True, ge=0.0, le=1.0,
    )  # fmt: skip
    batch_size: int = _setting(
        32,
        "Batch size",
        "Examples worked on at once by each device; the most that fits its memory is fastest.",
        "Optimisation",
        ge=1,
        le=4096,
    )
    accumulation: int = _setting(
        1,
        "Accumulation",
        "Batches whose gradients are added up before the weights change.",
        "Optimisation",
        expert=True,
        ge=1,
        le=1024,
    )
    clip: float = _setting(
        1.0,
        "Clip gradients at",
        "Longer gradients are shortened to this norm; 0: never.",
        "Optimisation",
        expert=True,
        ge=0.0,
        le=1e6,
    )
    ema_decay: float = _setting(
        0.998,
        "Average of weights",
        "Keep a running mean of the weights with this decay per step and use it to predict; "
        "0: none.",
        "Optimisation",
        expert=True,
        ge=0.0,
        lt=1.0,
    )
    epochs: int = _setting(
        100, "Epochs", "How often the weights are judged and a record is written.", "Schedule",
        ge=1, le=100_000,
    )  # fmt: skip
    samples_per_epoch: int | None = _setting(
        None,
        "Examples per epoch",
        "Fewer give news sooner; empty: all examples of the data set.",
        "Schedule",
        ge=1,
        le=100_000_000,
    )
    schedule: Literal["cosine", "one_cycle", "paper", "constant"] = _setting(
        "cosine",
        "Schedule",
        "Cosine: warm up, then fall to zero along a cosine. One cycle: rise for a third, then "
        "fall. Paper: a factor per epoch, then a milder one.",
        "Schedule",
    )
    warm_up: float = _setting(
        0.05,
        "Warm-up",
        "Part of the whole training in which the learning rate rises (cosine).",
        "Schedule",
        expert=True,
        ge=0.0,
        le=0.9,
    )
    decay: float = _setting(
        0.86, "Early factor", "Learning rate of an epoch over the last one's (paper).", "Schedule",
        expert=True, gt=0.0, le=1.0,
    )  # fmt: skip
    decay_epochs: int = _setting(
        12, "Early epochs", "For how many epochs the early factor holds (paper).", "Schedule",
        expert=True, ge=0, le=100_000,
    )  # fmt: skip
    late_decay: float = _setting(
        0.9991, "Late factor", "The factor after that (paper).", "Schedule",
        expert=True, gt=0.0, le=1.0,
    )  # fmt: skip
    time_budget: float | None = _setting(
        None,
        "Time for all of it",
        "End the schedule after this time, resumed sessions added up, should the epochs take "
        "longer. A run with a budget depends on the machine's speed.",
        "Schedule",
        "s",
        gt=0.0,
        le=1e8,
    )
    patience: int = _setting(
        0,
        "Patience",
        "Stop when the median r has not improved for so many epochs; 0: never.",
        "Schedule",
        expert=True,
        ge=0,
        le=100_000,
    )
    augmentation: Augmentation = Field(default_factory=Augmentation, title="Augmentation")
    max_time: float | None = _setting(
        None,
        "Time for this session",
        "Write a checkpoint and leave after this time; the run can be resumed.",
        "Running",
        "s",
        gt=0.0,
        le=1e8,
    )
    device: Literal["auto", "cpu", "cuda"] = _setting(
        "auto", "Device", "Where to train; auto takes a GPU when there is one.", "Running"
    )
    precision: Literal["auto", "fp32", "bf16"] = _setting(
        "auto",
        "Precision",
        "bf16 is about twice as fast on recent GPUs, with weights in single precision; auto takes "
        "it there and fp32 on a processor.",
        "Running",
    )
    seed: int = _setting(
        0, "Seed", "Decides initial weights, order and augmentation.", "Running", expert=True,
        ge=0, le=2**31 - 1,
    )  # fmt: skip
    checkpoint_minutes: float = _setting(
        10.0,
        "Checkpoint every",
        "Within an epoch, too; one is written at each epoch's end in any case.",
        "Running",
        "min",
        expert=True,
        gt=0.0,
        le=1e5,
    )
    checkpoint_precision: Literal["exact", "compact"] = _setting(
        "exact",
        "Checkpoints",
        "Exact ones resume as if nothing had happened. Compact ones store the optimiser's means "
        "and the averaged weights in half precision: 10 instead of 16 bytes a parameter.",
        "Running",
        expert=True,
    )
    tensorboard: bool = _setting(
        False, "TensorBoard", "Write the curves for TensorBoard, too, where it is installed.",
        "Running", expert=True,
    )  # fmt: skip

    @model_validator(mode="after")
    def _something_to_minimise(self) -> Self:
        if self.mse_weight == 0 and self.correlation_weight == 0:
            raise ValueError("one of the two weights of the loss must be above 0")
        return self

    @property
    def model_name(self) -> str:
        """What the trained network will be called."""
        return self.name or self.output.name or "network"

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The same with other values, checked; 'augmentation.noise' names a field within.

        Raises
        ------
        UserError : the first value that cannot be, in one sentence.
        """
        values = self.model_dump()
        for key, value in changes.items():
            put(values, key, value)
        return checked(type(self), values)

    def to_json(self) -> str:
        """One text for the same settings."""
        values = self.model_dump(mode="json")
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_settings(path: Path) -> TrainingSettings:
    """Settings written by `write_settings`.

    Raises
    ------
    UserError : there is no such file, or it holds something else.
    """
    content = read_content(path)
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path.name} holds no training settings ({error}): choose the settings.json of a run."
        ) from error
    if not isinstance(values, dict):
        raise UserError(
            f"{path.name} holds no training settings: choose the settings.json of a run."
        )
    return checked(TrainingSettings, values)


def write_settings(path: Path, settings: TrainingSettings) -> None:
    """Write JSON that `read_settings` reads."""
    with replace_file(path) as temporary:
        temporary.write_text(settings.to_json(), encoding="utf-8")


def put(values: dict[str, Any], key: str, value: Any) -> None:
    """Set `values['a']['b']` for the key 'a.b'."""
    *outer, last = key.split(".")
    for name in outer:
        values = values.setdefault(name, {})
    values[last] = value


def checked(model: type[Settings], values: Mapping[str, Any]) -> Settings:
    """The model made of `values`, or a UserError that names the first wrong one."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        where = f"'{field}' " if field else ""
        raise UserError(
            f"The training settings cannot be used: {where}{plain_sentence(first['msg'])}"
        ) from error


def plain_sentence(message: str) -> str:
    """A validator's message as the end of a sentence."""
    text = message.removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    return text.rstrip(".") + "."
