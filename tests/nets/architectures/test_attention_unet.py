import pytest
import torch
from torch.nn import functional

from patterson_gui.nets.architectures.attention_unet import AttentionUNet, Head


@pytest.fixture
def network() -> AttentionUNet:
    torch.manual_seed(0)
    made = AttentionUNet(3, 7, (8, 12, 16), (2, 3))
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return made.eval()


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """Largest difference, in standard deviations over the map."""
    return float((one - other).abs().max() / one.std((2, 3, 4)).mean())


@torch.no_grad()
def test_shifting_a_periodic_map_by_whole_strides_shifts_the_logits(network: AttentionUNet) -> None:
    x = torch.randn(2, 3, 12, 18, 6)
    here = network.features(x, periodic=True)
    for shift in ((6, 0, 0), (0, 12, 0), (6, 6, 0), (-6, 6, 6)):
        there = network.features(x.roll(shift, (2, 3, 4)), periodic=True)
        assert apart(there, here.roll(shift, (2, 3, 4))) < 1e-3
    between_strides = network.features(x.roll(1, 2), periodic=True)
    assert apart(between_strides, here.roll(1, 2)) > 0.1
    assert network(x, periodic=True).shape == (2, 7, 12, 18, 6)


@torch.no_grad()
def test_a_box_is_not_treated_as_periodic(network: AttentionUNet) -> None:
    x = torch.randn(1, 3, 12, 12, 12)
    assert apart(network.features(x.roll(6, 2)), network.features(x).roll(6, 2)) > 0.1
    assert apart(network.features(x), network.features(x, periodic=True)) > 0.1


@torch.no_grad()
def test_faces_of_a_box_do_not_affect_its_interior() -> None:
    torch.manual_seed(0)
    network = AttentionUNet(1, 3, (4, 4), (2,)).eval()
    x = torch.randn(1, 1, 24, 24, 24)
    box, periodic = network.features(x), network.features(x, periodic=True)
    inner = slice(10, 14)
    assert apart(box[:, :, inner, inner, inner], periodic[:, :, inner, inner, inner]) < 1e-3
    assert apart(box, periodic) > 0.1


@torch.no_grad()
def test_examples_of_a_batch_are_independent(network: AttentionUNet) -> None:
    x = torch.randn(3, 3, 6, 6, 6)
    for i in range(3):
        assert apart(network.features(x)[i : i + 1], network.features(x[i : i + 1])) < 1e-3


def test_every_weight_has_a_gradient(network: AttentionUNet) -> None:
    network.train()
    labels = torch.randint(0, 7, (2, 12, 12, 12))
    network.losses(torch.randn(2, 3, 12, 12, 12), labels).sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert bool(weight.grad.abs().sum() > 0), name


@torch.no_grad()
def test_atom_points_and_empty_points_have_equal_weight_in_the_loss() -> None:
    """The mean over points of atoms plus the mean over the empty ones, each of cross-entropies."""
    torch.manual_seed(0)
    network = AttentionUNet(1, 4, (4, 4), (2,)).eval()
    x, labels = torch.randn(2, 1, 8, 8, 8), torch.zeros(2, 8, 8, 8, dtype=torch.long)
    labels[0, 2:5, 2:5, 2:5] = 2
    labels[1, :, :, :5] = 3  # more than half: all of the empty points are not drawn
    every = functional.cross_entropy(network(x), labels, reduction="none")
    drawn = torch.stack([network.losses(x, labels) for _ in range(200)]).mean(0)
    for i in range(2):
        expected = every[i][labels[i] > 0].mean() + every[i][labels[i] == 0].mean()
        assert float(drawn[i]) == pytest.approx(float(expected), rel=0.02)


@torch.no_grad()
def test_maps_without_atoms_or_without_empty_points_have_a_finite_loss() -> None:
    network = AttentionUNet(1, 4, (4, 4), (2,))
    x = torch.randn(2, 1, 8, 8, 8)
    labels = torch.stack([torch.zeros(8, 8, 8).long(), torch.ones(8, 8, 8).long()])
    assert bool(torch.isfinite(network.losses(x, labels)).all())


def test_elements_near_the_predicted_number_are_more_probable() -> None:
    torch.manual_seed(0)
    head = Head(4, 95)
    with torch.no_grad():
        head.apart.weight.zero_()
        head.apart.bias.zero_()
        logits = head(torch.randn(4))
    middle = int(logits[1:].argmax()) + 1
    assert 10 < middle < 40  # the initial weights predict a medium atomic number
    assert bool((logits[1:middle].diff() > 0).all())
    assert bool((logits[middle:].diff() < 0).all())
    assert float(logits[0]) == 0


def test_rejects_a_wrong_number_of_strides() -> None:
    with pytest.raises(ValueError, match="between every two levels"):
        AttentionUNet(1, 2, (4, 4), (2, 3))
