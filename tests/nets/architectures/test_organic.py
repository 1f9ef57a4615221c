"""The network that finds atoms, and its feed; `test_segment_atoms` tests its trained weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from patterson_gui.errors import UserError
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.setting_groups import Augmentation
from patterson_gui.nets.architectures.attention_unet import pad_by_one_point
from patterson_gui.nets.architectures.organic import RADIUS, Organic, channels, class_of
from patterson_gui.nets.architectures.registry import MapInputs, build
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.organic import OrganicFeed, label_grid_points
from patterson_gui.nets.feeds.select import feed_for
from tests.nets.small_data import small_data
from tests.nets.tiny_dataset import write_tiny_dataset

CUBE = 12.0 * torch.eye(3)[None]


@pytest.fixture(autouse=True)
def known_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data set has no file that could be hashed."""
    from patterson_gui.io.datasets.proteins import DataSet

    monkeypatch.setattr(DataSet, "sha256", "0" * 64)


def feed(**change: object) -> OrganicFeed:
    data = small_data(kind="fragment", lengths=(1, 2), cell=None, d_min=1.0)
    return OrganicFeed(data, Augmentation(**change), spacing=0.5, multiple=4)


def batches(source: OrganicFeed, n: int = 4, seed: int = 0) -> list[Batch[MapInputs]]:
    generator = torch.Generator().manual_seed(seed)
    return list(source.training(np.arange(n), n, generator))


def test_periodic_padding_equals_circular_padding_of_torch() -> None:
    x = torch.randn(2, 3, 4, 5, 6, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 3, 6, 7, 8, dtype=torch.float64)
    ours, theirs = pad_by_one_point(x), functional.pad(x, (1,) * 6, mode="circular")
    assert torch.equal(ours, theirs)
    (mine,) = torch.autograd.grad((ours * weight).sum(), x)
    (other,) = torch.autograd.grad((theirs * weight).sum(), x)
    assert torch.allclose(mine, other)


def test_channels_do_not_depend_on_scale_and_f000() -> None:
    density = torch.randn(2, 1, 16, 16, 16)
    lattices = CUBE.expand(2, 3, 3)
    maps = channels(density, lattices)
    assert torch.allclose(channels(1e4 * density + 7.0, lattices), maps, atol=1e-3)
    assert torch.allclose(channels(1e-4 * density, lattices), maps, atol=1e-4)


def test_channels_of_a_zero_map_are_zero() -> None:
    assert torch.equal(channels(torch.zeros(1, 1, 8, 8, 8), CUBE), torch.zeros(1, 3, 8, 8, 8))


def test_peak_heights_do_not_depend_on_the_size_of_the_cell() -> None:
    """The height of peaks in the channels does not depend on empty space in the cell."""
    small = torch.zeros(1, 1, 16, 16, 16)
    small[0, 0, 4:6, 4:6, 4:6] = 1.0
    large = functional.pad(small, (0, 16) * 3)
    one = channels(small, 8.0 * torch.eye(3)[None])[0, 0]
    other = channels(large, 16.0 * torch.eye(3)[None])[0, 0]
    assert float(other.max()) == pytest.approx(float(one.max()), rel=0.05)


def test_shifting_the_map_shifts_the_prediction() -> None:
    torch.manual_seed(0)
    network = build("organic", {"widths": (8, 8, 8)}).eval()
    density = torch.randn(1, 1, 16, 16, 16)
    here = network(MapInputs(density, CUBE))
    there = network(MapInputs(density.roll((4, 8, 0), (2, 3, 4)), CUBE))
    assert torch.allclose(there, here.roll((4, 8, 0), (2, 3, 4)), atol=1e-4)
    assert here.shape == (1, 4, 16, 16, 16)
    assert set(here[:, 0].unique().tolist()) <= {0.0, 6.0, 7.0, 8.0, 16.0}


def test_unknown_elements_get_the_nearest_class() -> None:
    numbers = torch.tensor([0, 6, 7, 8, 16, 9, 15, 34])
    assert class_of(numbers).tolist() == [0, 1, 2, 3, 4, 3, 4, 4]


def test_labels_point_from_grid_points_to_the_nearest_atom() -> None:
    lattice = torch.tensor([[8.0, 0, 0], [0.5, 9.0, 0], [-1.0, 0.7, 10.0]])[None]
    frac = torch.tensor([[[0.02, 0.5, 0.97], [0.31, 0.4, 0.6], [0.0, 0.0, 0.0]]])
    numbers = torch.tensor([[8, 6, 0]])
    true = label_grid_points(frac, numbers, lattice, (16, 20, 20))[0]
    points = torch.argwhere(true[0] > 0)
    place = points / torch.tensor([16, 20, 20]) @ lattice[0] + true[1:, true[0] > 0].T
    atoms = torch.where((true[0][true[0] > 0] == 8)[:, None], frac[0, 0], frac[0, 1]) @ lattice[0]
    apart = (place - atoms) @ torch.linalg.inv(lattice[0])
    assert float((apart - apart.round()).abs().max()) < 1e-5
    assert float(true[1:].norm(dim=0).max()) < RADIUS
    volume = float(torch.linalg.det(lattice[0])) / (16 * 20 * 20)
    per_atom = len(points) * volume / 2
    assert per_atom == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.3)


def test_examples_depend_on_the_seed_only() -> None:
    source = feed(noise=0.1, missing=0.1)
    one, again, other = (batches(source, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(one.inputs.density, again.inputs.density)
    assert torch.equal(one.true, again.true)
    assert one.inputs.density.shape != other.inputs.density.shape or not torch.equal(
        one.inputs.density, other.inputs.density
    )


def test_validation_examples_are_always_the_same() -> None:
    source = feed()
    chosen = np.arange(min(4, source.n_validation))
    first, second = (list(source.validation(chosen, 4)) for _ in range(2))
    assert all(torch.equal(a.true, b.true) for a, b in zip(first, second, strict=True))


def test_maps_peak_at_the_labelled_atoms() -> None:
    source = feed(d_min=(1.0, 1.2), b_iso=(5.0, 8.0))
    inside, outside = [], []
    for batch in batches(source, 8):
        atom = batch.true[:, :1] > 0
        density = batch.inputs.density
        assert batch.true.shape[1:] == (4, *density.shape[2:])
        assert max(density.shape[2:]) * 0.5 >= float(batch.cells[0, :3].max())
        inside.append(float(density[atom].mean() / density.std()))
        outside.append(float(density[~atom].mean() / density.std()))
    assert min(inside) > 2.0
    assert max(outside) < 0.2


def test_both_hands_of_molecules_occur() -> None:
    """The sign of the triple product of four points that are not in a plane shows the hand."""
    from patterson_gui.nets.feeds.organic import _randomly_oriented
    from patterson_gui.nets.feeds.proteins import Molecules

    corner = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]).expand(40, 4, 3)
    molecules = Molecules(corner, torch.full((40, 4), 6))
    rotated = _randomly_oriented(molecules, torch.Generator().manual_seed(0)).positions
    hands = torch.linalg.det(rotated[:, 1:] - rotated[:, :1]).sign()
    assert 10 < int((hands > 0).sum()) < 30


def test_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    network = build("organic", {"widths": (8, 8, 8)})
    assert isinstance(network, Organic)
    source = feed(d_min=(1.0, 1.2), b_iso=(5.0, 8.0))
    given = batches(source, 4)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-2)
    losses = []
    for _ in range(20):
        loss = torch.stack([network.own_loss(b.inputs, b.true) for b in given]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_rejects_a_data_set_without_validation_examples() -> None:
    data = small_data(kind="fragment", lengths=(1, 2), cell=None, d_min=1.0)
    data.arrays.split[:] = 0
    with pytest.raises(UserError, match="split 'val'"):
        OrganicFeed(data, Augmentation(), spacing=0.5, multiple=4)


def test_settings_of_the_organic_network_give_the_organic_feed(tmp_path: Path) -> None:
    data = write_tiny_dataset(tmp_path / "tiny.h5")
    settings = PRESETS["organic"].settings(data, tmp_path / "run")
    network = build(settings.network, settings.network_config)
    source = feed_for(settings, network, None, torch.device("cpu"))
    assert isinstance(source, OrganicFeed)
    assert source.seen().d_min == (1.0, 2.5)
    (batch,) = source.validation(np.arange(2), 2)
    assert network(batch.inputs).shape == batch.true.shape
    other = build("crystals")
    with pytest.raises(UserError, match=r"crystals.*choose a data set"):
        feed_for(settings, other, None, torch.device("cpu"))


def test_the_card_describes_the_training_data() -> None:
    seen = feed(d_min=(1.2, 2.0)).seen()
    assert seen.d_min == (1.2, 2.0)
    assert seen.lengths == (1, 2)
    assert seen.spacing == 0.5
    assert seen.cell_edges[0] < seen.cell_edges[1]
