"""The list of trained networks, and which of them suit the open data."""

from dataclasses import replace
from pathlib import Path

import pytest

from patterson_gui.app.networks.choices import NetworkChoice
from patterson_gui.app.networks.words import card_rows, card_words
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData, write_card
from tests.app.workbench_driver import WorkbenchDriver


def card(name: str = "small", **seen: object) -> ModelCard:
    data = {"kind": "dialanine", "cell_edges": (20.0, 20.0), "d_min": (1.5, 1.5), **seen}
    return ModelCard(
        name=name,
        network="resunet1",
        scales=CardScales(patterson=1.0, density=1.0),
        data=SeenData(**data),
        parameters=3_288_884,
        metrics={"val_r_median": 0.9123, "val_phase_error_deg": 41.2, "epoch": 9},
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own networks."""
    folder = tmp_path / "own networks"
    folder.mkdir()
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(folder))
    return folder


def keep(folder: Path, card: ModelCard) -> None:
    weights = folder / f"{card.name}.safetensors"
    weights.write_bytes(b"")
    write_card(weights, card)


def found(driver: WorkbenchDriver) -> dict[str, NetworkChoice]:
    driver.wait_until_idle()
    return {choice.name: choice for choice in driver.workbench.networks.choices}


def own(driver: WorkbenchDriver, *names: str) -> list[str | None]:
    found = {choice.name: choice.why_unsuitable for choice in driver.workbench.networks.choices}
    return [found[name] for name in names]


def test_says_why_a_network_does_not_suit_the_open_data(
    driver: WorkbenchDriver, fragment: Crystal, folder: Path
) -> None:
    keep(folder, card("wide"))
    keep(folder, card("narrow", cell_edges=(10.0, 14.0)))
    driver.workbench.show(fragment)  # in a cube of 12 Å
    driver.wait_until_idle()
    assert own(driver, "wide", "narrow") == ["the cell is of another size", None]


def test_lists_a_network_that_was_trained_meanwhile(
    driver: WorkbenchDriver, fragment: Crystal, folder: Path
) -> None:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert "new" not in [choice.name for choice in driver.workbench.networks.choices]
    changes: list[bool] = []
    driver.workbench.networks.changed.connect(lambda: changes.append(True))
    keep(folder, card("new"))
    driver.workbench.networks.refresh()
    driver.wait_until_idle()
    assert own(driver, "new") == ["the cell is of another size"]
    assert changes == [True]
    driver.workbench.networks.refresh()
    driver.wait_until_idle()
    assert changes == [True]


def test_accepts_every_network_while_there_are_no_data(
    driver: WorkbenchDriver, fragment: Crystal, folder: Path
) -> None:
    keep(folder, card("wide"))
    driver.workbench.show(replace(fragment, amplitudes=None))
    driver.wait_until_idle()
    assert own(driver, "wide") == [None]


def test_describes_a_network_in_words() -> None:
    words = card_words(card())
    assert "Trained for dialanines in cells of 20 Å, data to 1.5 Å." in words
    assert "median r 0.912, mean phase error 41°" in words
    assert "3.3 million" in words
    wide = card_words(
        card(kind="fragment", lengths=(2, 15), cell_edges=(9.0, 30.5), orthogonal=False)
    )
    assert "fragments of 2–15 residues in cells of 9–30.5 Å, also oblique ones" in wide
    bare = card().model_copy(update={"metrics": {"val_r_median": None}, "parameters": 0})
    assert "\n" not in card_words(bare)


def test_the_best_network_comes_first_and_hopeless_ones_last(
    driver: WorkbenchDriver, fragment: Crystal, folder: Path
) -> None:
    suits = card(cell_edges=(12.0, 12.0))
    for name, r in (("two epochs", 0.012), ("poor", 0.6), ("good", 0.998)):
        figures = {"val_r_median": r}
        keep(folder, suits.model_copy(update={"name": name, "metrics": figures}))
    driver.workbench.show(fragment)
    choices = found(driver)
    assert list(choices) == ["good", "peptides", "resunet-1b", "poor", "two epochs"]
    assert [name for name, choice in choices.items() if choice.best] == ["good"]
    hopeless = choices["two epochs"]
    assert hopeless.why_unsuitable is None  # whoever names it gets it
    assert "hardly better than chance" in str(hopeless.why_hopeless)


def test_the_best_network_is_one_that_suits_the_data(
    driver: WorkbenchDriver, fragment: Crystal, folder: Path
) -> None:
    keep(folder, card("other cells").model_copy(update={"metrics": {"val_r_median": 0.9999}}))
    driver.workbench.show(fragment)
    assert [name for name, choice in found(driver).items() if choice.best] == ["peptides"]


def test_lists_networks_for_all_tasks_and_says_which_are_own(
    driver: WorkbenchDriver, fragment: Crystal, folder: Path
) -> None:
    keep(folder, card("mine"))
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    listed = {network.card.name: network for network in driver.workbench.networks.listed}
    assert set(listed) == {"mine", "peptides", "organic", "crystals", "resunet-1b"}
    assert [name for name, network in listed.items() if network.own] == ["mine"]
    assert listed["organic"].choice is None


def test_a_card_as_a_table_has_no_line_for_what_is_not_known() -> None:
    rows = dict(card_rows(card()))
    assert rows["On unseen structures"] == "median r 0.912, mean phase error 41.2°"
    assert rows["Training"] == "epoch 9"
    assert "Data set" not in rows
    bare = card().model_copy(update={"metrics": {}})
    assert dict(card_rows(bare))["On unseen structures"] == "not validated"
