import math
import os
import signal

import pytest

import patterson_gui as pg
from patterson_gui.api.training.train import training_settings
from patterson_gui.io.resources import resources_folder
from patterson_gui.io.training.events import EpochDone, Finished
from patterson_gui.io.training.presets import PRESETS

TINY = {
    "network": "resunet1",
    "network_config": {"narrow": 2, "wide": 2, "blocks": 1},
    "samples_per_epoch": 4,
    "validation_samples": 2,
    "spacing": 0.7,
    "batch_size": 2,
    "precision": "fp32",
    "epochs": 1,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "2.h5"
    table = path.with_suffix(".tsv")
    table.write_text("entry\tsplit\n1yjp\ttrain\nother\tval\n")
    models = path.parent / "models"
    models.mkdir()
    model = (resources_folder() / "examples" / "1yjp.pdb").read_text()
    for name in ("1yjp", "other"):
        (models / f"{name}.pdb").write_text(model)
    pg.build_dataset(models, path, preset="2", splits=table, jobs=1, progress=False)
    return path


def test_writes_a_network_and_the_records_of_its_training(data, tmp_path):
    events = []
    run = pg.train(data, tmp_path / "run", settings=TINY, progress=events.append)
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, EpochDone) for event in events)
    assert run.reason == "epochs"
    assert run.weights == tmp_path / "run" / "best.safetensors"
    assert run.weights.is_file()
    assert [record.epoch for record in run.records] == [1]
    assert run.best_r == pytest.approx(run.records[0].val_r_median)


def test_shows_a_bar_of_epochs_only_if_requested(data, tmp_path, capsys):
    pg.train(data, tmp_path / "quiet", settings=TINY)
    assert capsys.readouterr().err == ""
    pg.train(data, tmp_path / "shown", settings=TINY, progress=True)
    assert "Training: 100%" in capsys.readouterr().err


def test_resumes_a_run_with_more_epochs(data, tmp_path):
    pg.train(data, tmp_path / "run", settings=TINY, progress=False)
    run = pg.train(None, tmp_path / "run", resume=True, epochs=2, progress=False)
    assert [record.epoch for record in run.records] == [1, 2]
    with pytest.raises(pg.UserError, match="holds a training already"):
        pg.train(data, tmp_path / "run", settings=TINY, progress=False)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as a terminal does")
def test_ctrl_c_stops_after_a_checkpoint(data, tmp_path):
    def press(event):
        if isinstance(event, EpochDone):
            os.kill(os.getpid(), signal.SIGINT)

    run = pg.train(data, tmp_path / "run", settings=TINY | {"epochs": 50}, progress=press)
    assert run.reason == "stopped"
    assert 1 <= run.epochs < 50
    assert (tmp_path / "run" / "checkpoint.json").is_file()


def test_estimates_and_finds_a_learning_rate_without_writing(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimate = pg.estimate_training(data, settings=TINY)
    assert estimate.parameters > 0
    assert estimate.seconds_per_epoch > 0
    found = pg.find_learning_rate(data, settings=TINY)
    assert math.isnan(found.suggestion) or found.suggestion > 0
    assert list(tmp_path.iterdir()) == []


def test_changes_the_settings_of_the_preset():
    settings = training_settings("d.h5", "run", preset="quick", changes={"epochs": 7})
    assert settings == PRESETS["quick"].settings(settings.data, settings.output, epochs=7)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"preset": "best"}, "preset must be one of recommended"),
        ({"settings": {"epoch": 3}}, "epoch"),
        ({"epochs": 0}, "epochs"),
        ({"progress": 3}, "progress must be True, False, None or a function"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(data, tmp_path, arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.train(data, tmp_path / "run", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_requires_a_data_set_or_a_run(tmp_path):
    with pytest.raises(pg.UserError, match="holds no training to resume"):
        pg.train(None, tmp_path / "run", resume=True)
