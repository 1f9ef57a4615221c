"""A running mean of a network's weights (Polyak & Juditsky, 1992), to predict with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """Exponential mean of all floating-point numbers of a module, statistics of norms included.

    Whole numbers are copied. In the beginning the decay is smaller, (1 + n) / (10 + n) after n
    updates, so that the random initial weights are soon forgotten.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.state = {name: v.detach().clone() for name, v in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take the present weights of `module` into the mean."""
        weight = 1 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        present = module.state_dict()
        floats = [name for name, value in self.state.items() if value.is_floating_point()]
        means = [self.state[name] for name in floats]
        torch._foreach_lerp_(means, [present[name] for name in floats], weight)
        for name in self.state.keys() - set(floats):
            self.state[name].copy_(present[name])

    def load(self, state: Mapping[str, Tensor], updates: int) -> None:
        """Go on from a stored mean."""
        for name, value in self.state.items():
            value.copy_(state[name])
        self.updates = updates


@contextmanager
def with_weights(module: nn.Module, state: Mapping[str, Tensor] | None) -> Iterator[None]:
    """Have `module` work with other weights for a while; None: with its own."""
    if state is None:
        yield
        return
    own = {name: value.detach().clone() for name, value in module.state_dict().items()}
    module.load_state_dict(dict(state))
    try:
        yield
    finally:
        module.load_state_dict(own)
