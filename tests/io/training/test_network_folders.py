"""Keeping and removing networks of one's own, with the curves of their trainings."""

import hashlib
import math
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import (
    CardScales,
    ModelCard,
    SeenData,
    card_path,
    read_card,
    write_network,
)
from patterson_gui.io.training.network_folders import (
    find_model,
    is_own,
    keep_model,
    list_models,
    remove_model,
)
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder, write_metrics


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own networks"
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(folder))
    return folder


def written(folder: Path, name: str = "net") -> Path:
    """The weights of a run folder with a card."""
    folder.mkdir()
    content = name.encode()
    card = ModelCard(
        name=name,
        network="resunet1",
        scales=CardScales(patterson=1.0, density=1.0),
        data=SeenData(cell_edges=(12.0, 12.0), d_min=(1.5, 1.5)),
        weights_sha256=hashlib.sha256(content).hexdigest(),
    )
    weights = RunFolder(folder).best
    write_network(weights, content, card)
    return weights


def record(epoch: int, **figures: float) -> EpochRecord:
    return EpochRecord(
        epoch=epoch, step=epoch, samples=epoch, seconds=1.0, learning_rate=1e-3,
        train_loss=1.0 / epoch, shells=(3.0, 2.0), shell_phase_error_deg=(80.0, math.nan),
        **figures,
    )  # fmt: skip


def test_a_kept_network_has_the_curve_of_its_training(tmp_path: Path, own: Path) -> None:
    weights = written(tmp_path / "run")
    write_metrics(RunFolder(weights.parent).metrics, [record(1), record(2, val_r_median=0.5)])
    keep_model(weights)
    curve = find_model("net").curve
    assert [r.epoch for r in curve] == [1, 2]
    assert curve[1].val_r_median == 0.5
    assert math.isnan(curve[0].val_r_median)
    assert curve[0].shell_phase_error_deg[0] == 80.0
    assert math.isnan(curve[0].shell_phase_error_deg[1])


def test_a_card_with_figures_of_a_later_version_is_read(tmp_path: Path, own: Path) -> None:
    weights = written(tmp_path / "run")
    write_metrics(RunFolder(weights.parent).metrics, [record(1)])
    keep_model(weights)
    path = own / "net.json"
    path.write_text(path.read_text().replace('"epoch": 1,', '"epoch": 1, "later": 3,'))
    assert "later" in path.read_text()
    assert len(read_card(path).curve) == 1


def test_weights_without_a_run_have_no_curve(tmp_path: Path, own: Path) -> None:
    weights = written(tmp_path / "run")
    RunFolder(weights.parent).metrics.write_text("damaged")
    assert keep_model(weights).curve == ()


def test_removes_an_own_network_and_shows_the_one_it_hid(tmp_path: Path, own: Path) -> None:
    keep_model(written(tmp_path / "run", "peptides"))
    (card,) = [card for card in list_models() if card.name == "peptides"]
    assert is_own(card)
    remove_model(card)
    assert not list(own.glob("peptides*"))
    (shipped,) = [card for card in list_models() if card.name == "peptides"]
    assert not is_own(shipped)


def test_networks_of_the_program_and_of_other_folders_stay(tmp_path: Path, own: Path) -> None:
    elsewhere = read_card(written(tmp_path / "run"))
    for card in (find_model("peptides"), elsewhere):
        with pytest.raises(UserError, match="is none of your own"):
            remove_model(card)
        assert card.weights.is_file()
        assert card_path(card.weights).is_file()
