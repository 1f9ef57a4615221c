"""Run a trained network on many crystals, in batches that fit the memory."""

import copy
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from patterson_gui.errors import Cancelled
from patterson_gui.io.machine_faults import is_lost_gpu
from patterson_gui.nets.architectures.registry import Network, Scales
from patterson_gui.nets.device import describe, is_out_of_memory
from patterson_gui.nets.forward_model.synthesis import patterson_from

# Grid points per batch. Larger batches are not faster on a CPU.
_VOXELS_AT_ONCE = {"cpu": 8 * 24**3, "cuda": 256 * 24**3}


@dataclass(frozen=True, eq=False)
class Measured:
    """The data of n crystals on grids of one shape.

    Attributes
    ----------
    moduli : (n, nu, nv, nw//2+1) |F| in electrons, arranged as by rfftn; zero where unknown.
    observed : the same shape, false where a term within the resolution limit was not measured.
    cells : (n, 6) Å and degrees.
    volumes : (n,) Å³.
    """

    moduli: Tensor
    observed: Tensor
    cells: Tensor
    volumes: Tensor

    def __len__(self) -> int:
        return len(self.moduli)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nu, nv, nw) of the maps."""
        nu, nv, half = self.moduli.shape[1:]
        return nu, nv, 2 * (half - 1)

    def part(self, first: int, n: int, device: torch.device) -> "Measured":
        """n crystals, starting with number `first`, on a device."""
        chosen = slice(first, first + n)
        return Measured(
            self.moduli[chosen].to(device),
            self.observed[chosen].to(device),
            self.cells[chosen].to(device),
            self.volumes[chosen].to(device),
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """Densities (n, nu, nv, nw), e/Å³, and a description of the device that computed them."""

    densities: Tensor
    device: str


def infer(
    network: Network,
    scales: Scales,
    measured: Measured,
    device: torch.device,
    cancelled: Callable[[], bool] = lambda: False,
    done: Callable[[float], None] = lambda fraction: None,
) -> Outcome:
    """Predict densities.

    On a GPU the convolutions run in bf16, on a CPU in single precision. If memory runs out the
    batch is halved; if not even one crystal fits, or the GPU stops working, the CPU is used.

    Parameters
    ----------
    done : called with the finished fraction.

    Raises
    ------
    Cancelled : `cancelled()` was true before a batch.
    """
    together = _VOXELS_AT_ONCE.get(device.type, 1) // math.prod(measured.shape)
    together = max(1, min(together, len(measured)))
    words = describe(device)
    network = network.eval()
    here: Network | None = None  # the network on the device
    finished: list[Tensor] = []
    first = 0
    while first < len(measured):
        if cancelled():
            raise Cancelled
        try:
            here = here or _on(device, network)
            part = measured.part(first, together, device)
            finished.append(_batch(here, scales, part, device))
        except (RuntimeError, MemoryError) as error:
            if not (is_out_of_memory(error) or is_lost_gpu(error)):
                raise
            if together > 1 and is_out_of_memory(error):
                together //= 2
                continue
            if device.type == "cpu":
                raise
            why = f"memory ran out on {words}"
            if is_lost_gpu(error):
                why = f"{words} stopped working"
            device = torch.device("cpu")
            words, here = f"{describe(device)}, because {why}", network
            continue
        first += together
        done(min(1.0, first / len(measured)))
    return Outcome(torch.cat(finished), words)


def tell_hand(
    network: Network, density: Tensor, cell: Tensor, device: torch.device
) -> float | None:
    """Log odds that a scaled density (nu, nv, nw) in `cell` (1, 6) shows L amino acids.

    None if the network cannot determine the hand. The CPU is used if the GPU fails.
    """
    try:
        here = _on(device, network.eval())
        with torch.inference_mode():
            odds = here.handedness(density[None, None].to(device), cell.to(device))
    except (RuntimeError, MemoryError) as error:
        if device.type == "cpu" or not (is_out_of_memory(error) or is_lost_gpu(error)):
            raise
        return tell_hand(network, density, cell, torch.device("cpu"))
    return None if odds is None else float(odds[0])


def _on(device: torch.device, network: Network) -> Network:
    """The network on a device. The one on the CPU stays: a GPU that fails gives nothing back."""
    return network if device.type == "cpu" else copy.deepcopy(network).to(device)


def _batch(network: Network, scales: Scales, data: Measured, device: torch.device) -> Tensor:
    patterson = patterson_from(data.moduli, data.volumes, data.shape)[:, None]
    inputs = scales.inputs(
        patterson, data.moduli, data.volumes, observed=data.observed, cells=data.cells
    )
    with torch.inference_mode(), _precision(device):
        scaled: Tensor = network(inputs)
    return scaled[:, 0].float().cpu() * scales.density


def _precision(device: torch.device) -> AbstractContextManager[object]:
    if device.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()
