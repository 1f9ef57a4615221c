"""What a training process says, one JSON line for each event, and what it can be told.

It listens on its standard input to lines `pause`, `resume` and `stop`; `stop`, SIGTERM and SIGINT
end it after a checkpoint. Whatever else goes on, the last event is `finished` or `failed`.
"""

import json
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from patterson_gui.io.plain_json import without_nan
from patterson_gui.io.training.run_folder import EpochRecord

COMMANDS = ("pause", "resume", "stop")
Reason = Literal["epochs", "patience", "time", "budget", "stopped"]
ENDS: dict[Reason, str] = {
    "epochs": "All epochs are done.",
    "patience": "The network has not improved for long enough: training ended early.",
    "time": "The time for this session is over; a checkpoint was written, resume to go on.",
    "budget": "The time for the whole training is used up.",
    "stopped": "Stopped as asked; a checkpoint was written, resume to go on.",
}


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Estimate(_Event):
    """What a training will cost, measured on a few steps where it would run.

    Attributes
    ----------
    seconds_per_epoch : training and validation.
    seconds_total : for all epochs, or the time budget where that is less.
    memory : bytes needed on the device; `memory_available` : bytes it has free.
    """

    event: Literal["estimate"] = "estimate"
    device: str
    parameters: int
    batch_size: int
    samples_per_s: float
    seconds_per_epoch: float
    seconds_total: float
    memory: int
    memory_available: int
    sentence: str


class Started(_Event):
    """Everything is read and built; `resumed_at` is the epoch it goes on in, 0 for a new run."""

    event: Literal["started"] = "started"
    device: str
    processes: int
    network: str
    parameters: int
    training_examples: int
    validation_examples: int
    epochs: int
    steps_per_epoch: int
    resumed_at: int = 0


class TrainingProgress(_Event):
    """At most five times a second. `fraction` is that of the epoch's training, or validation."""

    event: Literal["progress"] = "progress"
    epoch: int
    step: int
    fraction: float
    samples_per_s: float
    loss: float
    learning_rate: float
    seconds: float
    paused: bool = False
    phase: Literal["training", "validation"] = "training"


class EpochDone(_Event):
    """After each epoch, once its record is on the disk."""

    event: Literal["epoch"] = "epoch"
    record: EpochRecord


class PreviewWritten(_Event):
    """A new `preview.npz` is there."""

    event: Literal["preview"] = "preview"
    path: str
    epoch: int


class LearningRateFound(_Event):
    """The learning-rate finder's curve (learning rate, smoothed loss) and its suggestion."""

    event: Literal["learning_rate"] = "learning_rate"
    suggestion: float
    curve: tuple[tuple[float, float], ...]


class Notice(_Event):
    """Something to know, in a sentence."""

    event: Literal["notice"] = "notice"
    sentence: str


class Finished(_Event):
    """The end of a session that went well. `weights` is empty where no epoch was finished."""

    event: Literal["finished"] = "finished"
    reason: Reason
    sentence: str
    epochs: int
    best_r: float
    weights: str


class Failed(_Event):
    """The end of a session that did not. `details` is a traceback where it was a fault."""

    event: Literal["failed"] = "failed"
    sentence: str
    details: str = ""


Event = (
    Estimate
    | Started
    | TrainingProgress
    | EpochDone
    | PreviewWritten
    | LearningRateFound
    | Notice
    | Finished
    | Failed
)
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def event_line(event: Event) -> str:
    """One line of JSON; what is not a number becomes null."""
    return json.dumps(without_nan(event.model_dump(mode="json")), ensure_ascii=False)


def parse_event(line: str) -> Event | None:
    """The event of a line; None where it is something else, as a library's warning."""
    try:
        values = json.loads(line)
        return _ADAPTER.validate_python(_with_nan(values))
    except (ValueError, RecursionError, ValidationError):
        return None


def _with_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_nan(inner) for inner in value]
    return math.nan if value is None else value
