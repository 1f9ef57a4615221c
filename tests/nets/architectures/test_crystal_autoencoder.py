"""The untrained autoencoder; `test_crystal_coder` tests its trained weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import Sample, unit_cell_sample, window_sample
from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
from patterson_gui.nets.architectures import crystal_autoencoder as autoencoder
from patterson_gui.nets.architectures.crystal_autoencoder import OF_DENSITY, Crystals
from patterson_gui.nets.architectures.registry import MapInputs, build
from patterson_gui.nets.architectures.weights import load_weights, save_weights
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.crystals import batch_of
from tests.crystal.example_materials import hematite, perovskite, rock_salt

SMALL = {"widths": (4, 6, 8), "repair": 8, "functions": 7}


@pytest.fixture
def network() -> Crystals:
    torch.manual_seed(0)
    made = build("crystals", SMALL)
    assert isinstance(made, Crystals)
    return made


def scattered(n: int, windows: bool = False) -> list[Sample]:
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(n):
        lattice = np.diag(rng.uniform(4, 7, 3)) + rng.normal(0, 0.5, (3, 3))
        numbers = rng.integers(1, 90, rng.integers(2, 9))
        material = Material(rng.random((len(numbers), 3)) @ lattice, numbers, lattice)
        samples.append(window_sample(material) if windows else unit_cell_sample(material))
    return samples


@pytest.fixture
def batch() -> Batch[MapInputs]:
    return batch_of([unit_cell_sample(hematite()), window_sample(perovskite())])


def test_has_far_fewer_weights_than_the_published_network() -> None:
    network = build("crystals")
    assert sum(p.numel() for p in network.parameters()) < 3_000_000


def test_rejects_fewer_coefficients_than_latent_numbers() -> None:
    with pytest.raises(UserError, match="functions: Input should be greater than or equal to 7"):
        build("crystals", {"functions": 6})


@pytest.mark.parametrize("windows", [False, True])
def test_initial_layers_reconstruct_as_well_as_principal_components(
    network: Crystals, windows: bool
) -> None:
    """As accurate as the best 291 directions that numpy finds for the same examples."""
    batches = [batch_of(scattered(320, windows)[i : i + 64]).inputs for i in range(0, 320, 64)]
    with torch.no_grad():
        seen = torch.cat([network.coefficients(b.density) for b in batches]).double().numpy()
        network.initialise_from(batches)
        linear = network.windows if windows else network.unit_cells
        given = torch.from_numpy(seen).float()
        back = linear.decode(linear.encode(given)).double().numpy()
        latents = linear.encode(given).double().numpy()
    centred = seen - seen.mean(0)
    values = np.linalg.svd(centred, compute_uv=False) ** 2
    lost = float(((back - seen) ** 2).sum())
    # Rounding errors of single precision are larger than the residual of 320 examples.
    assert lost < float(values[OF_DENSITY:].sum()) + 1e-5 * float(values.sum())
    variances = latents.var(0)
    strong = np.sqrt(values[:OF_DENSITY] / values[0]) > 2e-3
    assert variances[strong] == pytest.approx(1, abs=0.02)
    assert np.abs(latents.mean(0)[strong]).max() < 0.02


@pytest.mark.parametrize("windows", [False, True])
def test_initialises_from_a_few_examples(network: Crystals, windows: bool) -> None:
    """Most eigenvalues are then zero, or slightly negative by rounding."""
    batch = batch_of(scattered(40, windows))
    with torch.no_grad():
        network.initialise_from([batch.inputs])
        linear = network.windows if windows else network.unit_cells
        assert float(linear.log_variance.max()) <= 0
        assert all(bool(torch.isfinite(p).all()) for p in network.parameters())
        back = linear.decode(linear.encode(network.coefficients(batch.inputs.density)))
        lost = (back - network.coefficients(batch.inputs.density)).norm()
        assert float(lost / batch.inputs.density.norm()) < 1e-3
        assert bool(torch.isfinite(network.own_loss(batch.inputs, batch.true)))


def test_initial_directions_lose_least_with_more_examples_than_directions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(autoencoder, "OF_DENSITY", 12)
    linear = autoencoder._Linear(27)
    rng = np.random.default_rng(0)
    seen = (
        rng.normal(size=(200, 27)) @ np.diag(np.geomspace(1, 0.05, 27)) @ rng.normal(size=(27, 27))
    )
    lattices = rng.normal(5, 2, (200, 3, 3))
    linear.initialise_from(torch.from_numpy(seen), torch.from_numpy(lattices))
    with torch.no_grad():
        back = linear.decode(linear.encode(torch.from_numpy(seen).float())).numpy()
    lost = ((back - seen) ** 2).sum()
    best = (np.linalg.svd(seen - seen.mean(0), compute_uv=False)[12:] ** 2).sum()
    assert lost == pytest.approx(best, rel=1e-3)
    assert linear.lattice_mean.numpy() == pytest.approx(lattices.reshape(200, 9).mean(0), rel=1e-5)
    assert linear.lattice_scale.numpy() == pytest.approx(
        lattices.reshape(200, 9).std(0, ddof=1), rel=1e-5
    )


def test_unit_cells_and_windows_have_separate_linear_layers(
    network: Crystals, batch: Batch[MapInputs]
) -> None:
    inputs = batch.inputs
    swapped = MapInputs(inputs.density, inputs.lattices, ~inputs.windows)
    with torch.no_grad():
        before, other = network.encode(inputs), network.encode(swapped)
        assert not torch.allclose(before, other, atol=0.1)
        network.windows.encode.bias += 1
        after = network.encode(inputs)
    assert torch.equal(after[0], before[0])
    assert torch.allclose(after[1, :OF_DENSITY], before[1, :OF_DENSITY] + 1, atol=1e-4)
    alone = network.encode(MapInputs(inputs.density[:1], inputs.lattices[:1]))
    assert torch.allclose(alone, before[:1], atol=1e-4)


def test_lattices_are_recovered_from_the_latent(network: Crystals, batch: Batch[MapInputs]) -> None:
    with torch.no_grad():
        network.initialise_from(
            [batch_of(scattered(8)).inputs, batch_of(scattered(8, True)).inputs]
        )
        latent = network.encode(batch.inputs)
        found = network.lattices(latent, batch.inputs.windows)
    assert torch.allclose(found, batch.inputs.lattices, atol=1e-4)


def test_initial_correction_of_the_decoded_density_is_zero(
    network: Crystals, batch: Batch[MapInputs]
) -> None:
    sharp = torch.randn(2, 1, 30, 30, 30)
    assert not network.repair(batch.inputs.density, sharp).any()


def test_predicts_atomic_numbers_in_the_cube(network: Crystals, batch: Batch[MapInputs]) -> None:
    with torch.no_grad():
        found = network.eval()(batch.inputs)
    assert found.shape == (2, 1, 30, 30, 30)
    assert torch.equal(found, found.round())
    assert 0 <= float(found.min()) <= float(found.max()) <= 94
    with pytest.raises(UserError, match="multiple of 30"):
        network(MapInputs(torch.zeros(1, 1, 24, 24, 24)))


def test_every_part_of_the_autoencoder_has_a_gradient(
    network: Crystals, batch: Batch[MapInputs]
) -> None:
    with torch.no_grad():
        network.repair.out.weight.normal_()  # its initial zeros would stop the gradient
    for _ in range(4):  # a random choice: the true or the decoded density
        network.own_loss(batch.inputs, batch.true).backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert bool(torch.isfinite(weight.grad).all()), name
        assert bool(weight.grad.abs().sum() > 0), name


def test_the_loss_is_relative_to_the_squared_density(network: Crystals) -> None:
    """The loss does not become ten times larger with atoms three times as heavy."""
    config = network.config.model_copy(update={"divergence": 0.0})
    losses = []
    for number in (30, 90):
        sample = unit_cell_sample(rock_salt(number, number))
        batch = batch_of([sample])
        torch.manual_seed(1)
        fresh = build("crystals", config.model_dump()).eval()
        with torch.no_grad():
            fresh.unit_cells.decode.put(torch.zeros(343, OF_DENSITY), torch.zeros(343))
            losses.append(float(fresh.own_loss(batch.inputs, torch.zeros_like(batch.true))))
    assert losses[1] == pytest.approx(losses[0], rel=0.25)


def test_saved_weights_give_the_same_predictions(
    network: Crystals, batch: Batch[MapInputs], tmp_path: Path
) -> None:
    with torch.no_grad():
        network.initialise_from(
            [batch_of(scattered(40)).inputs, batch_of(scattered(40, True)).inputs]
        )
    card = ModelCard(
        name="small", network="crystals", config=network.config.model_dump(mode="json"),
        role="crystals", scales=CardScales(patterson=1, density=1),
        data=SeenData(cell_edges=(10, 10), d_min=(0.67, 0.67)),
    )  # fmt: skip
    save_weights(tmp_path / "small.safetensors", network.state_dict(), card)
    loaded, read = load_weights(tmp_path / "small.safetensors")
    assert read.role == "crystals"
    assert isinstance(loaded, Crystals)
    assert loaded.config == network.config
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value.half().to(value.dtype)), name
    assert torch.equal(loaded.functions, network.functions)
    with torch.no_grad():
        before, after = (n.eval().encode(batch.inputs) for n in (network, loaded))
        windows = batch.inputs.windows
        assert float((before - after).norm() / before.norm()) < 0.01
        error = loaded.decode(after, windows) - network.decode(before, windows)
        assert float(error.norm() / batch.inputs.density.norm()) < 0.01
