"""Write and read trained weights (safetensors, half precision) and the card beside them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from patterson_gui.errors import UserError
from patterson_gui.io.files import read_content
from patterson_gui.io.training.model_cards import (
    WEIGHTS_SUFFIX,
    ModelCard,
    read_card,
    write_network,
)
from patterson_gui.nets.architectures.registry import Network, build


def save_weights(path: Path, state: Mapping[str, Tensor], card: ModelCard) -> ModelCard:
    """Write `state` to `path` (.safetensors) and the card beside it; return the card as written.

    Floating-point numbers are rounded to half precision, except in tensors that exceed its range.
    Both files are complete before either is renamed, and a kill leaves a pair that fits.

    Raises
    ------
    UserError : the files cannot be written; the old files remain.
    """
    path = path.with_suffix(WEIGHTS_SUFFIX)
    content = save({name: _halved(value) for name, value in sorted(state.items())})
    card = card.model_copy(
        update={
            "weights_sha256": hashlib.sha256(content).hexdigest(),
            "folder": path.parent,
            "stem": path.stem,
        }
    )
    write_network(path, content, card)
    return card


def load_weights(path: Path) -> tuple[Network, ModelCard]:
    """Build the network of a card and load its weights, in single precision.

    Parameters
    ----------
    path : the weights or the card.

    Raises
    ------
    UserError : either is missing or damaged, they do not belong together, or the weights are of
        another architecture.
    """
    card = read_card(path)
    path = card.weights
    content = read_content(path)
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise UserError(
            f"{path.name} is not the file that its card describes (its hash differs), so it is "
            "damaged or was replaced: get both files again."
        )
    try:
        state = load(content)
    except (SafetensorError, ValueError) as error:
        raise UserError(
            f"{path.name} holds no weights that can be read ({error}): get it again."
        ) from error
    network = build(card.network, card.config)
    fill(network, state, path.name)
    return network, card


def fill(network: Network, state: Mapping[str, Tensor], file: str) -> None:
    """Load weights into a network.

    Raises
    ------
    UserError : they are of another architecture; the message names `file`.
    """
    own = network.state_dict()
    differing = own.keys() ^ state.keys() or {
        name for name in own if own[name].shape != state[name].shape
    }
    if differing:
        raise UserError(
            f"{file} holds the weights of another architecture than '{network.name}' in this "
            f"configuration ({len(differing)} tensors differ, as '{min(differing)}'): choose the "
            "network they were trained for."
        )
    network.load_state_dict({name: state[name].to(own[name].dtype) for name in own})


def _halved(value: Tensor) -> Tensor:
    value = value.detach().cpu().contiguous()
    if not value.is_floating_point():
        return value
    half = value.to(torch.float16)
    return half if bool(torch.isfinite(half).all()) else value.to(torch.float32)
