"""The network being trained: its loss, gradients, optimiser, and the average of its weights."""

import contextlib
import gc
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from patterson_gui.errors import UserError
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import Network, NetworkWithOwnLoss, Scales, build
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.feeds.base import Batch, Feed
from patterson_gui.nets.feeds.shuffling import examples_at
from patterson_gui.nets.training.after_epoch.metrics import loss
from patterson_gui.nets.training.checkpoints import (
    Checkpoint,
    optimiser_state,
    restore_optimiser,
)
from patterson_gui.nets.training.optimisation.ema import WeightAverage, with_weights

_INITIAL_BATCH = 32  # examples per batch for data-dependent initialisation


class _ByTensor(nn.Module):
    """A network called with tensors, as Fabric requires, instead of with one object."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, given: dict[str, Tensor | None], true: Tensor | None = None) -> Tensor:
        """The predicted density; given the true one, the loss of a `NetworkWithOwnLoss`."""
        inputs = self.network.takes(**given)  # type: ignore[arg-type]
        if true is not None and isinstance(self.network, NetworkWithOwnLoss):
            return self.network.own_loss(inputs, true).float()
        predicted: Tensor = self.network(inputs)
        return predicted.float()


class Learner:
    """A network, its optimiser and the running mean of its weights, on one device.

    Parameters
    ----------
    fabric : launched.
    network : with its initial weights, on the CPU.

    Attributes
    ----------
    average : the running mean of the weights; None where the settings ask for none.
    """

    def __init__(self, settings: TrainingSettings, fabric: Fabric, network: Network) -> None:
        self.network = network
        self.optimiser = _optimiser(settings, network)
        self._settings, self._fabric = settings, fabric
        self._called, self._steps = fabric.setup(_ByTensor(network), self.optimiser)
        self.average = WeightAverage(network, settings.ema_decay) if settings.ema_decay else None

    def initialise_from(self, feed: Feed) -> None:
        """Let a network that initialises its weights from examples do so."""
        network, settings = self.network, self._settings
        if not isinstance(network, NetworkWithOwnLoss) or not network.n_initial_examples:
            return
        if settings.initial_weights is not None:
            return
        n = min(network.n_initial_examples, feed.n_training)
        chosen = examples_at(0, n, feed.n_training, settings.seed)
        generator = torch.Generator().manual_seed(settings.seed)
        batches = feed.training(chosen, _INITIAL_BATCH, generator)
        with torch.no_grad():
            network.initialise_from(batch.inputs for batch in batches)
        if self.average is not None:
            self.average = WeightAverage(network, settings.ema_decay)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take weights, optimiser state and averaged weights from a checkpoint."""
        self.network.load_state_dict(dict(checkpoint.module))
        restore_optimiser(self.optimiser, self.network, checkpoint.optimiser)
        if self.average is not None:
            state = checkpoint.average or checkpoint.module
            self.average.load(state, checkpoint.average_updates)

    def optimiser_state(self) -> dict[str, dict[str, Tensor]]:
        """The optimiser's state by parameter name, for a checkpoint."""
        return optimiser_state(self.optimiser, self.network)

    def close(self) -> None:
        """Release what connects this process to others; no step can be taken afterwards.

        DDP's reducer would otherwise be destroyed last, together with the threads of the
        connection, and could wait for itself forever.
        """
        del self._called, self._steps
        gc.collect()

    # ------------------------------------------------------------------ one step

    def add_gradients(self, batch: Batch[Any], weight: float, more: bool) -> Tensor:
        """Add `weight` times the gradient of a batch's loss to the gradients; return the loss.

        Parameters
        ----------
        more : whether further batches follow in this step. Several processes add up their
            gradients only after the last one.
        """
        with self._fabric.no_backward_sync(self._called, enabled=more):
            value = self._training_loss(batch)
            self._fabric.backward(value * weight)
        return value.detach()

    def drop_gradients(self) -> None:
        """Set the gradients to zero."""
        self._steps.zero_grad()

    def update(self, rate: float) -> None:
        """Change the weights by the clipped gradients at a learning rate, then zero these."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        if self._settings.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.clip)
        self._steps.step()
        self._steps.zero_grad()
        if self.average is not None:
            self.average.update(self.network)

    def predict(self, batch: Batch[Any]) -> Tensor:
        """(B, 1, nu, nv, nw) the scaled density predicted for a batch."""
        predicted: Tensor = self._called(dict(vars(batch.inputs)))
        return predicted

    def loss(self, predicted: Tensor, batch: Batch[Any]) -> Tensor:
        """() the loss of the settings."""
        s = self._settings
        return loss(predicted, batch.true, s.mse_weight, s.correlation_weight)

    def _training_loss(self, batch: Batch[Any]) -> Tensor:
        if isinstance(self.network, NetworkWithOwnLoss):
            value: Tensor = self._called(dict(vars(batch.inputs)), batch.true)
            return value
        return self.loss(self.predict(batch), batch)

    # ------------------------------------------------------------------ predicting

    @property
    def final_state(self) -> Mapping[str, Tensor]:
        """The weights to predict with: the averaged ones if there are any, else the current."""
        return self.network.state_dict() if self.average is None else self.average.state

    @contextlib.contextmanager
    def final_weights(self) -> Iterator[None]:
        """Have the network predict with the weights of `final_state`."""
        self.network.eval()
        with with_weights(self.network, None if self.average is None else self.average.state):
            yield

    def share_statistics(self) -> None:
        """Give all processes the first one's batch statistics, which are validated and saved."""
        if self._fabric.world_size == 1:
            return
        averaged = [] if self.average is None else list(self.average.state.values())
        for value in [*self.network.buffers(), *averaged]:
            torch.distributed.broadcast(value, src=0)


def initial_network(settings: TrainingSettings) -> tuple[Network, Scales | None]:
    """The network before its first step, and the scales of its weights if these are given.

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
