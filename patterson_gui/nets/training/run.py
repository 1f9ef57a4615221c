"""One training: the network, its optimiser, where it stands, and what it writes.

`nets/training/loop.py` is the loop that calls this.
"""

import contextlib
import gc
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.training.events import Event, Notice
from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.io.training.run_folder import (
    EpochRecord,
    RunFolder,
    write_metrics,
    write_preview,
)
from patterson_gui.io.training.settings import TrainingSettings, write_settings
from patterson_gui.nets.architectures.registry import Network, Scales, SelfTaught, build
from patterson_gui.nets.architectures.weights import load_weights, save_weights
from patterson_gui.nets.device import is_out_of_memory
from patterson_gui.nets.feeds.base import Batch, Feed
from patterson_gui.nets.feeds.shuffling import examples_at, mixed
from patterson_gui.nets.training.card_and_preview import card_of, preview_of
from patterson_gui.nets.training.checkpoints import (
    Checkpoint,
    Position,
    optimiser_state,
    refuse_other_run,
    restore_optimiser,
    save_checkpoint,
)
from patterson_gui.nets.training.ema import WeightAverage, with_weights
from patterson_gui.nets.training.metrics import loss
from patterson_gui.nets.training.schedules import learning_rate
from patterson_gui.nets.training.validation import judged

_FEW = 32  # examples at once, where nothing is learnt from them yet


class _ByTensor(nn.Module):
    """A network called with tensors, as Fabric wants them, instead of one object."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, given: dict[str, Tensor | None], true: Tensor | None = None) -> Tensor:
        """The density predicted; of a self-taught network with the true one, its own loss."""
        inputs = self.network.takes(**given)  # type: ignore[arg-type]
        if true is not None and isinstance(self.network, SelfTaught):
            return self.network.own_loss(inputs, true).float()
        predicted: Tensor = self.network(inputs)
        return predicted.float()


@dataclass(frozen=True)
class Step:
    """One change of the weights: `chosen` are this process's examples."""

    number: int
    chosen: NDArray[np.int64]
    seed: int


class Run:
    """A training between its steps.

    Parameters
    ----------
    fabric : launched.
    network : with the weights to begin with, on the processor.
    report : told what there is to know; only in the first process.
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
        self.network = network
        self.optimiser = _optimiser(settings, self.network)
        self._called, self._steps = fabric.setup(_ByTensor(self.network), self.optimiser)
        self.average = (
            WeightAverage(self.network, settings.ema_decay) if settings.ema_decay else None
        )
        self.position = Position(batch_size=settings.batch_size, accumulation=settings.accumulation)
        self.records: list[EpochRecord] = []
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=fabric.device)
        wanted = min(settings.samples_per_epoch or feed.n_training, feed.n_training)
        # Every process sees as many: they wait for one another at each step.
        self.epoch_samples = max(1, wanted // fabric.world_size)

    @property
    def parameters(self) -> int:
        """How many numbers there are to learn."""
        return sum(p.numel() for p in self.network.parameters())

    @property
    def steps_per_epoch(self) -> int:
        """Changes of the weights."""
        return math.ceil(self.epoch_samples / self._per_step)

    @property
    def _per_step(self) -> int:
        """Examples of each process, but for an epoch's last step."""
        return self.position.batch_size * self.position.accumulation

    @cached_property
    def _seen(self) -> SeenData:
        return self.feed.seen()

    @property
    def best(self) -> EpochRecord | None:
        """The record of the epoch whose weights are kept."""
        return next((r for r in reversed(self.records) if r.best), None)

    def tell(self, event: Event) -> None:
        """Report from the first process alone."""
        if self.fabric.is_global_zero:
            self._report(event)

    # ------------------------------------------------------------------ beginning

    def begin_folder(self) -> None:
        """Make the run folder and keep the settings in it."""
        if self.fabric.is_global_zero:
            make_folder(self.folder.path)
            write_settings(self.folder.settings, self.settings)

    def begin_weights(self) -> None:
        """Let a network that wants to take its first weights from examples do so."""
        network, feed = self.network, self.feed
        if not isinstance(network, SelfTaught) or not network.begins_with:
            return
        if self.settings.initial_weights is not None:
            return
        n = min(network.begins_with, feed.n_training)
        chosen = examples_at(0, n, feed.n_training, self.settings.seed)
        generator = torch.Generator().manual_seed(self.settings.seed)
        with torch.no_grad():
            network.begin_from(batch.inputs for batch in feed.training(chosen, _FEW, generator))
        if self.average is not None:
            self.average = WeightAverage(network, self.settings.ema_decay)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where `checkpoint` was written.

        Raises
        ------
        UserError : it is of another architecture or data set.
        """
        refuse_other_run(checkpoint, self.network, self.feed.sha256)
        self.network.load_state_dict(dict(checkpoint.module))
        restore_optimiser(self.optimiser, self.network, checkpoint.optimiser)
        if self.average is not None:
            state = checkpoint.average or checkpoint.module
            self.average.load(state, checkpoint.average_updates)
        self.feed.scales = Scales(**checkpoint.scales)
        self.position = checkpoint.position
        if self.settings.batch_size < self.position.batch_size:
            self.position = self.position.model_copy(
                update={
                    "batch_size": self.settings.batch_size,
                    "accumulation": self.settings.accumulation,
                }
            )
        self.records = list(checkpoint.records)
        self._loss_sum.fill_(self.position.loss_sum)

    def close(self) -> None:
        """Let go of what ties this process to others; no step can be taken any more.

        What joins gradients would otherwise be torn down last, with the threads of the
        connection inside, and may wait for itself for ever.
        """
        del self._called, self._steps
        gc.collect()

    # ------------------------------------------------------------------ one step

    def next_step(self) -> Step | None:
        """What comes next in this epoch; None at its end."""
        p, world = self.position, self.fabric.world_size
        take = min(self._per_step, self.epoch_samples - p.in_epoch)
        if take <= 0:
            return None
        first = (p.epoch * self.epoch_samples + p.in_epoch) * world
        all_ = examples_at(first, take * world, self.feed.n_training, self.settings.seed)
        mine = all_[self.fabric.global_rank :: world]
        return Step(p.step, mine, mixed(self.settings.seed, first, self.fabric.global_rank))

    def take(self, step: Step, rate: float) -> Tensor:
        """Change the weights once; return the mean loss of the step's examples.

        Where memory runs out, the batch is halved and it is said so.

        Raises
        ------
        UserError : not even one example fits, or one of several processes runs out of memory.
        """
        while True:
            try:
                total = self._gradients(step)
                break
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                self._make_do_with_less(error)
            # Only now is the error gone, and with it what held the batch.
            if self.fabric.device.type == "cuda":
                torch.cuda.empty_cache()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        if self.settings.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self._steps.step()
        self._steps.zero_grad()
        if self.average is not None:
            self.average.update(self.network)
        self._loss_sum += total
        p, n = self.position, len(step.chosen)
        self.position = p.model_copy(
            update={
                "step": p.step + 1,
                "in_epoch": p.in_epoch + n,
                "samples": p.samples + n * self.fabric.world_size,
                "loss_samples": p.loss_samples + n,
                "learning_rate": rate,
            }
        )
        return total / n

    def _gradients(self, step: Step) -> Tensor:
        """Put the gradients of a step in place; its examples' losses, added up."""
        self.network.train()
        # What a network draws, as in dropout, follows from the step alone.
        torch.manual_seed(step.seed)
        generator = torch.Generator().manual_seed(step.seed)
        total = torch.zeros((), dtype=torch.float64, device=self.fabric.device)
        batches = self.feed.training(step.chosen, self.position.batch_size, generator)
        left = len(step.chosen)
        for batch in batches:
            left -= len(batch)
            # Several processes add their gradients up once a step.
            with self.fabric.no_backward_sync(self._called, enabled=left > 0):
                value = self._training_loss(batch)
                self.fabric.backward(value * (len(batch) / len(step.chosen)))
            total += value.detach().double() * len(batch)
        return total

    def _make_do_with_less(self, error: RuntimeError) -> None:
        p = self.position
        self._steps.zero_grad()
        if self.fabric.world_size > 1 or p.batch_size == 1:
            raise UserError(
                f"The memory of {self.fabric.device} does not hold {p.batch_size} example(s) of "
                "this size: choose a smaller batch, a smaller network or bf16."
            ) from error
        half = p.batch_size // 2
        self.position = p.model_copy(
            update={"batch_size": half, "accumulation": p.accumulation * 2}
        )
        self.tell(
            Notice(
                sentence=f"Out of memory with {p.batch_size} examples at once: going on with "
                f"{half}, and gradients added up over {p.accumulation * 2} batches instead of "
                f"{p.accumulation}."
            )
        )

    def learning_rate(self, seconds: float) -> float:
        """The schedule's learning rate now, `seconds` into the training."""
        p, s = self.position, self.settings
        # The middle of the step: neither the first nor the last one is idle at a rate of zero.
        middle = p.in_epoch + 0.5 * min(self._per_step, self.epoch_samples - p.in_epoch)
        fraction = (p.epoch + middle / self.epoch_samples) / s.epochs
        if s.time_budget is not None:
            fraction = max(fraction, seconds / s.time_budget)
        return learning_rate(s, p.epoch, fraction)

    def mean_loss(self) -> float:
        """Of this epoch's examples so far, in this process.

        Raises
        ------
        UserError : it is no number any more.
        """
        mean = float(self._loss_sum) / max(1, self.position.loss_samples)
        if not math.isfinite(mean):
            raise UserError(
                f"The loss is no longer a number (epoch {self.position.epoch + 1}): resume from "
                "the last checkpoint with a lower learning rate."
            )
        return mean

    def _training_loss(self, batch: Batch[Any]) -> Tensor:
        if isinstance(self.network, SelfTaught):
            value: Tensor = self._called(dict(vars(batch.inputs)), batch.true)
            return value
        return self._loss(self._predict(batch), batch)

    def _predict(self, batch: Batch[Any]) -> Tensor:
        predicted: Tensor = self._called(dict(vars(batch.inputs)))
        return predicted

    def _loss(self, predicted: Tensor, batch: Batch[Any]) -> Tensor:
        s = self.settings
        return loss(predicted, batch.true, s.mse_weight, s.correlation_weight)

    # ------------------------------------------------------------------ judging

    @contextlib.contextmanager
    def best_weights(self) -> Iterator[None]:
        """The network as it predicts: with averaged weights where there are any."""
        self.network.eval()
        with with_weights(self.network, None if self.average is None else self.average.state):
            yield

    @torch.no_grad()
    def validate(self, between: Callable[[float], None] = lambda share: None) -> Mapping[str, Any]:
        """The figures of `EpochRecord` on the validation examples; `between` as of `judged`."""
        s = self.settings
        self._share_statistics()
        with self.best_weights():
            return judged(
                self.fabric, self.feed, self._predict, self._loss,
                s.validation_samples, self.position.batch_size, between,
                phases=self.network.role == "phasing",
            )  # fmt: skip

    def _share_statistics(self) -> None:
        """Those of batches are each process's own: the first one's are judged and kept."""
        if self.fabric.world_size == 1:
            return
        kept = [] if self.average is None else list(self.average.state.values())
        for value in [*self.network.buffers(), *kept]:
            torch.distributed.broadcast(value, src=0)

    def end_epoch(
        self, clock: Callable[[], float], samples_per_s: float, between: Callable[[float], None]
    ) -> EpochRecord:
        """Judge the weights; write records, weights where they are the best yet, and preview.

        What `between` raises while they are judged leaves everything as it was.
        """
        mean = torch.tensor(self.mean_loss(), device=self.fabric.device)
        train_loss = float(torch.as_tensor(self.fabric.all_reduce(mean)))
        figures = self.validate(between)
        seconds, p, best = clock(), self.position, self.best
        record = EpochRecord(
            epoch=p.epoch + 1,
            step=p.step,
            samples=p.samples,
            seconds=seconds,
            learning_rate=p.learning_rate,
            train_loss=train_loss,
            samples_per_s=samples_per_s,
            best=best is None or figures["val_r_median"] > best.val_r_median,
            **figures,
        )
        self.records.append(record)
        self.begin_next_epoch()
        if self.fabric.is_global_zero:
            if record.best:
                average = self.average
                state = self.network.state_dict() if average is None else average.state
                card = card_of(self.network, self.settings, self.feed.scales, self._seen, record)
                save_weights(self.folder.best, state, card)
            write_metrics(self.folder.metrics, self.records)
            with self.best_weights():
                preview = preview_of(self.network, self.feed, record.epoch)
            write_preview(self.folder.preview, preview)
        return record

    def begin_next_epoch(self) -> None:
        """Go to the first step of the next epoch."""
        self._loss_sum.zero_()
        self.position = self.position.model_copy(
            update={"epoch": self.position.epoch + 1, "in_epoch": 0, "loss_samples": 0}
        )

    def unimproved_epochs(self) -> int:
        """How many epochs have passed since the best one."""
        best = self.best
        return 0 if best is None else self.position.epoch - best.epoch

    # ------------------------------------------------------------------ writing

    def save(self, seconds: float) -> None:
        """Write a checkpoint that `restore` takes."""
        self.mean_loss()  # weights that are no numbers must not replace those that are
        self.position = self.position.model_copy(
            update={"seconds": seconds, "loss_sum": float(self._loss_sum)}
        )
        if not self.fabric.is_global_zero:
            return
        average = self.average
        checkpoint = Checkpoint(
            self.network.name,
            self.network.config.model_dump(mode="json"),
            self.feed.sha256,
            self.position,
            self.feed.scales.model_dump(),
            tuple(self.records),
            self.network.state_dict(),
            optimiser_state(self.optimiser, self.network),
            {} if average is None else average.state,
            0 if average is None else average.updates,
        )
        save_checkpoint(self.folder, checkpoint, self.settings.checkpoint_precision)


def begin_network(settings: TrainingSettings) -> tuple[Network, Scales | None]:
    """The network before its first step, and the units of its weights where it has some.

    Random weights follow from the seed.

    Raises
    ------
    UserError : there is no such network, or the given weights are of another one.
    """
    torch.manual_seed(settings.seed)
    network = build(settings.network, settings.network_config)
    if settings.initial_weights is None:
        return network, None
    given, card = load_weights(settings.initial_weights)
    if (given.name, given.config) != (network.name, network.config):
        raise UserError(
            f"{settings.initial_weights.name} holds weights of '{given.name}' in another "
            f"configuration than the network to train ('{network.name}'): choose its architecture "
            "or other weights."
        )
    return given, Scales(**card.scales.model_dump())


def _optimiser(settings: TrainingSettings, network: nn.Module) -> torch.optim.Optimizer:
    kind = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
    return kind(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
