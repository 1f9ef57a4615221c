"""The events that a training process prints as JSON lines, and the commands that it reads.

Commands are the lines `pause`, `resume` and `stop` on standard input. `stop`, SIGTERM and SIGINT
end the process after a checkpoint. The last event is always `finished` or `failed`.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from patterson_gui.io.text.plain_json import parse_json, with_nan, without_nan
from patterson_gui.io.training.run_folder import EpochRecord

COMMANDS = ("pause", "resume", "stop")
Reason = Literal["epochs", "patience", "time", "budget", "stopped"]
ENDS: dict[Reason, str] = {
    "epochs": "All epochs are done.",
    "patience": "The network stopped improving, so the training ended early.",
    "time": "The time of this session is over. A checkpoint was written; resume to continue.",
    "budget": "The total time of the training is over.",
    "stopped": "Stopped. A checkpoint was written; resume to continue.",
}


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Estimate(_Event):
    """The time and memory that a training needs, measured on a few steps on its device.

    Attributes
    ----------
    seconds_per_epoch : training and validation.
    seconds_total : for all epochs, or the time budget if that is shorter.
    memory : bytes needed on the device.
    memory_available : bytes free on the device; 0: unknown.
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
    """The training begins.

    Attributes
    ----------
    resumed_at : the epoch in which a resumed training continues; 0 for a new one.
    """

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
    """Sent at most five times a second.

    Attributes
    ----------
    fraction : finished fraction of the phase: of the epoch's training, or of its validation.
    """

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
    """An epoch has ended and its record is written."""

    event: Literal["epoch"] = "epoch"
    record: EpochRecord


class PreviewWritten(_Event):
    """A new `preview.npz` was written."""

    event: Literal["preview"] = "preview"
    path: str
    epoch: int


class LearningRateFound(_Event):
    """The result of the learning-rate finder.

    Attributes
    ----------
    suggestion : the learning rate; NaN if the loss never fell.
    curve : (learning rate, smoothed loss) of each step.
    """

    event: Literal["learning_rate"] = "learning_rate"
    suggestion: float
    curve: tuple[tuple[float, float], ...]


class Notice(_Event):
    """A message for the user, one sentence."""

    event: Literal["notice"] = "notice"
    sentence: str


class Finished(_Event):
    """A session ended without an error.

    Attributes
    ----------
    weights : path of the best weights; empty before the first finished epoch.
    """

    event: Literal["finished"] = "finished"
    reason: Reason
    sentence: str
    epochs: int
    best_r: float
    weights: str


class Failed(_Event):
    """A session ended with an error.

    Attributes
    ----------
    details : the traceback of an unexpected error.
    """

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
    """An event as one line of JSON in ASCII, for pipes of any encoding; NaN and infinity become
    null."""
    return json.dumps(without_nan(event.model_dump(mode="json")))


def parse_event(line: str) -> Event | None:
    """The event of a line; None if the line is something else, such as a warning."""
    try:
        values = parse_json(line)
        return _ADAPTER.validate_python(with_nan(values))
    except ValueError:
        return None
