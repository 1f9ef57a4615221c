import math
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.training.events import (
    EpochDone,
    Finished,
    Started,
    TrainingProgress,
    event_line,
    parse_event,
)
from patterson_gui.io.training.run_folder import (
    EpochRecord,
    Preview,
    RunFolder,
    read_metrics,
    read_preview,
    shell_limits,
    write_metrics,
    write_preview,
)


def record(epoch: int, **changes: object) -> EpochRecord:
    fields = {
        "epoch": epoch, "step": 10 * epoch, "samples": 320 * epoch, "seconds": 1.5 * epoch,
        "learning_rate": 1e-3, "train_loss": 1 / 3, "val_loss": 0.25, "val_r_median": 0.5,
        "val_r_mean": 0.45, "val_phase_error_deg": 70.0, "samples_per_s": 12.5, "best": True,
        "shells": shell_limits(1.5), "shell_phase_error_deg": tuple(range(12)),
    }  # fmt: skip
    return EpochRecord.model_validate({**fields, **changes})


def test_reads_back_the_records_of_epochs(tmp_path: Path) -> None:
    records = [record(1), record(2, best=False, samples_per_s=math.nan)]
    write_metrics(tmp_path / "m.csv", records)
    read = read_metrics(tmp_path / "m.csv")
    assert read[0].model_dump(exclude={"shells"}) == records[0].model_dump(exclude={"shells"})
    assert read[0].shells == pytest.approx(records[0].shells, abs=1e-3)
    assert not read[1].best
    assert math.isnan(read[1].samples_per_s)
    header = (tmp_path / "m.csv").read_text().splitlines()[0]
    assert header.endswith("phase_error_deg_to_1.500_A")


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "x", "epoch\n"])
def test_rejects_another_table_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.csv").write_text(content)
    with pytest.raises(UserError, match="does not hold the metrics"):
        read_metrics(tmp_path / "m.csv")


def test_reads_back_a_preview_and_rejects_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "preview.npz"
    maps = np.random.default_rng(0).normal(size=(3, 4, 6, 8)).astype(np.float32)
    cell = np.array([4.0, 6.0, 8.0, 90.0, 95.0, 90.0])
    write_preview(path, Preview(*maps, cell, 1.5, 7, "1abc A:1-2"))
    read = read_preview(path)
    assert np.array_equal(read.predicted, maps[1])
    assert (read.d_min, read.epoch, read.name) == (1.5, 7, "1abc A:1-2")
    assert np.array_equal(read.cell, cell)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="does not hold a preview"):
        read_preview(path)
    np.savez(path, patterson=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="does not hold a preview"):
        read_preview(path)


def test_recognises_a_folder_with_a_training(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert not folder.holds_a_run()
    assert folder.records() == []
    write_metrics(folder.metrics, [record(1)])
    assert folder.holds_a_run()
    assert len(folder.records()) == 1


def test_reads_back_every_event_from_its_line() -> None:
    events = [
        Started(
            device="cpu", processes=1, network="resunet1", parameters=3, training_examples=4,
            validation_examples=5, epochs=6, steps_per_epoch=7,
        ),
        EpochDone(record=record(3)),
        Finished(reason="time", sentence="Ünïcode.", epochs=2, best_r=0.5, weights=""),
    ]  # fmt: skip
    for event in events:
        line = event_line(event)
        assert "\n" not in line
        assert parse_event(line) == event


def test_writes_nan_as_null_and_reads_it_back() -> None:
    event = TrainingProgress(
        epoch=1, step=1, fraction=0.5, samples_per_s=math.nan, loss=1.0, learning_rate=0.1,
        seconds=2.0,
    )  # fmt: skip
    assert "null" in event_line(event)
    back = parse_event(event_line(event))
    assert isinstance(back, TrainingProgress)
    assert math.isnan(back.samples_per_s)


@pytest.mark.parametrize("line", ["", "warning: something", "{}", "[1]", '{"event": "other"}', "{"])
def test_ignores_lines_that_are_not_events(line: str) -> None:
    assert parse_event(line) is None
