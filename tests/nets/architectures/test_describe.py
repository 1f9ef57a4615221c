"""The layers of networks in words."""

import pytest

from patterson_gui.io.training.network_folders import list_models
from patterson_gui.io.training.network_parts import NetworkPart, PartKind
from patterson_gui.nets.architectures.describe import parts_of
from patterson_gui.nets.architectures.registry import build, names


def weights_of(parts: tuple[NetworkPart, ...]) -> int:
    """All weights, counted in the layers themselves."""
    return sum(
        part.repeats * weights_of(part.parts) if part.parts else part.weights for part in parts
    )


@pytest.mark.parametrize("name", names())
def test_every_weight_belongs_to_one_layer(name: str) -> None:
    parts = parts_of(name, {})
    assert weights_of(parts) == sum(p.weights for p in parts) == build(name).n_parameters


@pytest.mark.parametrize("card", list_models(role=None), ids=lambda card: card.name)
def test_describes_the_networks_of_the_program(card) -> None:
    assert weights_of(parts_of(card.network, card.config)) == card.parameters


def test_equal_blocks_are_told_once() -> None:
    """Seven blocks of two 7³ convolutions with 25 channels and biases, as in the paper."""
    _, features, decoding = parts_of("resunet1", {})
    (block,) = features.parts
    assert (features.name, block.repeats) == ("features", 7)
    first = block.parts[0]
    assert first.words == "convolution 7 × 7 × 7, 25 → 25 channels"
    assert first.weights == 25 * 25 * 7**3 + 25
    assert block.parts[1] == NetworkPart(
        "norm1", PartKind.NORMALISATION, "normalisation, 25 channels", 50
    )
    assert decoding.parts[-1].words == "convolution 5 × 5 × 5, 25 → 1 channels"
