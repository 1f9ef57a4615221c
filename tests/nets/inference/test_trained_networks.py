"""Prediction with tiny untrained networks, and with one whose density is known."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest
import torch
from torch import Tensor

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import PredictionSettings, Problem
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, structure_factors
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.training.model_cards import (
    CardScales,
    ModelCard,
    SeenData,
    read_card,
    write_card,
)
from patterson_gui.nets.architectures.registry import Network, NetworkInputs, Scales, build
from patterson_gui.nets.architectures.weights import save_weights
from patterson_gui.nets.inference import batches
from patterson_gui.nets.inference import trained_networks as prediction
from patterson_gui.nets.inference.prepare_data import prepare, stack_data
from patterson_gui.nets.inference.trained_networks import TrainedNetworks

CONTENT = Composition({"C": 6, "N": 2, "O": 3})
SEEN = SeenData(
    cell_edges=(10.0, 12.0), d_min=(1.5, 1.5), spacing=0.5, volume_per_atom=(70.0, 200.0)
)
SETTINGS = PredictionSettings(method="network", device="cpu")


class ZeroPhases(Network):
    """Predicts phases of zero, so that its density is known."""

    multiple = 2

    def forward(self, inputs: NetworkInputs) -> Tensor:
        return torch.fft.irfftn(
            inputs.amplitudes.to(torch.complex64), s=inputs.shape, dim=(1, 2, 3)
        )[:, None]


class KeepsInputs(ZeroPhases):
    """Keeps its inputs."""

    given: NetworkInputs

    def forward(self, inputs: NetworkInputs) -> Tensor:
        self.given = inputs
        return super().forward(inputs)


class KnownHandedness(ZeroPhases):
    """Its log odds are the scaled density at one grid point."""

    def handedness(self, density: Tensor, cells: Tensor) -> Tensor:
        return density[:, 0, 3, 5, 7]


class LimitedMemory(ZeroPhases):
    """Runs out of memory with more than two crystals."""

    asked: list[int]

    def forward(self, inputs: NetworkInputs) -> Tensor:
        self.asked.append(len(inputs.patterson))
        if len(inputs.patterson) > 2:
            raise torch.OutOfMemoryError("no room")
        return super().forward(inputs)


def save(
    folder: Path, name: str, seen: SeenData = SEEN, accuracy: float = 0.5, **config: int
) -> Path:
    network = build("resunet1", {"narrow": 2, "wide": 3, "blocks": 1, **config})
    card = ModelCard(
        name=name,
        network="resunet1",
        config=network.config.model_dump(),
        scales=CardScales(patterson=60.0, density=4.0),
        data=seen,
        metrics={"val_r_median": accuracy},
    )
    path = folder / f"{name}.safetensors"
    save_weights(path, network.state_dict(), card)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("networks")
    torch.manual_seed(0)
    save(path, "small")
    return path


@pytest.fixture
def networks(folder: Path) -> TrainedNetworks:
    return TrainedNetworks([folder])


def amplitudes(
    cell: gemmi.UnitCell | None = None, d_min: float = 1.5, seed: int = 0, group: str = "P 1"
) -> Amplitudes:
    cell = cell or gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    spacegroup = gemmi.SpaceGroup(group)
    hkl = unique_reflections(cell, spacegroup, d_min)
    f = np.random.default_rng(seed).rayleigh(10.0, len(hkl)).astype(np.float32)
    return Amplitudes(hkl, f, cell, spacegroup, absolute=True)


def oracle(monkeypatch: pytest.MonkeyPatch, network: Network, seen: SeenData = SEEN) -> None:
    """Load `network` for any name of weights."""
    scales = CardScales(patterson=60.0, density=4.0)
    card = ModelCard(name="small", network="oracle", scales=scales, data=seen)
    monkeypatch.setattr(prediction, "load_weights", lambda path: (network, card))


def test_density_is_the_output_of_the_network_in_electrons(
    networks: TrainedNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle(monkeypatch, ZeroPhases())
    data = amplitudes(gemmi.UnitCell(10, 11, 12, 90, 90, 90))
    [answer] = networks.predict_many([Problem(data, CONTENT)], "small", SETTINGS)
    expected = map_from_terms(data.hkl, data.f, data.cell, answer.density.shape)
    assert answer.density.grid == pytest.approx(expected, abs=1e-4)
    assert np.abs((answer.phases_deg + 180) % 360 - 180).max() < 0.1
    assert answer.r_factor < 1e-4
    assert answer.self_consistency == pytest.approx(1.0, abs=1e-5)
    assert answer.network == "small"


def test_prediction_has_the_resolution_of_the_data(
    networks: TrainedNetworks,
) -> None:
    [answer] = networks.predict_many([Problem(amplitudes(), CONTENT)], "small", SETTINGS)
    assert np.isfinite(answer.density.grid).all()
    assert answer.density.grid.std() > 0
    assert abs(float(answer.density.grid.mean())) < 1e-5
    beyond = unique_reflections(answer.density.cell, p1(), 1.3)
    f = coefficients_from_map(answer.density.grid, answer.density.cell, beyond)
    finer = np.asarray(answer.density.cell.calculate_d_array(beyond)) < 1.499
    assert np.abs(f[finer]).max() < 1e-3 * np.abs(f).max()


def test_a_batch_gives_the_same_as_single_crystals(networks: TrainedNetworks) -> None:
    small = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    problems = [Problem(amplitudes(seed=1), CONTENT), Problem(amplitudes(small), CONTENT)]
    problems.append(Problem(amplitudes(seed=2), CONTENT))
    together = networks.predict_many(problems, "small", SETTINGS)
    for problem, answer in zip(problems, together, strict=True):
        [alone] = networks.predict_many([problem], "small", SETTINGS)
        assert answer.density.grid == pytest.approx(alone.density.grid, abs=1e-5)
        assert answer.amplitudes.cell.a == problem.amplitudes.cell.a


def test_out_of_memory_halves_the_batch(
    networks: TrainedNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = LimitedMemory()
    network.asked = []
    oracle(monkeypatch, network)
    problems = [Problem(amplitudes(seed=i), CONTENT) for i in range(5)]
    answers = networks.predict_many(problems, "small", SETTINGS)
    assert network.asked == [5, 2, 2, 1]  # the batch of 5 fails; then batches of 2
    for problem, answer in zip(problems, answers, strict=True):
        data = problem.amplitudes
        expected = map_from_terms(data.hkl, data.f, data.cell, answer.density.shape)
        assert answer.density.grid == pytest.approx(expected, abs=1e-4)


def test_goes_on_on_the_cpu_when_the_gpu_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "describe", lambda device: device.type)
    data = amplitudes()
    measured = stack_data([prepare(Problem(data, CONTENT), SETTINGS, _card())], (24, 24, 24))
    scales = Scales(patterson=60.0, density=4.0)
    expected = batches.infer(ZeroPhases(), scales, measured, torch.device("cpu"))
    moved: list[str] = []

    def lost(device: torch.device, network: Network) -> Network:
        moved.append(device.type)
        if device.type != "cpu":
            raise torch.AcceleratorError("CUDA error: device lost")
        return network

    monkeypatch.setattr(batches, "_on", lost)
    found = batches.infer(ZeroPhases(), scales, measured, torch.device("meta"))
    assert moved == ["meta"]
    assert found.device == "cpu, because meta stopped working"
    assert torch.equal(found.densities, expected.densities)


def _card() -> ModelCard:
    scales = CardScales(patterson=60.0, density=4.0)
    return ModelCard(name="small", network="oracle", scales=scales, data=SEEN)


def test_prediction_can_be_cancelled(networks: TrainedNetworks) -> None:
    with pytest.raises(Cancelled):
        networks.predict_many(
            [Problem(amplitudes(), CONTENT)], "small", SETTINGS, lambda progress: None, lambda: True
        )


def test_measured_data_are_put_on_absolute_scale(
    networks: TrainedNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle(monkeypatch, ZeroPhases())
    rng = np.random.default_rng(1)
    elements = tuple("CCCCCCNNOOO")
    atoms = Scatterers(elements, rng.uniform(0.2, 0.8, (11, 3)), np.full(11, 20.0), np.ones(11))
    cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    data = structure_factors(atoms, cell, p1(), 1.5).amplitudes()
    measured = replace(data, f=data.f * np.float32(0.02), absolute=False)
    problems = [Problem(data, CONTENT), Problem(measured, CONTENT)]
    absolute, scaled = networks.predict_many(problems, "small", SETTINGS)
    ratio = scaled.density.grid.std() / absolute.density.grid.std()
    assert ratio == pytest.approx(1.0, abs=0.25)  # the accuracy of a Wilson plot of few atoms
    assert any("absolute scale" in note for note in scaled.notes)
    assert scaled.amplitudes.f == pytest.approx(measured.f)  # as measured, not scaled


def test_data_are_cut_to_the_resolution_of_the_network(networks: TrainedNetworks) -> None:
    [answer] = networks.predict_many([Problem(amplitudes(d_min=1.2), CONTENT)], "small", SETTINGS)
    assert answer.amplitudes.d_min >= 1.5
    assert any("1.50 Å" in note for note in answer.notes)


def test_missing_terms_differ_from_terms_beyond_the_resolution(
    networks: TrainedNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = KeepsInputs()
    oracle(monkeypatch, network)
    data = amplitudes()
    missing = (data.hkl == [1, 2, 3]).all(axis=1)
    assert missing.sum() == 1
    networks.predict_many([Problem(data.select(~missing), CONTENT)], "small", SETTINGS)
    observed = network.given.observed[0].numpy()
    assert not observed[1, 2, 3]
    assert observed.sum() == observed.size - 1  # (−1, −2, −3) is not stored
    assert network.given.amplitudes[0, 1, 2, 3] == 0
    assert network.given.cells.tolist() == [[12, 12, 12, 90, 90, 90]]


def test_the_hand_is_determined_from_measured_amplitudes_and_found_phases(
    networks: TrainedNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle(monkeypatch, KnownHandedness())
    data = amplitudes(d_min=1.3)
    [found] = networks.predict_many([Problem(data, CONTENT)], "small", SETTINGS)
    phases = np.random.default_rng(3).uniform(0, 360, len(data)).astype(np.float32)
    phased = replace(found, amplitudes=data, phases_deg=phases)
    [odds] = networks.handedness([Problem(data, CONTENT)], [phased], "small", SETTINGS)
    seen = data.d >= 1.5 - 1e-6
    terms = data.f[seen] * np.exp(1j * np.radians(phases[seen]))
    expected = map_from_terms(data.hkl[seen], terms, data.cell, (24, 24, 24)) / 4.0
    assert odds == pytest.approx(expected[3, 5, 7], abs=1e-4)


def test_no_log_odds_from_a_network_without_handedness(networks: TrainedNetworks) -> None:
    problem = Problem(amplitudes(), CONTENT)
    [found] = networks.predict_many([problem], "small", SETTINGS)
    assert networks.handedness([problem], [found], "small", SETTINGS) == [None]


def test_symmetry_is_expanded_with_a_note(networks: TrainedNetworks) -> None:
    data = amplitudes(group="P 21 21 21")
    choice = networks.choose(data, CONTENT, SETTINGS)
    assert choice.model == "small"  # the user asked for a network
    [answer] = networks.predict_many([Problem(data, CONTENT)], "small", SETTINGS)
    assert len(answer.amplitudes) == len(data.expand_to_p1())
    assert any("not seen this symmetry" in note for note in answer.notes)
    by_itself = networks.choose(data, CONTENT, replace(SETTINGS, method="auto"))
    assert by_itself.model is None
    assert "P 21 21 21" in by_itself.sentence


@pytest.mark.parametrize(
    ("data", "content", "said"),
    [
        (amplitudes(gemmi.UnitCell(12, 12, 30, 90, 90, 90)), CONTENT, "12 × 12 × 30 Å"),
        (amplitudes(gemmi.UnitCell(12, 12, 12, 90, 70, 90)), CONTENT, "right angles"),
        (amplitudes(d_min=2.5), CONTENT, "end at 2.5"),
        (amplitudes(), Composition({"C": 200}), "Å³ to each atom"),
        (replace(amplitudes(), absolute=False), None, "absolute scale"),
    ],
)
def test_unsuitable_data_are_rejected_with_the_covered_range(
    networks: TrainedNetworks, data: Amplitudes, content: Composition | None, said: str
) -> None:
    choice = networks.choose(data, content, SETTINGS)
    assert choice.model is None
    assert said in choice.sentence
    assert "10–12 Å to 1.5 Å resolution" in choice.sentence  # what is covered
    assert "retrieval" in choice.sentence  # what to do


def test_chooses_the_most_specific_suitable_weights(tmp_path: Path) -> None:
    save(tmp_path, "crowded", SEEN.model_copy(update={"volume_per_atom": (60.0, 100.0)}))
    save(tmp_path, "general", SEEN.model_copy(update={"cell_edges": (9.0, 30.0)}))
    save(tmp_path, "roomy", SEEN.model_copy(update={"volume_per_atom": (120.0, 200.0)}))
    networks = TrainedNetworks([tmp_path])
    assert networks.choose(amplitudes(), CONTENT, SETTINGS).model == "roomy"
    many = Composition({"C": 20})
    assert networks.choose(amplitudes(), many, SETTINGS).model == "crowded"
    large = amplitudes(gemmi.UnitCell(12, 12, 14, 90, 90, 90))
    assert networks.choose(large, CONTENT, SETTINGS).model == "general"


def test_prefers_an_accurate_network_to_a_narrow_one_that_is_not(tmp_path: Path) -> None:
    wide = SEEN.model_copy(update={"cell_edges": (9.0, 30.0)})
    save(tmp_path, "untrained", accuracy=0.012)
    save(tmp_path, "trained", wide, accuracy=0.62)
    choice = TrainedNetworks([tmp_path]).choose(amplitudes(), CONTENT, SETTINGS)
    assert choice.model == "trained"


def test_rejects_an_unknown_name_and_lists_the_known_ones(
    networks: TrainedNetworks,
) -> None:
    with pytest.raises(UserError, match=r"no trained network called 'large'.*small"):
        networks.choose(amplitudes(), CONTENT, replace(SETTINGS, model="large"))


def test_weights_can_be_named_by_their_file(tmp_path: Path) -> None:
    path = save(tmp_path, "own")
    networks = TrainedNetworks([])
    settings = replace(SETTINGS, model=str(path))
    choice = networks.choose(amplitudes(), CONTENT, settings)
    assert choice.model == str(path)
    [answer] = networks.predict_many([Problem(amplitudes(), CONTENT)], choice.model, settings)
    assert answer.network == "own"


def test_rejects_weights_that_differ_from_their_card(tmp_path: Path) -> None:
    path = save(tmp_path, "own")
    card = read_card(path)
    write_card(path, card.model_copy(update={"weights_sha256": "0" * 64}))
    with pytest.raises(UserError, match="hash differs"):
        TrainedNetworks([tmp_path]).predict_many([Problem(amplitudes(), CONTENT)], "own", SETTINGS)


def test_says_that_there_are_no_weights() -> None:
    choice = TrainedNetworks([]).choose(amplitudes(), CONTENT, SETTINGS)
    assert choice.model is None
    assert "no trained network here" in choice.sentence


def test_a_hopeless_network_is_used_only_where_the_user_names_it(tmp_path: Path) -> None:
    save(tmp_path, "untrained", accuracy=0.012)
    networks = TrainedNetworks([tmp_path])
    choice = networks.choose(amplitudes(), CONTENT, SETTINGS)
    assert choice.model is None
    assert "hardly better than chance on unseen structures (median r 0.01)" in choice.sentence
    named = networks.choose(amplitudes(), CONTENT, replace(SETTINGS, model="untrained"))
    assert named.model == "untrained"
    assert named.warning.startswith(
        "Expect nothing of the network 'untrained': it was hardly better than chance"
    )


def test_a_network_whose_architecture_is_not_installed_is_not_chosen(tmp_path: Path) -> None:
    path = save(tmp_path, "other", accuracy=0.99)
    write_card(path, read_card(path).model_copy(update={"network": "of another package"}))
    networks = TrainedNetworks([tmp_path])
    choice = networks.choose(amplitudes(), CONTENT, SETTINGS)
    assert choice.model is None
    assert "its architecture of another package is not installed" in choice.sentence
    save(tmp_path, "small")
    assert TrainedNetworks([tmp_path]).choose(amplitudes(), CONTENT, SETTINGS).model == "small"
