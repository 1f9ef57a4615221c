"""Fused batch normalisation and max-pooling, compared with torch's layers."""

import pytest
import torch
import torch.nn.functional as fn
from torch import Tensor, nn

from patterson_gui.nets.convolution.normalisation import BatchNorm, BatchNormReLU
from patterson_gui.nets.convolution.pooling import MaxPool


def prepared(layer: nn.BatchNorm3d) -> nn.BatchNorm3d:
    with torch.no_grad():
        layer.weight.uniform_(0.5, 1.5)
        layer.bias.normal_()
    return layer


def same_in_torch(layer: nn.BatchNorm3d) -> nn.BatchNorm3d:
    twin = nn.BatchNorm3d(layer.num_features)
    twin.load_state_dict(layer.state_dict())
    twin.train(layer.training)
    return twin


def assert_close(a: Tensor | None, b: Tensor | None) -> None:
    assert a is not None
    torch.testing.assert_close(a, b, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ["alone", "rectified", "rectified beside a skip"])
def test_equals_batch_norm_of_torch_then_skip_and_relu(
    kind: str, training: bool, batch: int
) -> None:
    torch.manual_seed(0)
    mine = prepared(BatchNorm(3) if kind == "alone" else BatchNormReLU(3)).train(training)
    theirs = same_in_torch(mine)
    x, skip = torch.randn(2, batch, 3, 6, 4, 5) + 3
    x1, x2, s1, s2 = (t.clone().requires_grad_() for t in (x, x, skip, skip))
    y1 = mine(x1, s1) if "skip" in kind else mine(x1)
    y2 = theirs(x2)
    if "skip" in kind:
        y2 = y2 + s2
    if kind != "alone":
        y2 = y2.relu()
    assert_close(y1, y2)
    above = torch.randn_like(y2)
    y1.backward(above)
    y2.backward(above)
    assert_close(x1.grad, x2.grad)
    assert_close(mine.weight.grad, theirs.weight.grad)
    assert_close(mine.bias.grad, theirs.bias.grad)
    if "skip" in kind:
        assert_close(s1.grad, s2.grad)
    for name, value in mine.state_dict().items():
        torch.testing.assert_close(value, theirs.state_dict()[name])


def test_normalises_values_far_from_zero() -> None:
    layer = BatchNorm(1)
    x = torch.randn(4, 1, 6, 6, 6) + 1000
    assert layer(x).std().item() == pytest.approx(1.0, abs=0.01)


def test_processing_in_parts_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    layer = prepared(BatchNormReLU(3))
    x = torch.randn(2, 3, 4, 4, 4, requires_grad=True)
    skip = torch.randn(2, 3, 4, 4, 4)
    at_once = layer(x, skip)
    (of_x,) = torch.autograd.grad(at_once.square().sum(), x)
    monkeypatch.setattr("patterson_gui.nets.convolution.normalisation.PART_BYTES", 1)
    in_parts = layer(x, skip)
    (again,) = torch.autograd.grad(in_parts.square().sum(), x)
    assert_close(in_parts, at_once)
    assert_close(again, of_x)


def test_max_pooling_equals_that_of_torch() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 6, 8, requires_grad=True)
    y, expected = MaxPool()(x), fn.max_pool3d(x, 2)
    assert torch.equal(y, expected)
    above = torch.randn_like(y)
    assert torch.equal(
        torch.autograd.grad(y, x, above)[0], torch.autograd.grad(expected, x, above)[0]
    )


def test_only_one_of_several_equal_points_gets_the_gradient() -> None:
    x = torch.ones(1, 1, 2, 2, 2, requires_grad=True)
    MaxPool()(x).sum().backward()
    assert x.grad is not None
    assert x.grad.sum() == 1
