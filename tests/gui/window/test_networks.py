"""The dialog of the trained networks, by mouse: list, card, curve, layers, Remove."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMessageBox

from patterson_gui.gui.dialogs.networks.dialog import NetworksDialog
from patterson_gui.io.training.model_cards import (
    CardScales,
    ModelCard,
    SeenData,
    read_card,
    write_card,
)
from patterson_gui.io.training.network_parts import NetworkPart, PartKind
from patterson_gui.io.training.run_folder import EpochRecord
from tests.gui.main_window_driver import MainWindowDriver

pytestmark = pytest.mark.gui


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own networks"
    folder.mkdir()
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(folder))
    return folder


def keep(folder: Path, name: str, r: float) -> None:
    curve = [
        EpochRecord(epoch=e, step=e, samples=e, seconds=e, learning_rate=1e-3, train_loss=1 / e,
                    val_r_median=r * e / 2)
        for e in (1, 2)
    ]  # fmt: skip
    weights = folder / f"{name}.safetensors"
    weights.write_bytes(b"")
    card = ModelCard(
        name=name,
        network="resunet1",
        scales=CardScales(patterson=1.0, density=1.0),
        data=SeenData(cell_edges=(12.0, 12.0), d_min=(1.5, 1.5)),
        metrics={"val_r_median": r},
        curve=tuple(curve),
        weights_sha256=name,
    )
    write_card(weights, card)


@pytest.fixture
def dialog(driver: MainWindowDriver, folder: Path) -> NetworksDialog:
    """The dialog over the example, with two networks of the user."""
    keep(folder, "mine", 0.6)
    keep(folder, "two epochs", 0.012)
    driver.open_example()
    driver.press("networks")
    dialog = driver.dialog(NetworksDialog)
    driver.wait_until_idle()
    return dialog


def names(dialog: NetworksDialog) -> list[str]:
    return [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]


def choose(driver: MainWindowDriver, dialog: NetworksDialog, name: str) -> None:
    place = dialog.table.visualItemRect(dialog.table.item(names(dialog).index(name), 0)).center()
    viewport = dialog.table.viewport()
    driver.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)


def show_tab(driver: MainWindowDriver, dialog: NetworksDialog, number: int) -> None:
    bar = dialog.tabs.tabBar()
    place = bar.tabRect(number).center()
    driver.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)


def card_text(dialog: NetworksDialog) -> str:
    return " ".join(label.text() for label in dialog.card.findChildren(QLabel))


def test_lists_the_best_network_first_and_says_what_is_hopeless(
    driver: MainWindowDriver, dialog: NetworksDialog
) -> None:
    assert names(dialog) == [
        "peptides", "resunet-1b", "mine", "two epochs", "crystals", "organic",
    ]  # fmt: skip
    assert dialog.title.text() == "peptides"
    assert dialog.verdict.text() == "It is the best one for the open data."
    assert "dipeptides in cells of 10–20 Å" in card_text(dialog)
    choose(driver, dialog, "two epochs")
    assert "Expect nothing of it: it was hardly better than chance" in dialog.verdict.text()
    assert "median r 0.012" in card_text(dialog)
    choose(driver, dialog, "organic")
    assert dialog.verdict.text() == ""


def test_shows_the_learning_curve_of_a_network_that_kept_it(
    driver: MainWindowDriver, dialog: NetworksDialog
) -> None:
    show_tab(driver, dialog, 1)
    assert not dialog.plots.isVisible()  # that of the shipped network was not kept
    choose(driver, dialog, "mine")
    assert dialog.plots.isVisible()
    assert len(dialog.plots.agreement._records) == 2


def test_shows_the_layers_of_the_chosen_network(
    driver: MainWindowDriver, dialog: NetworksDialog
) -> None:
    choose(driver, dialog, "mine")
    assert dialog.layers.parts == ()
    show_tab(driver, dialog, 2)
    driver.wait(lambda: dialog.layers.parts != ())
    assert dialog.layers.parts[0].name == "resunet1"
    assert "linear, 2 → 3" in dialog.layers.accessibleDescription()
    choose(driver, dialog, "organic")
    driver.wait(lambda: [part.name for part in dialog.layers.parts] == ["organic"])


def test_layers_lie_within_the_boxes_of_their_groups(
    driver: MainWindowDriver, dialog: NetworksDialog
) -> None:
    layer = NetworkPart("conv", PartKind.CONVOLUTION, "convolution", 10)
    block = NetworkPart("1", PartKind.GROUP, "", 40, repeats=4, parts=(layer, layer))
    dialog.layers.set_parts((block, layer))
    group, first, second, below = (box.place for box in dialog.layers.boxes()[:-1])
    assert group.contains(first)
    assert group.contains(second)
    assert first.bottom() < second.top()
    assert group.bottom() < below.top()
    assert dialog.layers.height() >= below.bottom()


def test_an_own_network_is_removed_after_a_question(
    driver: MainWindowDriver, dialog: NetworksDialog, folder: Path
) -> None:
    assert not dialog.remove.isEnabled()
    assert "came with the program" in dialog.remove.toolTip()
    driver.window.store.settings.prediction.model = "mine"
    choose(driver, dialog, "mine")
    driver.click(dialog.remove)
    assert "Remove the network “mine”?" in driver.dialog(QMessageBox).text()
    driver.answer("Keep it")
    assert (folder / "mine.safetensors").exists()
    driver.click(dialog.remove)
    driver.answer("Remove")
    driver.wait(lambda: "mine" not in names(dialog))
    assert not (folder / "mine.safetensors").exists()
    assert driver.window.store.settings.prediction.model is None
    assert "was removed" in driver.toasts()[-1]


@pytest.mark.parametrize("close", [NetworksDialog.reject, NetworksDialog.close])
def test_opens_again_after_it_was_closed(
    driver: MainWindowDriver, dialog: NetworksDialog, close: Callable[[NetworksDialog], object]
) -> None:
    driver.press("networks")
    assert driver.window.networks.dialog is dialog  # not a second one
    close(dialog)
    driver.wait(lambda: driver.window.networks.dialog is None)
    driver.press("networks")
    assert names(driver.dialog(NetworksDialog))[0] == "peptides"


def test_says_in_the_dialog_why_layers_are_not_known(
    driver: MainWindowDriver, dialog: NetworksDialog
) -> None:
    """The network of a package that is no longer installed."""
    show_tab(driver, dialog, 2)
    driver.wait(lambda: dialog.layers.parts != ())
    dialog.set_layers(dialog.chosen().card, (), "There is no network called 'other'.")
    assert dialog.trouble.text() == "The layers are not known. There is no network called 'other'."
    assert dialog.trouble.isVisible()
    choose(driver, dialog, "mine")
    driver.wait(lambda: dialog.layers.parts != ())
    assert not dialog.trouble.isVisible()


def test_names_are_shown_as_they_are_and_cut_where_they_are_long(
    driver: MainWindowDriver, dialog: NetworksDialog, folder: Path
) -> None:
    name = "<b>bold</b> and so long that it would not leave any room"
    keep(folder, "odd", 0.7)
    odd = read_card(folder / "odd.json").named(name)
    write_card(folder / "odd.json", odd)
    driver.workbench.networks.refresh()
    driver.wait_until_idle()
    cut = name[:24] + "…"
    choose(driver, dialog, cut)
    assert dialog.title.text() == name
    driver.click(dialog.remove)
    labels = driver.dialog(QMessageBox).findChildren(QLabel)
    assert {label.textFormat() for label in labels if label.text()} == {Qt.TextFormat.PlainText}
    driver.answer("Keep it")
