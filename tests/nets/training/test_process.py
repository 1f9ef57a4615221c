"""Training as a separate process, and as two processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.io.training.events import (
    EpochDone,
    Estimate,
    Event,
    Failed,
    Finished,
    LearningRateFound,
    Started,
    TrainingProgress,
    parse_event,
)
from patterson_gui.io.training.run_folder import RunFolder, read_metrics, read_preview
from patterson_gui.io.training.settings import TrainingSettings, write_settings
from patterson_gui.nets.training import estimate
from patterson_gui.nets.training.fabric import processes_started
from patterson_gui.nets.training.loop import train
from patterson_gui.nets.training.process import main
from tests.nets import linear_training
from tests.nets.tiny_dataset import write_tiny_dataset

MODULE = "patterson_gui.nets.training.process"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "tiny.h5")


def settings(data: Path, **changes: Any) -> TrainingSettings:
    values: dict[str, Any] = {
        "data": data,
        "output": data.parent / "run",
        "network": "resunet1",
        "network_config": {"narrow": 2, "wide": 3, "blocks": 0},
        "spacing": 0.8,
        "batch_size": 4,
        "epochs": 2,
        "device": "cpu",
    }
    return TrainingSettings.model_validate({**values, **changes})


def environment(**changes: str) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    return own | {"OMP_NUM_THREADS": "1"} | changes


def start(plan: TrainingSettings, *options: str, before: tuple[str, ...] = ()) -> subprocess.Popen:
    path = plan.data.parent / "settings.json"
    write_settings(path, plan)
    return subprocess.Popen(
        [sys.executable, *(before or ("-m", MODULE)), str(path), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def ended(process: subprocess.Popen) -> list[Event]:
    out, err = process.communicate(timeout=100)
    events = [event for line in out.splitlines() if (event := parse_event(line)) is not None]
    assert events, out + err
    return events


def test_a_process_reports_events_as_lines_and_needs_few_packages(data: Path) -> None:
    """A machine that only trains may lack the blocked packages."""
    block = (
        "import sys\n"
        "for name in 'scipy PyQt6 joblib dask platformdirs tqdm psygnal vispy'.split():\n"
        "    sys.modules[name] = None\n"
        f"sys.argv[0] = {MODULE!r}\n"
        "from patterson_gui.nets.training.process import main\n"
        "code = main(sys.argv[1:])\n"
        "sys.exit(code)\n"
    )
    process = start(settings(data), before=("-c", block))
    events = ended(process)
    assert process.returncode == 0
    assert isinstance(events[0], Started)
    assert (events[0].training_examples, events[0].validation_examples) == (16, 4)
    assert [e.record.epoch for e in events if isinstance(e, EpochDone)] == [1, 2]
    assert isinstance(events[-1], Finished)
    folder = RunFolder(data.parent / "run")
    assert len(read_metrics(folder.metrics)) == 2
    assert read_preview(folder.preview).patterson.shape == (10, 10, 10)


def test_a_signal_ends_the_process_after_a_checkpoint(data: Path) -> None:
    process = start(settings(data, epochs=100_000))
    assert process.stdout is not None
    for line in process.stdout:
        if isinstance(parse_event(line), EpochDone):
            break
    process.send_signal(signal.SIGTERM)
    events = ended(process)
    assert process.returncode == 0
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"
    assert RunFolder(data.parent / "run").checkpoint.exists()
    assert Path(events[-1].weights).exists()


def test_a_process_pauses_resumes_and_stops_on_command(data: Path) -> None:
    process = start(settings(data, epochs=100_000))
    assert process.stdout is not None
    assert process.stdin is not None

    def tell(word: str) -> None:
        assert process.stdin is not None
        process.stdin.write(word + "\n")
        process.stdin.flush()

    told = []
    for line in process.stdout:
        event = parse_event(line)
        if isinstance(event, Started):
            tell("pause")
        if isinstance(event, TrainingProgress):
            told.append(event)
            if event.paused:
                tell("resume")
            elif any(e.paused for e in told):
                break
    tell("stop")
    events = ended(process)
    assert process.returncode == 0
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"


def called(
    capsys: pytest.CaptureFixture[str], plan: TrainingSettings, *options: str
) -> tuple[int, list[Event]]:
    """The same in this process: starting another takes seconds."""
    path = plan.data.parent / "settings.json"
    write_settings(path, plan)
    code = main([str(path), *options])
    lines = capsys.readouterr().out.splitlines()
    return code, [event for line in lines if (event := parse_event(line)) is not None]


def test_unusable_settings_fail_with_one_sentence(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    whole = data.read_bytes()
    data.write_bytes(whole[: len(whole) // 2])
    code, (event,) = called(capsys, settings(data))
    assert code == 1
    assert isinstance(event, Failed)
    assert "cut short" in event.sentence
    assert event.details == ""
    assert not (data.parent / "run").exists()


def test_options_give_an_estimate_or_a_learning_rate(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "_TIMED_S", 0.1)
    code, (cost,) = called(capsys, settings(data), "--estimate")
    assert code == 0
    assert isinstance(cost, Estimate)
    assert cost.samples_per_s > 0
    code, (found,) = called(capsys, settings(data), "--find-lr")
    assert code == 0
    assert isinstance(found, LearningRateFound)
    assert len(found.curve) > 5
    assert not (data.parent / "run").exists()


def test_two_processes_give_the_same_training_as_one(data: Path) -> None:
    """Holds because there are no batch statistics and no random rotations."""
    common = {
        "network": "linear",
        "network_config": {},
        "epochs": 3,
        "accumulation": 2,
        "validation_samples": 3,
        "augmentation": {"rotations": False},
    }
    alone = settings(data, output=data.parent / "alone", batch_size=4, **common)
    together = settings(data, output=data.parent / "together", batch_size=2, **common)
    script = str(Path(linear_training.__file__))
    two = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script)
    events = ended(start(together, before=two))
    assert isinstance(events[0], Started)
    assert events[0].processes == 2
    assert [e.event for e in events].count("finished") == 1
    train(alone)
    records = [read_metrics(RunFolder(plan.output).metrics) for plan in (together, alone)]
    assert [r.samples for r in records[0]] == [16, 32, 48]
    assert [r.step for r in records[0]] == [2, 4, 6]
    for ours, theirs in zip(*records, strict=True):
        for name in ("train_loss", "val_loss", "val_r_median", "val_phase_error_deg"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-4), name
    # Both write what goes on alone.
    finished = train(together.changed({"epochs": 4}))
    assert finished.epochs == 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (1, 1)),
        ({"LOCAL_WORLD_SIZE": "4", "WORLD_SIZE": "8"}, (4, 2)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_NNODES": "2"}, (4, 2)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_NAME": "bash"}, (1, 1)),
    ],
)
def test_environment_variables_give_the_number_of_processes(
    given: dict[str, str], expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("SLURM") or name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
            monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert processes_started() == expected
