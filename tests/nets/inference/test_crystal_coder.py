"""Encoding and decoding with the supplied weights; decoding gets the latent only."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import (
    SampleKind,
    gaussian_density,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.latent import DIMENSIONS, Decoded, Latent, between
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
from patterson_gui.nets.architectures.crystal_autoencoder import OF_DENSITY, OF_LATTICE
from patterson_gui.nets.architectures.registry import build
from patterson_gui.nets.architectures.weights import save_weights
from patterson_gui.nets.feeds.crystals import batch_of
from patterson_gui.nets.inference.crystal_coder import NetworkCoder, load_coder
from tests.crystal.example_materials import hematite, perovskite, rock_salt
from tests.nets.atom_distance import farthest

Known = Callable[[str], Material]

# Silicon, a double perovskite, a phosphate of 34 atoms, a nitride, an alloy, a spinel of 28.
SOME = ("mp-27", "mp-14226", "mp-504346", "mp-989564", "mp-1188336", "mp-1226582")


def reads_the_same(one: Decoded, other: Decoded) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in (
            (one.density, other.density),
            (one.sample.positions, other.sample.positions),
            (one.sample.numbers, other.sample.numbers),
            (one.material.lattice, other.material.lattice),
        )
    )


@pytest.mark.parametrize("identifier", SOME)
def test_all_atoms_of_a_known_unit_cell_are_recovered(
    coder: NetworkCoder, known: Known, identifier: str
) -> None:
    material = known(identifier)
    sample = unit_cell_sample(material)
    answer = coder.decode(coder.encode(material))
    assert farthest(sample, answer.sample) < 0.05
    density = gaussian_density(sample.positions, sample.numbers)
    assert float(((answer.density - density) ** 2).mean()) < 0.006
    assert answer.explained > 0.98
    assert answer.material.lattice == pytest.approx(material.lattice, abs=1e-3)
    assert answer.material.formula == material.formula


@pytest.mark.parametrize("identifier", ["mp-27", "mp-14226", "mp-1120820"])
def test_all_atoms_of_a_window_are_recovered(
    window_coder: NetworkCoder, known: Known, rng: np.random.Generator, identifier: str
) -> None:
    material = known(identifier)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    for sample in (window_sample(material), window_sample(material, turn, rng.random(3))):
        answer = window_coder.decode(window_coder.encode_sample(sample))
        assert farthest(sample, answer.sample) < 0.05
        assert answer.material.lattice == pytest.approx(sample.lattice, abs=1e-3)
        assert answer.material.formula == material.formula


@pytest.mark.parametrize("material", [rock_salt(), perovskite(), hematite()])
def test_made_up_crystals_are_recovered(coder: NetworkCoder, material: Material) -> None:
    answer = coder.decode(coder.encode(material))
    assert farthest(unit_cell_sample(material), answer.sample) < 0.05
    assert answer.material.formula == material.formula


def test_the_choice_of_origin_does_not_change_the_latent(
    coder: NetworkCoder, known: Known, rng: np.random.Generator
) -> None:
    material = known("mp-504346")
    assert material.lattice is not None
    moved = rng.integers(-2, 3, (len(material), 3)) @ material.lattice + rng.normal(size=3)
    other = replace(material, positions=material.positions + moved)
    one, two = coder.encode(material).vector, coder.encode(other).vector
    assert np.abs(one - two).max() < 1e-3


def test_decoding_uses_the_latent_only(coder: NetworkCoder, known: Known) -> None:
    """A new coder decodes each vector under the name of the other crystal."""
    materials = [known("mp-27"), known("mp-989564")]
    latents = [coder.encode(m) for m in materials]
    stranger = NetworkCoder(coder.network, coder.card, "crystal")
    swapped = [
        stranger.decode(
            Latent(latents[1 - i].vector.copy(), "crystal", coder.name, latents[i].name)
        )
        for i in (0, 1)
    ]
    for i in (0, 1):
        assert reads_the_same(swapped[i], coder.decode(latents[1 - i]))
        assert swapped[i].material.formula == materials[1 - i].formula
        assert materials[i].label in swapped[i].material.name  # the latent has this name


def test_decoding_in_several_threads_gives_the_same(coder: NetworkCoder, known: Known) -> None:
    latents = [coder.encode(known(name)) for name in SOME[:4]]
    alone = [coder.decode(latent) for latent in latents]
    together: dict[int, Decoded] = {}

    def decode(i: int) -> None:
        together[i] = coder.decode(latents[i])

    threads = [threading.Thread(target=decode, args=(i,)) for i in range(len(latents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(reads_the_same(together[i], alone[i]) for i in range(len(latents)))


# ---------------------------------------------------------------- the encoder


def test_the_latent_is_the_sum_over_the_atoms(
    coder: NetworkCoder, rng: np.random.Generator
) -> None:
    lattice = 6 * np.eye(3)
    positions, numbers = 2 + 6 * rng.random((5, 3)), np.array([8, 26, 1, 82, 14])

    def density_part(which: slice) -> NDArray[np.float64]:
        density = gaussian_density(positions[which], numbers[which])
        return coder.encode_density(density, lattice).vector[:OF_DENSITY].astype(np.float64)

    nothing = density_part(slice(0))
    one_by_one = sum((density_part(slice(i, i + 1)) - nothing) for i in range(5))
    assert density_part(slice(5)) - nothing == pytest.approx(one_by_one, abs=2e-4)


@pytest.mark.parametrize("kind", ["crystal", "lattice"])
def test_encoding_equals_that_of_the_network_in_training(
    coder: NetworkCoder, window_coder: NetworkCoder, known: Known, kind: SampleKind
) -> None:
    mine = coder if kind == "crystal" else window_coder
    samples = [
        unit_cell_sample(known(name)) if kind == "crystal" else window_sample(known(name))
        for name in SOME[:3]
    ]
    with torch.no_grad():
        theirs = mine.network.encode(batch_of(samples).inputs).numpy()
    for sample, vector in zip(samples, theirs, strict=True):
        assert mine.encode_sample(sample).vector == pytest.approx(vector, abs=5e-3)


def test_only_the_last_nine_numbers_depend_on_the_lattice(
    coder: NetworkCoder, known: Known
) -> None:
    sample = unit_cell_sample(known("mp-27"))
    density = gaussian_density(sample.positions, sample.numbers)
    lattice = np.array([[3.0, 0, 0], [0.5, 7.0, 0], [-1.0, 0.25, 9.5]])
    one, two = coder.encode_density(density, lattice), coder.encode_density(density, np.eye(3))
    assert OF_LATTICE == 9
    assert np.array_equal(one.vector[:-9], two.vector[:-9])
    assert coder.lattice_of(one) == pytest.approx(lattice, abs=1e-5)
    assert np.array_equal(coder.decode_density(one), coder.decode_density(two))


def test_encoding_a_decoded_density_gives_nearly_the_latent(
    coder: NetworkCoder, known: Known
) -> None:
    """Distances are those of densities, relative to the distance of two crystals."""
    one, other = (coder.encode(known(name)) for name in ("mp-504346", "mp-14226"))
    again = coder.encode_density(coder.decode_density(one), coder.lattice_of(one))

    def apart(a: Latent, b: Latent) -> float:
        return float(np.linalg.norm(coder.metric * (a.vector - b.vector)))

    assert apart(one, again) < 0.05 * apart(one, other)
    assert again.vector[-9:] == pytest.approx(one.vector[-9:], abs=1e-5)


@pytest.mark.parametrize("direction", [0, 17, 290])
def test_the_metric_is_the_rms_change_of_the_linear_density(
    window_coder: NetworkCoder, direction: int
) -> None:
    network = window_coder.network
    repair, network.repair = network.repair, torch.nn.Module()
    network.repair.forward = lambda density, sharp: torch.zeros_like(density)  # type: ignore[method-assign]
    try:
        steps = torch.zeros(2, DIMENSIONS)
        steps[1, direction] = 1.0
        with torch.no_grad():
            here, there = network.decode(steps, torch.ones(2, dtype=torch.bool)).double()
    finally:
        network.repair = repair
    rms = float((there - here).square().mean().sqrt())
    assert window_coder.metric[direction] == pytest.approx(rms, rel=1e-3)
    assert not window_coder.metric[-OF_LATTICE:].any()


def test_crystals_that_cannot_be_encoded_give_rows_of_nan(coder: NetworkCoder) -> None:
    wide = Material(np.array([[0.0, 0, 0], [12.0, 0, 0]]), np.array([11, 17]), 24 * np.eye(3))
    shares: list[float] = []
    vectors = coder.encode_many([rock_salt(), wide, perovskite()], shares.append)
    assert np.isnan(vectors).all(1).tolist() == [False, True, False]
    assert np.array_equal(vectors[2], coder.encode(perovskite()).vector)
    assert shares == [0.0]
    with pytest.raises(Cancelled):
        coder.encode_many([rock_salt()], cancelled=lambda: True)


@pytest.mark.parametrize(
    ("material", "why"),
    [
        (replace(rock_salt(), positions=np.zeros((0, 3)), numbers=np.zeros(0, np.int64)),
         "no atoms"),
        (rock_salt(cation=95), "beyond plutonium"),
        (replace(rock_salt(), lattice=None), "no lattice"),
        (Material(np.array([[0.0, 0, 0], [12.0, 0, 0]]), np.array([1, 1]), 24 * np.eye(3)),
         "does not fit"),
    ],
)  # fmt: skip
def test_rejects_crystals_without_atoms_or_with_unknown_elements(
    coder: NetworkCoder, material: Material, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        coder.encode(material)


def test_rejects_latents_of_another_network_or_kind(
    coder: NetworkCoder, window_coder: NetworkCoder
) -> None:
    latent = coder.encode(rock_salt())
    for foreign in (replace(latent, network="elsewhere"), window_coder.encode(rock_salt())):
        for call in (
            coder.decode,
            coder.decode_density,
            lambda z: coder.sample(0, around=z),
        ):
            with pytest.raises(UserError, match="cannot be decoded by"):
                call(foreign)
    with pytest.raises(UserError, match="lattice sample cannot be encoded as a crystal"):
        coder.encode_sample(window_sample(rock_salt()))


# ---------------------------------------------------------------- latents of no crystal


def test_samples_are_standard_normal_and_reproducible(coder: NetworkCoder) -> None:
    drawn = np.stack([coder.sample(i).vector for i in range(200)])
    assert np.abs(drawn.mean(0)).max() < 0.35
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert np.array_equal(coder.sample(7).vector, drawn[7])
    assert coder.sample(7, 0.5).vector == pytest.approx(0.5 * drawn[7], abs=1e-6)
    assert not coder.sample(7).encoded


def test_samples_around_a_crystal_are_nearest_to_it(coder: NetworkCoder) -> None:
    salt, other = coder.encode(rock_salt()), coder.encode(perovskite())
    near = [coder.sample(i, around=salt) for i in range(20)]
    for latent in near:
        step = np.linalg.norm(latent.vector - salt.vector)
        assert 0 < step < np.linalg.norm(latent.vector - other.vector)
    spread = np.std([latent.vector - salt.vector for latent in near])
    wider = coder.sample(0, 2.0, salt).vector - salt.vector
    assert wider == pytest.approx(2 * (near[0].vector - salt.vector), abs=1e-5)
    assert 0.1 < spread < 0.2
    assert "NaCl" in near[0].name


def test_decoded_samples_have_no_overlapping_atoms(
    coder: NetworkCoder, window_coder: NetworkCoder, known: Known
) -> None:
    one, other = coder.encode(known("mp-27")), coder.encode(known("mp-14226"))
    for latent in (coder.sample(1), coder.sample(2, around=one), between(one, other, 0.5)):
        answer = coder.decode(latent)
        assert len(answer.material) > 0
        assert min(pdist(answer.sample.positions), default=9.0) > 1.0
        assert nearest_copy(answer.material) > 1.0
        assert 0.5 < answer.explained <= 1
    windows = [window_coder.encode(rock_salt(edge=edge)) for edge in (5.4, 5.9)]
    answer = window_coder.decode(between(*windows, 0.5))
    assert nearest_copy(answer.material) > 1.0
    assert 0 <= answer.explained <= 1


def nearest_copy(material: Material) -> float:
    """The shortest distance, Å, between two atoms of the crystal, by brute force over copies."""
    assert material.lattice is not None
    steps = (np.array(list(np.ndindex(5, 5, 5))) - 2) @ material.lattice
    apart = np.linalg.norm(
        material.positions[:, None, None] - material.positions[:, None] - steps, axis=-1
    )
    apart[np.arange(len(material)), np.arange(len(material))] = np.inf
    return float(apart.min())


@pytest.mark.parametrize("size", [0.0, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("kind", ["crystal", "lattice"])
def test_any_vector_can_be_decoded(
    coder: NetworkCoder,
    window_coder: NetworkCoder,
    rng: np.random.Generator,
    kind: SampleKind,
    size: float,
) -> None:
    mine = coder if kind == "crystal" else window_coder
    vector = (size * rng.standard_normal(DIMENSIONS)).astype(np.float32)
    answer = mine.decode(Latent(vector, kind, mine.name, encoded=False))
    assert np.isfinite(answer.density).all()
    assert (answer.density >= 0).all()
    assert np.isfinite(answer.sample.positions).all()
    assert 0 <= answer.explained <= 1


# ---------------------------------------------------------------- weights


def test_the_users_network_precedes_the_programs_unless_named(
    tmp_path: Path, coder: NetworkCoder
) -> None:
    shipped = resources_folder() / "models"
    torch.manual_seed(0)
    network = build("crystals", {"widths": (4, 4, 4), "repair": 8, "functions": 7})
    card = ModelCard(
        name="mine", network="crystals", config=network.config.model_dump(), role="crystals",
        scales=CardScales(patterson=1, density=1),
        data=SeenData(cell_edges=(10, 10), d_min=(0.67, 0.67)),
    )  # fmt: skip
    save_weights(tmp_path / "mine.safetensors", network.state_dict(), card)
    folders = [tmp_path, shipped]
    assert load_coder("crystal", folders=folders).name == "mine"
    assert load_coder("lattice", coder.name, folders).name == coder.name
    assert load_coder("crystal", str(tmp_path / "mine.safetensors")).name == "mine"


def test_says_what_to_do_without_a_crystal_network(tmp_path: Path) -> None:
    shipped = resources_folder() / "models"
    with pytest.raises(UserError, match="no trained network for crystals here: train one"):
        load_coder("crystal", folders=[tmp_path])
    with pytest.raises(UserError, match="predicting densities, not for encoding crystals"):
        load_coder("crystal", str(shipped / "peptides.safetensors"))
    with pytest.raises(UserError, match="no trained network called 'peptides'"):
        load_coder("crystal", "peptides", [shipped])
