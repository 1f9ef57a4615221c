"""The choice of the feed for a data set and a network."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.architectures.registry import build
from patterson_gui.nets.feeds.base import Feed
from patterson_gui.nets.feeds.crystals import CrystalFeed
from patterson_gui.nets.feeds.organic import OrganicFeed
from patterson_gui.nets.feeds.proteins import ProteinFeed
from patterson_gui.nets.feeds.select import feed_for, refuse_coarse_grid
from tests.crystal.example_materials import perovskite, rock_salt
from tests.nets.tiny_dataset import write_tiny_dataset

CONFIGS = {
    "resunet1": {"narrow": 2, "wide": 2, "blocks": 1},
    "crystals": {"widths": (4, 4, 4), "repair": 8, "functions": 7},
    "organic": {"widths": (8, 8, 8)},
}


@pytest.fixture
def crystals(tmp_path: Path) -> Path:
    told = [replace(rock_salt(), split="train"), replace(perovskite(), split="val")]
    write_materials(tmp_path / "a.extxyz", told)
    build_material_dataset(
        [tmp_path / "a.extxyz"], tmp_path / "crystals.h5", MaterialDataSetSettings()
    )
    return tmp_path / "crystals.h5"


@pytest.fixture
def molecules(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "molecules.h5")


def feed(data: Path, network: str) -> Feed:
    settings = TrainingSettings(data=data, output=data.parent / "run", network=network)
    made = build(network, CONFIGS[network])
    return feed_for(settings, made, None, torch.device("cpu"))


def test_each_network_gets_its_feed(crystals: Path, molecules: Path) -> None:
    assert isinstance(feed(crystals, "crystals"), CrystalFeed)
    assert isinstance(feed(molecules, "resunet1"), ProteinFeed)
    assert isinstance(feed(molecules, "organic"), OrganicFeed)


@pytest.mark.parametrize("network", ["resunet1", "organic"])
def test_rejects_crystals_for_a_network_for_molecules(crystals: Path, network: str) -> None:
    with pytest.raises(UserError, match=r"cannot learn from crystals\.h5: .* of molecules"):
        feed(crystals, network)


def test_rejects_molecules_for_a_network_for_crystals(molecules: Path) -> None:
    with pytest.raises(UserError) as error:
        feed(molecules, "crystals")
    assert str(error.value) == (
        "The network 'crystals' is for encoding crystals and cannot learn from molecules.h5: "
        "choose a data set of crystals (--kind crystal or lattice), or another network."
    )


def test_rejects_a_file_that_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "notes.h5").write_text("not HDF5")
    for network in CONFIGS:
        with pytest.raises(UserError, match=r"notes\.h5"):
            feed(tmp_path / "notes.h5", network)


@pytest.mark.parametrize(("spacing", "refused"), [(0.5, False), (1.0, True), (1.2, True)])
def test_rejects_a_grid_too_coarse_for_the_data(spacing: float, refused: bool) -> None:
    settings = TrainingSettings(data=Path("a.h5"), output=Path("run"), spacing=spacing)
    if not refused:
        refuse_coarse_grid(settings, 2.0)
        return
    with pytest.raises(UserError, match="cannot show data to 2 Å"):
        refuse_coarse_grid(settings, 2.0)
