"""Running a trained network over many crystals: tiled over batches, on what memory there is."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from patterson_gui.errors import Cancelled
from patterson_gui.nets.registry import Network, Scales
from patterson_gui.nets.synthesis import patterson_from

# Grid points given to a network at once. A processor gains nothing from more.
_VOXELS_AT_ONCE = {"cpu": 8 * 24**3, "cuda": 256 * 24**3}


@dataclass(frozen=True, eq=False)
class Outcome:
    """Densities (n, nu, nv, nw), e/Å³, and in words what they were computed on."""

    densities: Tensor
    device: str


def infer(
    network: Network,
    scales: Scales,
    moduli: Tensor,
    volumes: Tensor,
    device: torch.device,
    cancelled: Callable[[], bool] = lambda: False,
    done: Callable[[float], None] = lambda fraction: None,
) -> Outcome:
    """What `network` makes of |F| (n, nu, nv, nw//2+1), in electrons, laid out as by rfftn.

    On a GPU the convolutions run in bf16, on a processor in single precision. Where memory
    runs out the batch is halved; where not even one crystal fits, the processor takes over.

    Parameters
    ----------
    volumes : (n,) Å³.
    done : told the share of the crystals that is finished.

    Raises
    ------
    Cancelled : before the next batch once `cancelled()` turns true.
    """
    nu, nv, half = moduli.shape[1:]
    nw = 2 * (half - 1)
    together = _VOXELS_AT_ONCE.get(device.type, 1) // (nu * nv * nw)
    together = max(1, min(together, len(moduli)))
    words = _words(device)
    network = network.eval().to(device)
    finished: list[Tensor] = []
    first = 0
    while first < len(moduli):
        if cancelled():
            raise Cancelled
        part = slice(first, first + together)
        try:
            finished.append(
                _batch(network, scales, moduli[part], volumes[part], (nu, nv, nw), device)
            )
        except RuntimeError as error:
            if not _is_want_of_memory(error):
                raise
            if together > 1:
                together //= 2
                continue
            if device.type == "cpu":
                raise
            words = f"{_words(torch.device('cpu'))}, for want of memory on {words}"
            device = torch.device("cpu")
            network = network.to(device)
            torch.cuda.empty_cache()
            continue
        first += together
        done(min(1.0, first / len(moduli)))
    return Outcome(torch.cat(finished), words)


def _batch(
    network: Network,
    scales: Scales,
    moduli: Tensor,
    volumes: Tensor,
    shape: tuple[int, int, int],
    device: torch.device,
) -> Tensor:
    moduli, volumes = moduli.to(device), volumes.to(device)
    patterson = patterson_from(moduli, volumes, shape)[:, None]
    inputs = scales.inputs(patterson, moduli, volumes)
    with torch.inference_mode(), _precision(device):
        scaled: Tensor = network(inputs)
    return scaled[:, 0].float().cpu() * scales.density


def _is_want_of_memory(error: RuntimeError) -> bool:
    """Whether it is that; the processor's allocator has no error class of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _precision(device: torch.device) -> AbstractContextManager[object]:
    if device.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()


def _words(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' if threads > 1 else ''})"
