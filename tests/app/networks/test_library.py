"""Removing networks of one's own, and their layers."""

from pathlib import Path

import pytest

from patterson_gui.app.networks.choices import ListedNetwork
from patterson_gui.app.networks.library import NetworkLibrary
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData, write_card
from patterson_gui.io.training.network_folders import own_models_folder
from patterson_gui.io.training.network_parts import NetworkPart
from tests.app.workbench_driver import WorkbenchDriver


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own networks"
    folder.mkdir()
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(folder))
    return folder


def kept(driver: WorkbenchDriver, name: str) -> ListedNetwork:
    """An own network of this name, as it is listed."""
    weights = own_models_folder() / f"{name}.safetensors"
    weights.write_bytes(b"")
    scales, seen = (
        CardScales(patterson=1.0, density=1.0),
        SeenData(cell_edges=(12.0, 12.0), d_min=(1.5, 1.5)),
    )
    write_card(weights, ModelCard(name=name, network="resunet1", scales=scales, data=seen))
    return listed(driver)[name]


def listed(driver: WorkbenchDriver) -> dict[str, ListedNetwork]:
    driver.workbench.networks.refresh()
    driver.wait_until_idle()
    return {network.card.name: network for network in driver.workbench.networks.listed}


def test_a_removed_network_is_gone_and_no_longer_asked_for(
    driver: WorkbenchDriver, folder: Path
) -> None:
    network = kept(driver, "mine")
    settings, library = driver.workbench.settings, driver.workbench.network_library
    settings.prediction.model = "mine"
    removed: list[str] = []
    library.removed.connect(removed.append)
    library.remove(network)
    driver.wait_until_idle()
    assert removed == ["mine"]
    assert settings.prediction.model is None
    assert list(folder.iterdir()) == []
    assert "mine" not in listed(driver)


def test_only_own_networks_can_be_removed(driver: WorkbenchDriver, folder: Path) -> None:
    shipped = listed(driver)["peptides"]
    assert "came with the program" in str(NetworkLibrary.why_kept(shipped))
    assert "Choose a network" in str(NetworkLibrary.why_kept(None))
    driver.workbench.network_library.remove(shipped)
    driver.wait_until_idle()
    assert "none of your own" in driver.errors()[0]
    assert "peptides" in listed(driver)


def test_a_network_in_the_place_of_a_shipped_one_gives_it_back(
    driver: WorkbenchDriver, folder: Path
) -> None:
    network = kept(driver, "peptides")
    assert network.own
    driver.workbench.network_library.remove(network)
    driver.wait_until_idle()
    assert not listed(driver)["peptides"].own


def no_trouble(card: ModelCard, sentence: str) -> None:
    raise AssertionError(sentence)


def test_layers_are_found_once(driver: WorkbenchDriver, folder: Path) -> None:
    network = kept(driver, "mine")
    found: list[tuple[str, tuple[NetworkPart, ...]]] = []
    for _ in range(2):
        driver.workbench.network_library.find_parts(
            network.card, lambda card, parts: found.append((card.name, parts)), no_trouble
        )
        driver.wait_until_idle()
    assert found[0] == found[1]
    assert found[0][0] == "mine"
    assert found[0][1][0].name == "resunet1"
