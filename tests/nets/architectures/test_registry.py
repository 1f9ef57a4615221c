"""The registry of networks, and their inputs and units."""

import pytest
import torch

from patterson_gui.errors import UserError
from patterson_gui.nets.architectures.registry import Scales, build, names
from tests.nets.plain_layers import inputs_of


def test_rejects_an_unknown_network_and_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no network called 'resnet'.*resunet1"):
        build("resnet")


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("resunet1", {"block": 3}, "block"),
        ("resunet1", {"wide": 0}, "wide"),
        ("resunet1", {"size": 4}, "odd"),
        ("dilated", {"dilations": []}, "dilations"),
        ("dilated", {"dilations": [0]}, "dilations"),
        ("conditioned", {"extra_channels": 0}, "extra_channels"),
        ("recycling", {"rounds": 0}, "rounds"),
        ("separable", {"size": 6}, "odd"),
        ("transformer", {"heads": 5}, "5 heads do not divide"),
        ("transformer", {"width": "wide"}, "width"),
    ],
)
def test_rejects_an_invalid_configuration(name: str, config: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        build(name, config)


@pytest.mark.parametrize("name", names())
def test_name_and_configuration_determine_the_architecture(name: str) -> None:
    network = build(name)
    again = build(network.name, network.config.model_dump(mode="json"))
    again.load_state_dict(network.state_dict())
    assert again.config == network.config


def test_rejects_a_grid_of_the_wrong_size() -> None:
    network = build("resunet1", {"blocks": 0})
    with pytest.raises(UserError, match=r"8 × 7 × 8.*multiple of 2"):
        network(inputs_of(torch.zeros(1, 1, 8, 7, 8)))
    with pytest.raises(UserError, match="at least 4"):
        network(inputs_of(torch.zeros(1, 1, 2, 8, 8)))


def test_rejects_missing_and_superfluous_channels() -> None:
    with pytest.raises(UserError, match="built for 1 extra channels but is given 0"):
        build("conditioned", {"blocks": 0})(inputs_of(torch.zeros(1, 1, 8, 8, 8)))
    with pytest.raises(UserError, match="built for 0 extra channels but is given 2"):
        build("resunet1", {"blocks": 0})(inputs_of(torch.zeros(1, 1, 8, 8, 8), 2))


def test_amplitudes_are_the_moduli_of_the_scaled_density() -> None:
    """F(h) = V/N Σ ρ(x) exp(2πi h·x) for a density on N points, by hand at every h."""
    torch.manual_seed(0)
    n, volume = 4, torch.tensor([300.0, 500.0])
    density = torch.randn(2, 1, n, n, n)
    x = torch.arange(n) / n
    waves = torch.exp(2j * torch.pi * torch.outer(torch.arange(n), x))
    f = torch.einsum("hu,kv,lw,buvw->bhkl", waves, waves, waves, density[:, 0] + 0j)
    moduli = (f * (volume / n**3)[:, None, None, None]).abs()[..., : n // 2 + 1]
    scales = Scales(patterson=20.0, density=2.5)
    inputs = scales.inputs(torch.randn(2, 1, n, n, n), moduli, volume)
    expected = torch.fft.rfftn(density[:, 0] / scales.density, dim=(1, 2, 3)).abs()
    torch.testing.assert_close(inputs.amplitudes, expected, rtol=1e-4, atol=1e-4)


def test_all_inputs_move_to_another_device() -> None:
    inputs = inputs_of(torch.zeros(1, 1, 4, 4, 4), 2).to("meta")
    assert inputs.patterson.device.type == "meta"
    assert inputs.extra is not None
    assert inputs.extra.device.type == "meta"
    assert inputs.observed is None
