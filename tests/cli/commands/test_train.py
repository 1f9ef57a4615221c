from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.io.training.run_folder import RunFolder, read_metrics
from tests.nets.tiny_dataset import write_tiny_dataset

Call = Callable[..., Any]
SMALL = (
    "--network", "resunet1", "--batch-size", 8, "--device", "cpu", "--set", "spacing=0.8",
    "--set", "samples_per_epoch=16",
    "--set", 'network_config={"narrow": 2, "wide": 3, "blocks": 0}',
)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "tiny.h5")


def test_train_prints_a_line_for_each_epoch_and_resumes(
    call: Call, data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    answer = call("train", data, "-o", run, *SMALL, "--epochs", 2, "--name", "mine")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert "16 examples, 4 for validation" in lines[0]
    assert [line.split()[1] for line in lines if line.startswith("epoch")] == ["1/2", "2/2"]
    assert str(RunFolder(run).best) in lines[-1]
    taken = call("train", data, "-o", run, *SMALL)
    assert taken.code == 1
    assert "holds a training already" in taken.err
    more = call("train", "-o", run, "--resume", "--epochs", 3)
    assert more.code == 0, more.err
    assert "resumed in epoch 3" in more.out
    assert len(read_metrics(RunFolder(run).metrics)) == 3
    kept = RunFolder(run).read_settings()
    assert (kept.name, kept.batch_size, kept.epochs) == ("mine", 8, 3)


def test_estimate_prints_one_sentence_and_makes_no_folder(
    call: Call, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patterson_gui.nets.training import estimate

    monkeypatch.setattr(estimate, "_TIMED_S", 0.1)
    answer = call("train", data, "-o", tmp_path / "run", *SMALL, "--estimate")
    assert answer.code == 0
    assert "an epoch" in answer.out
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", "nonsense=1"), "not a setting"),
        (("--set", "epochs"), "not a setting"),
        (("--learning-rate", "-1"), "must be above 0"),
        (("--network", "none"), "no network called 'none'"),
        (("--set", 'network_config={"rooms": 3}'), "configuration of the network"),
        (("--set", "spacing=1.5"), "finer than half"),
    ],
)
def test_refuses_wrong_settings_and_makes_no_folder(
    call: Call, data: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    answer = call("train", data, "-o", tmp_path / "run", *words)
    assert answer.code == 1
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_refuses_to_resume_without_a_training(call: Call, tmp_path: Path) -> None:
    answer = call("train", "-o", tmp_path / "run", "--resume")
    assert answer.code == 1
    assert "no training to resume" in answer.err


def test_lists_every_setting(call: Call, tmp_path: Path) -> None:
    answer = call("train", "-o", tmp_path, "--set", "help")
    assert "augmentation.noise (0.0)  [≥ 0, ≤ 0.5]" in answer.out
    assert "warm_up" in answer.out
