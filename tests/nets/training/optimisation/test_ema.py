import torch
from torch import nn

from patterson_gui.nets.training.optimisation.ema import WeightAverage, with_weights


def test_the_average_has_the_requested_decay() -> None:
    module = nn.Linear(1, 1, bias=False)
    module.weight.data.fill_(0.0)
    average = WeightAverage(module, decay=0.5)
    expected = 0.0
    for n, value in enumerate((1.0, 2.0, 3.0, 4.0)):
        module.weight.data.fill_(value)
        average.update(module)
        decay = min(0.5, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * value
    assert torch.allclose(average.state["weight"], torch.tensor([[expected]]))


def test_statistics_are_averaged_and_counts_copied() -> None:
    module = nn.BatchNorm1d(2)
    average = WeightAverage(module, decay=0.9)
    module.running_mean += 1.0
    module.num_batches_tracked += 7
    average.update(module)
    assert torch.allclose(average.state["running_mean"], torch.full((2,), 0.9))
    assert int(average.state["num_batches_tracked"]) == 7


def test_a_module_gets_its_own_weights_back() -> None:
    module = nn.Linear(2, 2)
    own = module.weight.detach().clone()
    average = WeightAverage(module, decay=0.9)
    average.state["weight"].zero_()
    with with_weights(module, average.state):
        assert module.weight.abs().max() == 0
    assert torch.equal(module.weight, own)
    with with_weights(module, None):
        assert torch.equal(module.weight, own)
