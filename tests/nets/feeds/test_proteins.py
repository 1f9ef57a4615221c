"""The feed of molecules: maps, rotations, cells, resolution, gaps and noise."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from patterson_gui.errors import UserError
from patterson_gui.io.training.setting_groups import Augmentation
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.molecules import (
    NEAREST_COPY,
    Molecules,
    nearest_copy,
    random_rotations,
    rotate_clear_of_copies,
)
from patterson_gui.nets.feeds.proteins import AUTO_MARGIN, ProteinFeed
from patterson_gui.nets.forward_model.grid import grid_for
from tests.nets.small_data import small_data

STILL = Augmentation(rotations=False)
SPACING = 0.8


@pytest.fixture(autouse=True)
def known_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data set has no file that could be hashed."""
    from patterson_gui.io.datasets.proteins import DataSet

    monkeypatch.setattr(DataSet, "sha256", "0" * 64)


def feed(augmentation: Augmentation = STILL, **asked) -> ProteinFeed:
    return ProteinFeed(small_data(**asked), augmentation, spacing=SPACING)


def first_batches(source: ProteinFeed, n: int = 4, seed: int = 0) -> list[Batch]:
    generator = torch.Generator().manual_seed(seed)
    return list(source.training(np.arange(n), n, generator))


def coordinates(data, i: int) -> tuple[Molecules, torch.Tensor]:
    positions, numbers = data.atoms(i)
    return (
        Molecules(torch.from_numpy(positions)[None], torch.from_numpy(numbers)[None]),
        torch.from_numpy(data.arrays.cell[i : i + 1]),
    )


def test_density_of_a_stored_example_equals_that_of_gemmi() -> None:
    import gemmi

    source = feed()
    batch = next(iter(source.validation(np.arange(1), 1)))
    example = source.data.example(int(source.rows["val"][0]))
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(*example.cell)
    structure.spacegroup_hm = "P 1"
    residue, chain, model = gemmi.Residue(), gemmi.Chain("A"), gemmi.Model(1)
    for position, number in zip(example.positions, example.numbers, strict=True):
        atom = gemmi.Atom()
        atom.element, atom.b_iso = gemmi.Element(int(number)), 20.0
        atom.pos = gemmi.Position(*(position + 6.0).tolist())
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    ours = torch.fft.rfftn(batch.true[0, 0] * source.scales.density).conj() * (
        12.0**3 / batch.true[0].numel()
    )
    for hkl in ((1, 0, 0), (0, 2, 1), (3, -2, 4)):
        theirs = calculator.calculate_sf_from_model(model, hkl)
        assert abs(complex(ours[hkl]) - theirs) < 2e-3 * abs(theirs) + 1e-2


def test_input_patterson_is_the_autocorrelation_of_the_density() -> None:
    source = feed()
    (batch,) = first_batches(source)
    spectrum = torch.fft.rfftn(batch.true * source.scales.density, dim=(-3, -2, -1))
    by_density = torch.fft.irfftn(spectrum.abs().square(), batch.true.shape[-3:])
    by_density *= 12.0**3 / batch.true[0].numel()
    given = batch.inputs.patterson * source.scales.patterson
    assert (given - by_density).abs().max() < 1e-4 * given.max()


def test_network_inputs_do_not_depend_on_the_true_phases() -> None:
    """An inverted molecule has the same |F| but other phases, and another density."""
    change = Augmentation(rotations=False, noise=0.1, missing=0.1)
    data, inverted = small_data(), small_data()
    inverted.arrays.positions[:] *= -1
    one, other = (
        first_batches(ProteinFeed(d, change, spacing=SPACING))[0] for d in (data, inverted)
    )
    assert (one.true - other.true).abs().max() > 0.1
    for name, value in vars(one.inputs).items():
        if value is not None:
            torch.testing.assert_close(
                vars(other.inputs)[name], value, rtol=1e-3, atol=1e-4, msg=name
            )


def test_scaled_values_lie_within_one() -> None:
    for batch in first_batches(feed()):
        assert batch.true.abs().max() <= 1
        assert batch.inputs.patterson.abs().max() <= 1


def test_rotations_are_proper_and_spread_over_all_directions() -> None:
    turns = random_rotations(4000, torch.Generator().manual_seed(0))
    identity = torch.eye(3).expand(4000, 3, 3)
    torch.testing.assert_close(turns @ turns.transpose(1, 2), identity, rtol=0, atol=1e-5)
    torch.testing.assert_close(torch.linalg.det(turns), torch.ones(4000), rtol=0, atol=1e-5)
    assert turns.mean(0).abs().max() < 0.05
    assert (turns[:, 0, 0].square().mean() - 1 / 3).abs() < 0.03


def test_a_rotated_example_keeps_its_hand() -> None:
    """A triple product changes its sign with the hand, and not with a rotation."""
    molecules, _ = coordinates(small_data(), 0)
    rotated = molecules.rotated(random_rotations(1, torch.Generator().manual_seed(2)))

    def handedness(m: Molecules) -> float:
        a, b, c = m.positions[0, 0], m.positions[0, 3], m.positions[0, 7]
        return float(torch.dot(a, torch.linalg.cross(b, c)))

    assert handedness(rotated) == pytest.approx(handedness(molecules), rel=1e-3)


def test_nearest_copy_equals_a_search_of_all_copies() -> None:
    data = small_data(cell=(9, 10, 11, 80, 95, 100))
    molecules, cells = coordinates(data, 2)
    import gemmi

    matrix = np.array(gemmi.UnitCell(*cells[0].tolist()).orth.mat.tolist())
    points = molecules.positions[0].numpy()
    by_hand = min(
        np.linalg.norm(p - q + matrix @ (np.array(step) - 1.0))
        for step in np.ndindex(3, 3, 3)
        if step != (1, 1, 1)
        for p in points
        for q in points
    )
    assert float(nearest_copy(molecules, cells)) == pytest.approx(by_hand, abs=1e-3)


def test_rotated_molecules_keep_their_distance_from_copies() -> None:
    data = small_data()
    molecules, cells = coordinates(data, 0)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        rotated = rotate_clear_of_copies(molecules, cells, generator)
        stays = torch.equal(rotated.positions, molecules.positions)
        assert stays or float(nearest_copy(rotated, cells)) >= NEAREST_COPY


@pytest.mark.parametrize(
    ("edges", "shape"), [((12, 12, 12), (24, 24, 24)), ((10, 7.3, 13.1), (20, 16, 30))]
)
def test_grids_are_fine_even_and_products_of_small_primes(edges, shape) -> None:
    assert grid_for(torch.tensor(edges, dtype=torch.float32), 0.5, 1) == shape


def test_an_automatic_cell_has_a_margin_around_the_molecule() -> None:
    source = feed(Augmentation(), cell=None, lengths=(2, 5))
    batches = first_batches(source, 12)
    edges = torch.cat([b.cells[:, :3] for b in batches])
    assert edges.min() > AUTO_MARGIN
    assert {len(set(map(tuple, b.cells.tolist()))) for b in batches} == {1}
    sizes = [b.true[0].numel() for b in list(source.training(np.arange(12), 3, _generator()))]
    assert sizes[-1] > 1.5 * sizes[0]  # molecules of similar size share a batch


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_each_batch_has_one_grid() -> None:
    data = small_data()
    data.arrays.cell[::2, :3] = 14.0
    source = ProteinFeed(data, STILL, spacing=SPACING)
    batches = first_batches(source, 8)
    assert sorted({b.true.shape[-1] for b in batches}) == [16, 18]
    assert sum(len(b) for b in batches) == 8


def test_resolution_and_b_are_drawn_from_their_ranges() -> None:
    source = feed(Augmentation(rotations=False, d_min=(2.5, 3.0), b_iso=(60.0, 80.0)))
    (batch,) = first_batches(source)
    (plain,) = first_batches(feed())
    kept = (batch.inputs.amplitudes > 0).flatten(1).sum(1)
    assert (kept < (plain.inputs.amplitudes > 0).flatten(1).sum(1)).all()
    assert len(set(kept.tolist())) > 1
    assert batch.true.abs().amax() < 0.8 * plain.true.abs().amax()


def test_missing_reflections_are_zero_and_marked() -> None:
    source = feed(Augmentation(rotations=False, missing=0.4))
    (batch,) = first_batches(source, 8)
    observed = batch.inputs.observed
    assert observed is not None
    assert not batch.inputs.amplitudes[~observed].any()
    missing = (~observed).float().flatten(1).mean(1)
    assert missing.max() > 0.02
    plane = observed[:, :, :, 0]
    mates = plane.flip(1, 2).roll((1, 1), (1, 2))
    assert torch.equal(plane, mates)


def test_noise_has_the_requested_size_and_leaves_the_density_unchanged() -> None:
    noisy, plain = (
        first_batches(feed(Augmentation(rotations=False, noise=level)), 9)[0]
        for level in (0.3, 0.0)
    )
    torch.testing.assert_close(noisy.true, plain.true)
    given = plain.inputs.amplitudes > 0
    relative = (noisy.inputs.amplitudes / plain.inputs.amplitudes - 1)[given]
    assert 0.08 < relative.std() < 0.25
    assert abs(float(relative.mean())) < 0.02


def test_the_same_seed_gives_the_same_batches() -> None:
    source = feed(Augmentation(noise=0.1))
    one, two, other = (first_batches(source, 4, seed)[0] for seed in (1, 1, 2))
    assert torch.equal(one.inputs.patterson, two.inputs.patterson)
    assert not torch.equal(one.inputs.patterson, other.inputs.patterson)


def test_the_card_describes_the_training_data() -> None:
    seen = feed(cell=None, lengths=(2, 4)).seen()
    assert seen.lengths == (2, 4)
    assert seen.orthogonal
    assert seen.cell_edges[0] < seen.cell_edges[1]
    assert seen.d_min == (2.0, 2.0)


def test_rejects_molecules_without_validation_examples() -> None:
    data = small_data()
    data.arrays.split[:] = 0
    with pytest.raises(UserError, match="split 'val'"):
        ProteinFeed(data, STILL, spacing=SPACING)


def _all(batches: Iterator[Batch]) -> int:
    return sum(len(b) for b in batches)


def test_every_chosen_example_comes_once() -> None:
    source = feed(Augmentation(), cell=None, lengths=(2, 5))
    assert _all(source.training(np.arange(source.n_training), 4, _generator())) == source.n_training
    assert _all(source.validation(np.arange(source.n_validation), 4)) == source.n_validation
