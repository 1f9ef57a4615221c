"""The paper's network: number of weights, shapes, and equality with torch's layers."""

import pytest
import torch
from torch import Tensor, nn

from patterson_gui.nets.architectures.registry import build
from patterson_gui.nets.convolution.direct_or_spectral import convolutions
from tests.nets.plain_layers import inputs_of, plain_resunet


def shapes_through(network: nn.Module, patterson: Tensor) -> list[tuple[int, ...]]:
    """The shapes after all layers that contain no others, in the order of their calls."""
    shapes: list[tuple[int, ...]] = []
    for layer in network.modules():
        if not list(layer.children()):
            layer.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    with torch.no_grad():
        network.eval()(inputs_of(patterson))
    return shapes


def test_the_first_network_has_3_288_884_parameters() -> None:
    assert build("resunet1").n_parameters == 3_288_884


def test_the_second_network_has_5_3_million_parameters() -> None:
    network = build("resunet2")
    # 7³ kernels with biases, batch norms, squeeze-excite 30 → 15 → 30, 5³ kernels.
    encoding = 343 * (25 + 25 * 30) + 25 + 30 + 2 * (25 + 30)
    excite = 30 * 15 + 15 + 15 * 30 + 30
    blocks = 8 * (2 * (343 * 30 * 30 + 30 + 2 * 30) + excite)
    decoding = 125 * (30 * 30 + 30) + 30 + 1 + 2 * 30
    assert network.n_parameters == encoding + blocks + decoding
    assert network.n_parameters == pytest.approx(5.3e6, rel=0.01)


def test_shapes_after_each_layer_of_the_first_network() -> None:
    full, half = (8, 6, 10), (4, 3, 5)
    assert shapes_through(build("resunet1"), torch.randn(2, 1, *full)) == [
        *2 * [(2, 23, *full)],  # convolution; batch norm and rectifier
        *2 * [(2, 25, *full)],
        (2, 25, *half),  # max-pool
        *7 * 4 * [(2, 25, *half)],
        *2 * [(2, 25, *full)],
        *2 * [(2, 1, *full)],  # convolution, tanh
    ]


def test_squeeze_excite_divides_the_channels_by_its_reduction() -> None:
    block = build("resunet2").features[0]
    assert (block.weigh.squeeze.in_features, block.weigh.squeeze.out_features) == (30, 15)
    assert not hasattr(build("resunet2", {"squeeze_excite": False}).features[0], "weigh")


@pytest.mark.parametrize("name", ["resunet1", "resunet2"])
@pytest.mark.parametrize("form", ["direct", "spectral"])
def test_both_convolution_forms_equal_the_layers_of_torch(name: str, form: str) -> None:
    torch.manual_seed(0)
    network = build(name, {"narrow": 5, "wide": 7, "blocks": 2})  # odd channels
    patterson = torch.randn(3, 1, 8, 12, 10)
    weights = [p for n, p in network.named_parameters() if p.ndim > 1]
    expected = plain_resunet(network, patterson)
    with convolutions(form):
        density = network(inputs_of(patterson))
    assert (density - expected).norm() / expected.norm() < 1e-5
    above = torch.randn_like(expected)
    found = torch.autograd.grad(density, weights, above)
    for mine, theirs in zip(found, torch.autograd.grad(expected, weights, above), strict=True):
        # Batch norm divides by a spread: gradients through many of them lose a digit.
        assert (mine - theirs).norm() / theirs.norm() < 1e-4


@pytest.mark.parametrize("form", ["direct", "spectral"])
def test_features_are_periodic_and_the_decoding_is_zero_padded(form: str) -> None:
    torch.manual_seed(0)
    network = build("resunet1", {"narrow": 4, "wide": 4, "blocks": 1}).eval()
    patterson = torch.randn(1, 1, 16, 16, 16)
    shift, half = (4, -2, 6), (2, -1, 3)
    moved = torch.roll(patterson, shift, (2, 3, 4))

    def features(x: Tensor) -> Tensor:
        return network.features(network.encoding(x))

    with torch.no_grad(), convolutions(form):
        before, after = features(patterson), features(moved)
        torch.testing.assert_close(after, torch.roll(before, half, (2, 3, 4)), rtol=1e-4, atol=1e-4)
        density = torch.roll(network.decoding(before), shift, (2, 3, 4))
        difference = (network.decoding(after) - density).abs()[0, 0]
    # Two 5³ kernels feel zeros up to 4 points away; the seams of both cells are elsewhere.
    reach = 4
    seams = [{0, s % 16} for s in shift]
    near = [
        torch.tensor(
            [any(min((i - s) % 16, (s - 1 - i) % 16) < reach for s in seam) for i in range(16)]
        )
        for seam in seams
    ]
    touched = near[0][:, None, None] | near[1][:, None] | near[2]
    assert difference[~touched].max() < 1e-4
    assert difference[touched].max() > 1e-2


def test_trains_and_predicts_with_a_batch_of_one() -> None:
    network = build("resunet1", {"narrow": 3, "wide": 5, "blocks": 1})
    density = network(inputs_of(torch.randn(1, 1, 8, 8, 8)))
    density.square().mean().backward()
    assert density.shape == (1, 1, 8, 8, 8)
    network.eval()
    with torch.inference_mode():
        alone = network(inputs_of(torch.ones(1, 1, 8, 8, 8)))
        among = network(inputs_of(torch.ones(4, 1, 8, 8, 8)))
    torch.testing.assert_close(alone, among[:1], rtol=1e-4, atol=1e-5)


def test_predicted_density_lies_within_minus_one_and_one() -> None:
    network = build("resunet1", {"narrow": 3, "wide": 3, "blocks": 1})
    density = network(inputs_of(1e3 * torch.randn(2, 1, 8, 8, 8)))
    assert density.abs().max() <= 1
