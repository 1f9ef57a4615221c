"""One training run: takes its steps, and saves and restores its checkpoints.

The network is in `nets/training/optimisation/learner.py`, the bookkeeping in
`nets/training/state.py`; `nets/training/loop.py` calls this.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.locks import locked_folder
from patterson_gui.io.training.events import Event, Notice
from patterson_gui.io.training.model_cards import SeenData, finish_interrupted_write
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.io.training.settings import TrainingSettings, write_settings
from patterson_gui.nets.architectures.registry import Network, Scales
from patterson_gui.nets.device import is_out_of_memory
from patterson_gui.nets.feeds.base import Feed
from patterson_gui.nets.feeds.shuffling import combined_seed, examples_at
from patterson_gui.nets.training.checkpoints import Checkpoint, refuse_other_run, save_checkpoint
from patterson_gui.nets.training.optimisation.learner import Learner
from patterson_gui.nets.training.optimisation.schedules import learning_rate
from patterson_gui.nets.training.state import TrainingState


@dataclass(frozen=True)
class Step:
    """One update of the weights.

    Attributes
    ----------
    number : of the step, 0 for the first of the training.
    chosen : this process's training examples.
    seed : of the augmentation and of the network's own random numbers.
    """

    number: int
    chosen: NDArray[np.int64]
    seed: int


class Run:
    """A training between its steps.

    Parameters
    ----------
    fabric : launched.
    network : with its initial weights, on the CPU.
    report : called with every event, in the first process only.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        fabric: Fabric,
        network: Network,
        feed: Feed,
        report: Callable[[Event], None],
    ) -> None:
        self.settings = settings
        self.fabric = fabric
        self.feed = feed
        self._report = report
        self.folder = RunFolder(settings.output)
        self.learner = Learner(settings, fabric, network)
        self.state = TrainingState(settings, fabric.device)
        wanted = min(settings.samples_per_epoch or feed.n_training, feed.n_training)
        # The number is the same in all processes, because they wait for one another at each step.
        self.epoch_samples = max(1, wanted // fabric.world_size)

    @property
    def network(self) -> Network:
        return self.learner.network

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(self.epoch_samples / self.state.step_samples)

    @cached_property
    def seen(self) -> SeenData:
        """The training data, for the card; computed once, as it reads many examples."""
        return self.feed.seen()

    def tell(self, event: Event) -> None:
        """Report an event in the first process; do nothing in the others."""
        if self.fabric.is_global_zero:
            self._report(event)

    def locked_folder(self) -> AbstractContextManager[None]:
        """Hold the lock of the run folder, in the first process; `UserError` if it is in use."""
        if self.fabric.is_global_zero:
            return locked_folder(self.folder.path, "trains in")
        return nullcontext()

    def begin_folder(self) -> None:
        """Make the run folder and write the settings to it."""
        if self.fabric.is_global_zero:
            make_folder(self.folder.path)
            write_settings(self.folder.settings, self.settings)
            finish_interrupted_write(self.folder.best)

    def remake_folder(self) -> None:
        """Make the folder anew if somebody has removed it: the weights in memory are worth it."""
        if not self.folder.path.is_dir():
            self.begin_folder()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint.

        Raises
        ------
        UserError : it is of another architecture or data set.
        """
        refuse_other_run(checkpoint, self.network, self.feed.sha256)
        self.learner.restore(checkpoint)
        self.feed.scales = Scales(**checkpoint.scales)
        self.state.restore(checkpoint.position, checkpoint.records, self.settings)

    def save(self, seconds: float) -> None:
        """Write a checkpoint that `restore` takes, after `seconds` of training."""
        self.state.mean_loss()  # weights that are NaN must not replace a good checkpoint
        self.state.note_time(seconds)
        if not self.fabric.is_global_zero:
            return
        self.remake_folder()
        average = self.learner.average
        checkpoint = Checkpoint(
            self.network.name,
            self.network.config.model_dump(mode="json"),
            self.feed.sha256,
            self.state.position,
            self.feed.scales.model_dump(),
            tuple(self.state.records),
            self.network.state_dict(),
            self.learner.optimiser_state(),
            {} if average is None else average.state,
            0 if average is None else average.updates,
        )
        save_checkpoint(self.folder, checkpoint, self.settings.checkpoint_precision)

    # ------------------------------------------------------------------ one step

    def next_step(self) -> Step | None:
        """The next step of this epoch; None at its end."""
        p, world = self.state.position, self.fabric.world_size
        take = self._next_samples()
        if take <= 0:
            return None
        first = (p.epoch * self.epoch_samples + p.in_epoch) * world
        all_ = examples_at(first, take * world, self.feed.n_training, self.settings.seed)
        mine = all_[self.fabric.global_rank :: world]
        return Step(p.step, mine, combined_seed(self.settings.seed, first, self.fabric.global_rank))

    def learning_rate(self, seconds: float) -> float:
        """The schedule's learning rate for the next step, after `seconds` of training."""
        p, s = self.state.position, self.settings
        # At the middle of the step, so that neither the first nor the last has a rate of zero.
        middle = p.in_epoch + 0.5 * self._next_samples()
        fraction = (p.epoch + middle / self.epoch_samples) / s.epochs
        if s.time_budget is not None:
            fraction = max(fraction, seconds / s.time_budget)
        return learning_rate(s, p.epoch, fraction)

    def take(self, step: Step, rate: float) -> Tensor:
        """Update the weights once; return the mean loss of the step's examples.

        If memory runs out, the batch is halved and a notice is reported.

        Raises
        ------
        UserError : not even one example fits, or one of several processes runs out of memory.
        """
        while True:
            try:
                total = self._gradients(step)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._use_less_memory(error)
            # The error holds the tensors of the batch and is released only after the except block.
            if self.fabric.device.type == "cuda":
                torch.cuda.empty_cache()
        self.learner.update(rate)
        n = len(step.chosen)
        self.state.step_taken(n, self.fabric.world_size, total, rate)
        return total / n

    def _next_samples(self) -> int:
        """Examples per process in the next step; 0 at the end of the epoch."""
        left = self.epoch_samples - self.state.position.in_epoch
        return min(self.state.step_samples, left)

    def _gradients(self, step: Step) -> Tensor:
        """Compute the gradients of a step; return the sum of its examples' losses."""
        self.network.train()
        # Random numbers of the network, as in dropout, follow from the step alone.
        torch.manual_seed(step.seed)
        generator = torch.Generator().manual_seed(step.seed)
        total = torch.zeros((), dtype=torch.float64, device=self.fabric.device)
        n = left = len(step.chosen)
        for batch in self.feed.training(step.chosen, self.state.position.batch_size, generator):
            left -= len(batch)
            value = self.learner.add_gradients(batch, len(batch) / n, more=left > 0)
            total += value.double() * len(batch)
        return total

    def _use_less_memory(self, error: Exception) -> None:
        before = self.state.position
        self.learner.drop_gradients()
        if self.fabric.world_size > 1 or before.batch_size == 1:
            raise UserError(
                f"The memory of {self.fabric.device} does not hold {before.batch_size} example(s) "
                "of this size: choose a smaller batch, a smaller network or bf16."
            ) from error
        self.state.halve_batch()
        now = self.state.position
        self.tell(
            Notice(
                sentence=f"Out of memory with {before.batch_size} examples at once: continuing "
                f"with {now.batch_size}, and gradients added up over {now.accumulation} batches "
                f"instead of {before.accumulation}."
            )
        )
