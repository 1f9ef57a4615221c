"""The feed of crystals, and a short training with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import gaussian_density, unit_cell_sample, window_sample
from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets.crystals import (
    MaterialDataSet,
    MaterialDataSetSettings,
    read_material_dataset,
)
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.training.model_cards import read_card
from patterson_gui.io.training.network_folders import find_model
from patterson_gui.io.training.run_folder import RunFolder, read_metrics, read_preview
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import MapInputs
from patterson_gui.nets.architectures.weights import load_weights
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.crystals import CrystalFeed, batch_of
from patterson_gui.nets.training.loop import train
from tests.crystal.example_materials import hematite, perovskite, rock_salt

SMALL = {"widths": (4, 6, 8), "repair": 8, "functions": 7, "divergence": 0.0}


def data_set(folder: Path, kind: str = "lattice", n: int = 10) -> MaterialDataSet:
    crystals = [
        rock_salt(
            17,
            z,
            4.5 + 0.12 * z % 1,
        )
        for z in range(11, 11 + n)
    ]
    crystals += [perovskite(3.8 + 0.02 * i) for i in range(3)] + [hematite()]
    splits = ["train"] * (len(crystals) - 4) + ["val"] * 4
    told = [
        replace(m, split=s, identifier=f"no-{i}")
        for i, (m, s) in enumerate(zip(crystals, splits, strict=True))
    ]
    write_materials(folder / "some.extxyz", told)
    settings = MaterialDataSetSettings.model_validate({"kind": kind})
    build_material_dataset([folder / "some.extxyz"], folder / "some.h5", settings)
    return read_material_dataset(folder / "some.h5")


def batches(source: CrystalFeed, chosen: list[int], seed: int = 0) -> list[Batch[MapInputs]]:
    generator = torch.Generator().manual_seed(seed)
    return list(source.training(np.array(chosen), 3, generator))


def test_a_lattice_data_set_gives_unit_cells_and_windows(tmp_path: Path) -> None:
    data = data_set(tmp_path)
    source = CrystalFeed(data)
    assert (source.n_training, source.n_validation) == (20, 8)
    first, second = batches(source, [0, 1, 2, 3])
    assert (len(first), len(second)) == (3, 1)
    windows = first.inputs.windows
    assert windows is not None
    assert windows.tolist() == [False, True, False]
    sample = unit_cell_sample(data.material(1))
    density = gaussian_density(sample.positions, sample.numbers)
    assert first.inputs.density[2, 0].numpy() == pytest.approx(density, abs=1e-4)
    assert first.inputs.lattices is not None
    assert first.inputs.lattices[2].numpy() == pytest.approx(sample.lattice, abs=1e-4)
    assert source.validation_name(1).endswith("no-10, window")
    assert source.validation_name(0).endswith("no-10")


def test_a_crystal_data_set_gives_unit_cells_only(tmp_path: Path) -> None:
    source = CrystalFeed(data_set(tmp_path, "crystal"))
    assert (source.n_training, source.n_validation) == (10, 4)
    (batch,) = batches(source, [0, 1])
    assert batch.inputs.windows is not None
    assert not batch.inputs.windows.any()


def test_windows_are_random_and_reproducible(tmp_path: Path) -> None:
    source = CrystalFeed(data_set(tmp_path))
    one, again, other = (batches(source, [1, 0], seed)[0].inputs for seed in (1, 1, 2))
    assert torch.equal(one.density, again.density)
    assert not torch.allclose(one.density[0], other.density[0], atol=0.1)
    assert torch.equal(one.density[1], other.density[1])  # unit cells are not rotated
    assert one.lattices is not None
    assert other.lattices is not None
    assert float(torch.linalg.det(one.lattices[0])) == pytest.approx(
        float(torch.linalg.det(other.lattices[0])), rel=1e-4
    )
    assert not torch.allclose(one.lattices[0], other.lattices[0], atol=0.1)


def test_validation_examples_are_always_the_same(tmp_path: Path) -> None:
    source = CrystalFeed(data_set(tmp_path))
    first, second = (list(source.validation(np.arange(8), 4)) for _ in range(2))
    assert [len(b) for b in first] == [4, 4]
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one.inputs.density, other.inputs.density)


def test_a_cell_larger_than_the_cube_gives_a_window(tmp_path: Path) -> None:
    wide = Material(
        np.array([[0.0, 0, 0], [12.0, 0, 0]]), np.array([11, 17]), 24 * np.eye(3),
        identifier="wide", split="train",
    )  # fmt: skip
    write_materials(tmp_path / "a.extxyz", [wide, replace(rock_salt(), split="val")])
    settings = MaterialDataSetSettings(kind="lattice")
    build_material_dataset([tmp_path / "a.extxyz"], tmp_path / "a.h5", settings)
    (batch,) = batches(CrystalFeed(read_material_dataset(tmp_path / "a.h5")), [0])
    assert batch.inputs.windows is not None
    assert batch.inputs.windows.tolist() == [True]


def test_labels_are_the_elements_at_the_atoms() -> None:
    sample = window_sample(hematite())
    batch = batch_of([sample])
    true = batch.true[0, 0].numpy()
    assert set(np.unique(true).tolist()) == {0, 8, 26}
    index = np.rint(sample.positions[sample.inside] * 3).astype(int)
    kept = (index < 30).all(1)
    numbers = sample.numbers[sample.inside][kept]
    assert true[tuple(index[kept].T)].tolist() == numbers.tolist()
    assert batch.cells.tolist() == [[10, 10, 10, 90, 90, 90]]


@pytest.mark.parametrize(("split", "lacking"), [("train", "val"), ("val", "train")])
def test_rejects_a_data_set_without_a_required_split(
    tmp_path: Path, split: str, lacking: str
) -> None:
    write_materials(tmp_path / "a.extxyz", [replace(rock_salt(), split=split)])
    build_material_dataset([tmp_path / "a.extxyz"], tmp_path / "a.h5", MaterialDataSetSettings())
    with pytest.raises(UserError, match=f"no crystal of the split '{lacking}'"):
        CrystalFeed(read_material_dataset(tmp_path / "a.h5"))


def settings(data: Path, output: Path, **changes: object) -> TrainingSettings:
    values: dict[str, object] = {
        "data": data, "output": output, "name": "little", "network": "crystals",
        "network_config": SMALL, "batch_size": 2, "epochs": 2, "validation_samples": 4,
        "learning_rate": 1e-2, "device": "cpu",
    }  # fmt: skip
    return TrainingSettings.model_validate(values | changes)


def test_trains_on_crystals_and_resumes_exactly(tmp_path: Path) -> None:
    data = data_set(tmp_path, n=5).path
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    finished = train(settings(data, whole))
    assert finished.reason == "epochs"
    records = read_metrics(RunFolder(whole).metrics)
    assert len(records) == 2
    assert records[-1].train_loss < 0.95 * records[0].train_loss
    card = read_card(RunFolder(whole).best)
    assert (card.role, card.network, card.data.kind) == ("crystals", "crystals", "lattice")
    assert card.data.cell_edges == (10, 10)
    network, _ = load_weights(RunFolder(whole).best)
    assert sum(p.numel() for p in network.parameters()) == card.parameters
    assert find_model(str(RunFolder(whole).best), role="crystals").name == "little"
    preview = read_preview(RunFolder(whole).preview)
    assert preview.true.shape == (30, 30, 30)
    assert preview.true.max() >= 20  # atomic numbers

    asked = iter(range(100))
    first = train(settings(data, parts), should_stop=lambda: next(asked) > 3)
    assert first.reason == "stopped"
    torch.manual_seed(99)  # the global random state must not matter
    assert train(settings(data, parts)).reason == "epochs"
    again = read_metrics(RunFolder(parts).metrics)
    assert [r.train_loss for r in again] == [r.train_loss for r in records]
    assert [r.val_loss for r in again] == [r.val_loss for r in records]
    best = (whole / "best.safetensors").read_bytes()
    assert (parts / "best.safetensors").read_bytes() == best
