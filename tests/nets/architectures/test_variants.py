"""The variants of the paper's network: shapes, gradients and behaviour under shifts."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from patterson_gui.nets.architectures.registry import Network, build
from tests.nets.plain_layers import inputs_of

SMALL: dict[str, dict[str, Any]] = {
    "resunet1": {"narrow": 3, "wide": 5, "blocks": 1},
    "resunet2": {"narrow": 3, "wide": 5, "blocks": 1},
    "conditioned": {"narrow": 3, "wide": 5, "blocks": 1, "extra_channels": 3},
    "dilated": {"narrow": 3, "wide": 5, "blocks": 2},
    "recycling": {"narrow": 3, "wide": 5, "blocks": 1},
    "separable": {"width": 7, "blocks": 2},
    "transformer": {"channels": 3, "width": 12, "heads": 3, "layers": 2},
}


def small(name: str, **more: Any) -> Network:
    torch.manual_seed(0)
    return build(name, SMALL[name] | more)


def predicted(network: Network, patterson: Tensor) -> Tensor:
    torch.manual_seed(1)
    density: Tensor = network(inputs_of(patterson, network.extra_channels))
    return density


@pytest.mark.parametrize("name", SMALL)
def test_the_density_has_the_shape_of_the_patterson(name: str) -> None:
    network = small(name).eval()
    for shape in [(8, 8, 8), (12, 8, 16)]:
        with torch.no_grad():
            density = predicted(network, torch.randn(2, 1, *shape))
        assert density.shape == (2, 1, *shape)
        assert density.is_contiguous()
        assert density.abs().max() <= 1


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("batch", [1, 3])
def test_every_weight_of_the_variants_has_a_gradient(name: str, batch: int) -> None:
    network = small(name)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm3d):
            # Of a single example the mean after a batch norm is its bias: at first nothing
            # that a squeeze-excite could weigh by.
            nn.init.normal_(layer.bias)
    predicted(network, torch.randn(batch, 1, 8, 8, 8)).square().mean().backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        if parameter.ndim > 1:  # a bias before a batch norm changes nothing
            assert parameter.grad.norm() > 1e-9, parameter_name


@pytest.mark.parametrize(("name", "shift"), [("separable", 2), ("transformer", 4)])
def test_periodic_networks_shift_the_density_with_the_patterson(name: str, shift: int) -> None:
    network = small(name).eval()
    patterson = torch.randn(1, 1, 8, 12, 16)
    steps = (shift, -shift, 2 * shift)
    with torch.no_grad():
        density = predicted(network, patterson)
        moved = predicted(network, torch.roll(patterson, steps, (2, 3, 4)))
        between = predicted(network, torch.roll(patterson, 1, 2))
    torch.testing.assert_close(moved, torch.roll(density, steps, (2, 3, 4)), rtol=1e-4, atol=1e-5)
    # A shift that is not a whole cube divides the points differently.
    assert (between - torch.roll(density, 1, 2)).abs().max() > 1e-3


def test_attention_depends_on_the_vector_between_tokens() -> None:
    """Without relative positions, exchanged tokens would only exchange their results."""
    network = small("transformer").eval()
    torch.nn.init.normal_(network.layers[0].place.second.weight, std=5)
    x = network.enter(torch.randn(4, 1, 1, 1, network.enter.in_features)).flatten(0, 2)
    x = x.transpose(0, 1)
    with torch.no_grad():
        straight = network.layers[0](x, (4, 1, 1))[:, [0, 2, 1, 3]]
        swapped = network.layers[0](x[:, [0, 2, 1, 3]], (4, 1, 1))
    assert (straight - swapped).abs().max() > 1e-3


def test_extra_channels_change_the_density() -> None:
    network = small("conditioned").eval()
    inputs = inputs_of(torch.randn(1, 1, 8, 8, 8), 3)
    assert inputs.extra is not None
    other = inputs_of(inputs.patterson, 3)
    with torch.no_grad():
        assert (network(inputs) - network(other)).abs().max() > 1e-3


def test_dilated_kernels_have_the_expected_reach() -> None:
    network = small("dilated", dilations=[1, 3]).eval()
    x = torch.zeros(1, 5, 16, 16, 16)
    point = x.clone()
    point[0, :, 8, 8, 8] = 10.0
    with torch.no_grad():
        for block, reach in zip(network.features, (2, 6), strict=True):
            felt = (block(point) - block(x)).abs().amax((0, 1)).nonzero()
            assert felt.amin().item() == 8 - reach
            assert felt.amax().item() == 8 + reach


def test_recycling_uses_its_previous_prediction() -> None:
    network = small("recycling", rounds=3).eval()
    with torch.no_grad():
        first, second, third = network.answers(inputs_of(torch.randn(1, 1, 8, 8, 8)))
        once = small("recycling", rounds=1).eval()
        torch.manual_seed(2)
        inputs = inputs_of(torch.randn(1, 1, 8, 8, 8))
        torch.testing.assert_close(network.answers(inputs)[0], once(inputs))
    assert (second - first).abs().max() > 1e-3
    assert (third - second).abs().max() > 1e-4


@pytest.mark.parametrize("detached", [True, False])
def test_recycling_back_propagates_through_the_last_round_or_all(detached: bool) -> None:
    network = small("recycling", rounds=3, detached=detached)
    answers = network.answers(inputs_of(torch.randn(2, 1, 8, 8, 8)))
    assert [answer.requires_grad for answer in answers] == [not detached, not detached, True]


def test_cheap_variants_have_fewer_weights_than_the_paper() -> None:
    papers = build("resunet1").n_parameters
    assert build("separable").n_parameters < 0.2 * papers
    assert build("dilated").n_parameters < 0.6 * papers
