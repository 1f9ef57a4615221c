"""The layers of a network in words, with equal ones that follow each other told once."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from patterson_gui.io.training.network_parts import NetworkPart, PartKind
from patterson_gui.nets.architectures.registry import build


def parts_of(name: str, config: Mapping[str, Any]) -> tuple[NetworkPart, ...]:
    """The parts of a network, from the input to the output; no weights are made.

    Parameters
    ----------
    name, config : as in its card.

    Raises
    ------
    UserError : there is no such network, or the configuration is invalid.
    """
    with torch.device("meta"):
        network = build(name, config)
    return _children(network)


def _children(module: nn.Module) -> tuple[NetworkPart, ...]:
    parts = (_part(name, child) for name, child in module.named_children())
    return tuple(_joined(part for part in parts if part is not None))


def _part(name: str, module: nn.Module) -> NetworkPart | None:
    """A part; None where it has no weights, such as a pooling."""
    weights = sum(p.numel() for p in module.parameters())
    if not weights:
        return None
    name = str(int(name) + 1) if name.isdigit() else name.replace("_", " ")
    own = sum(p.numel() for p in module.parameters(recurse=False))
    parts = _children(module)
    if not parts or own == weights:
        return NetworkPart(name, _kind(module), _words(module), weights)
    if own:  # weights that belong to the group itself
        direct = NetworkPart("own", PartKind.OTHER, _own_words(own), own)
        parts = (direct, *parts)
    return NetworkPart(name, PartKind.GROUP, "", weights, parts=parts)


def _joined(parts: Iterable[NetworkPart]) -> list[NetworkPart]:
    """Numbered parts that are equal and follow each other, as one."""
    joined: list[NetworkPart] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is not None and part.name.isdigit() and _same(last, part):
            joined[-1] = replace(
                last, repeats=last.repeats + 1, weights=last.weights + part.weights
            )
        else:
            joined.append(part)
    return joined


def _same(several: NetworkPart, one: NetworkPart) -> bool:
    alike = replace(one, name=several.name, repeats=several.repeats, weights=several.weights)
    return alike == several and several.weights == several.repeats * one.weights


def _kind(module: nn.Module) -> PartKind:
    if isinstance(module, nn.Conv3d):
        return PartKind.CONVOLUTION
    name = type(module).__name__.lower()
    if isinstance(module, nn.Linear) or "affine" in name:
        return PartKind.LINEAR
    if "norm" in name:
        return PartKind.NORMALISATION
    return PartKind.OTHER


def _words(module: nn.Module) -> str:
    if isinstance(module, nn.Conv3d):
        size = " × ".join(map(str, module.kernel_size))
        words = f"convolution {size}, {module.in_channels} → {module.out_channels} channels"
        if module.groups > 1:
            words += f" in {module.groups} groups"
        return f"{words}, dilated by {module.dilation[0]}" if module.dilation[0] > 1 else words
    if isinstance(module, nn.Linear):
        return f"linear, {module.in_features} → {module.out_features}"
    shapes = [tuple(p.shape) for p in module.parameters(recurse=False)]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(module).__name__.strip("_")).lower()
    if _kind(module) is PartKind.NORMALISATION and shapes:
        return f"normalisation, {math.prod(shapes[0])} channels"
    if all(len(shape) < 2 for shape in shapes):
        return _own_words(sum(map(math.prod, shapes)))
    sizes = ", ".join(" × ".join(map(str, shape)) for shape in shapes)
    return f"{words}: {sizes}"


def _own_words(n: int) -> str:
    return f"{n} number{'' if n == 1 else 's'}"
