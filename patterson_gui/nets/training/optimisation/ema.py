"""The exponential moving average of a network's weights (Polyak & Juditsky, 1992).

torch's `AveragedModel` was measured not to give the same: its first update copies the weights, its
state has other names, and it wraps a copy of the whole network.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """The average of all floating-point parameters and buffers of a module.

    Integers are copied. The first updates have a smaller decay, (1 + n) / (10 + n) after n
    updates, so that the random initial weights are soon forgotten.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.state = {name: v.detach().clone() for name, v in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Include the current weights of `module`."""
        weight = 1 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        present = module.state_dict()
        floats = [name for name, value in self.state.items() if value.is_floating_point()]
        means = [self.state[name] for name in floats]
        torch._foreach_lerp_(means, [present[name] for name in floats], weight)
        for name in self.state.keys() - set(floats):
            self.state[name].copy_(present[name])

    def load(self, state: Mapping[str, Tensor], updates: int) -> None:
        """Continue from a stored average."""
        for name, value in self.state.items():
            value.copy_(state[name])
        self.updates = updates


@contextmanager
def with_weights(module: nn.Module, state: Mapping[str, Tensor] | None) -> Iterator[None]:
    """Use other weights in `module` inside the context; None: its own."""
    if state is None:
        yield
        return
    own = {name: value.detach().clone() for name, value in module.state_dict().items()}
    module.load_state_dict(dict(state))
    try:
        yield
    finally:
        module.load_state_dict(own)
