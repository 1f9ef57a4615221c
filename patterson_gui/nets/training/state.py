"""Where a training stands: its position, the records of its epochs, the loss of this epoch."""

import math
from collections.abc import Sequence

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from patterson_gui.errors import UserError
from patterson_gui.io.training.run_folder import EpochRecord
from patterson_gui.io.training.settings import TrainingSettings


class Position(BaseModel):
    """Where a training stands between two steps (updates of the weights).

    Attributes
    ----------
    epoch : number of finished epochs.
    step : number of steps so far.
    samples : examples seen so far, by all processes.
    in_epoch : examples of the unfinished epoch that each process has seen.
    seconds : training time so far.
    loss_sum : sum of the losses of the unfinished epoch's examples.
    loss_samples : number of examples in `loss_sum`.
    learning_rate : of the last step.
    batch_size, accumulation : in use now; lack of memory changes them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int = 0
    step: int = 0
    samples: int = 0
    in_epoch: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_samples: int = 0
    learning_rate: float = 0.0
    batch_size: int
    accumulation: int


class TrainingState:
    """The bookkeeping of a training, updated after each step and each epoch.

    Attributes
    ----------
    position : where the training stands.
    records : one for each finished epoch.
    """

    def __init__(self, settings: TrainingSettings, device: torch.device) -> None:
        self.position = Position(batch_size=settings.batch_size, accumulation=settings.accumulation)
        self.records: list[EpochRecord] = []
        # Summed on the device, because reading it makes the CPU wait for the device.
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=device)

    @property
    def step_samples(self) -> int:
        """Examples per process in one step; the last step of an epoch may have fewer."""
        return self.position.batch_size * self.position.accumulation

    @property
    def best(self) -> EpochRecord | None:
        """The record of the epoch whose weights are kept; None before the first."""
        return next((r for r in reversed(self.records) if r.best), None)

    def is_best(self, r_median: float) -> bool:
        """Whether a median r is higher than those of all epochs so far."""
        best = self.best
        return best is None or r_median > best.val_r_median

    def unimproved_epochs(self) -> int:
        """How many epochs have passed since the best one."""
        best = self.best
        return 0 if best is None else self.position.epoch - best.epoch

    def restore(
        self, position: Position, records: Sequence[EpochRecord], settings: TrainingSettings
    ) -> None:
        """Continue from a checkpoint, with the settings' batch size where that is smaller."""
        if settings.batch_size < position.batch_size:
            position = position.model_copy(
                update={"batch_size": settings.batch_size, "accumulation": settings.accumulation}
            )
        self.position = position
        self.records = list(records)
        self._loss_sum.fill_(position.loss_sum)

    def step_taken(self, examples: int, processes: int, loss_sum: Tensor, rate: float) -> None:
        """Count a step.

        Parameters
        ----------
        examples : of this process.
        loss_sum : () sum of their losses.
        rate : the learning rate.
        """
        self._loss_sum += loss_sum
        p = self.position
        self.position = p.model_copy(
            update={
                "step": p.step + 1,
                "in_epoch": p.in_epoch + examples,
                "samples": p.samples + examples * processes,
                "loss_samples": p.loss_samples + examples,
                "learning_rate": rate,
            }
        )

    def halve_batch(self) -> None:
        """Use half the batch and twice the accumulation from now on."""
        p = self.position
        self.position = p.model_copy(
            update={"batch_size": p.batch_size // 2, "accumulation": p.accumulation * 2}
        )

    def begin_next_epoch(self) -> None:
        """Go to the first step of the next epoch."""
        self._loss_sum.zero_()
        self.position = self.position.model_copy(
            update={"epoch": self.position.epoch + 1, "in_epoch": 0, "loss_samples": 0}
        )

    def note_time(self, seconds: float) -> None:
        """Put the training time and the loss into the position, for a checkpoint."""
        self.position = self.position.model_copy(
            update={"seconds": seconds, "loss_sum": float(self._loss_sum)}
        )

    def mean_loss(self) -> float:
        """Mean loss of this epoch's examples so far, in this process.

        Raises
        ------
        UserError : it is NaN or infinite.
        """
        mean = float(self._loss_sum) / max(1, self.position.loss_samples)
        if not math.isfinite(mean):
            raise UserError(
                f"The loss is no longer a number (epoch {self.position.epoch + 1}): resume from "
                "the last checkpoint with a lower learning rate."
            )
        return mean
