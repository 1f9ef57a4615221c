"""Training: events, control, failures, and no process left behind."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from patterson_gui.app.jobs.jobs import Failure, JobState
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.training import training as training_module
from patterson_gui.app.training.training import Training, TrainingState
from patterson_gui.app.training.validation_example import (
    ValidationExample,
    read_validation_example,
)
from patterson_gui.io.training.events import Estimate, Failed, Finished
from patterson_gui.io.training.network_folders import list_models
from patterson_gui.io.training.settings import TrainingSettings
from tests.app.fakes import STANDIN_TRAINER
from tests.app.mailbox import Mailbox
from tests.app.standin_trainer import ESTIMATING, PAUSED

pytestmark = pytest.mark.timeout(180)
COMMAND = (sys.executable, str(STANDIN_TRAINER))


@dataclass
class TrainingDriver:
    """A training with its job runner, run folder and notices."""

    training: Training
    runner: JobRunner
    mailbox: Mailbox
    folder: Path
    notices: list[Notice] = field(default_factory=list)

    def settings(self, epochs: int = 3, name: str = "toy", **more: object) -> TrainingSettings:
        return TrainingSettings(
            data=self.folder / "data.h5", output=self.folder / "run", name=name, epochs=epochs,
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def wait_until_idle(self) -> None:
        self.mailbox.pump(lambda: not self.training.active)

    def reach(self, epoch: int) -> None:
        self.mailbox.pump(lambda: len(self.training.records) >= epoch)

    def messages(self) -> str:
        return "\n".join(notice.text for notice in self.notices)


@pytest.fixture
def driver(
    runner: JobRunner, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrainingDriver]:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path / "models"))
    driver = TrainingDriver(Training(runner, COMMAND), runner, mailbox, tmp_path)
    driver.training.notice.connect(driver.notices.append)
    yield driver
    driver.training.kill()


def test_records_epochs_and_offers_the_trained_network(driver: TrainingDriver) -> None:
    kept: list[str] = []
    driver.training.network_kept.connect(lambda: kept.extend(c.name for c in list_models()))
    job = driver.training.start(driver.settings())
    assert driver.training.state is TrainingState.STARTING
    driver.wait_until_idle()
    training = driver.training
    assert [record.epoch for record in training.records] == [1, 2, 3]
    assert training.started is not None
    assert training.started.parameters == 3_288_884
    assert isinstance(training.end, Finished)
    assert job is not None
    assert job.state is JobState.DONE
    assert job.progress is not None
    assert "toy" in kept
    assert "“toy” (median r 0.500" in driver.messages()
    assert "going on with 16" in driver.messages()


def test_reads_the_validation_example_after_each_epoch(driver: TrainingDriver) -> None:
    seen: list[tuple[int, float]] = []

    def look() -> None:
        example = driver.training.example
        if example is not None:
            seen.append((example.epoch, example.r))

    driver.training.example_changed.connect(look)
    driver.training.start(driver.settings())
    driver.wait_until_idle()
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert [r for _, r in seen] == sorted(r for _, r in seen)
    example = driver.training.example
    assert example is not None
    assert example.true.shape == example.predicted.shape == (12, 10, 14)
    assert example.patterson.cell.c == pytest.approx(14.0)
    assert example.patterson.units == "e²/Å³"


def test_reads_the_validation_example_in_the_thread_of_the_job(
    driver: TrainingDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def read(path: Path) -> ValidationExample:
        threads.append(threading.current_thread())
        return read_validation_example(path)

    monkeypatch.setattr(training_module, "read_validation_example", read)
    driver.training.start(driver.settings(epochs=2))
    driver.wait_until_idle()
    assert len(threads) == 2
    assert threading.current_thread() not in threads
    example = driver.training.example
    assert example is not None
    for density in (example.patterson, example.predicted, example.true):
        assert "rmsd" in vars(density)  # computed by the job, so that the window does not


def test_a_paused_training_waits_until_it_is_resumed(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(epochs=100_000))
    driver.reach(1)
    driver.training.pause()
    assert driver.training.state is TrainingState.PAUSED
    driver.mailbox.pump((driver.folder / "run" / PAUSED).exists)
    driver.training.resume()
    driver.mailbox.pump(lambda: not (driver.folder / "run" / PAUSED).exists())
    driver.reach(len(driver.training.records) + 1)
    assert driver.training.state is TrainingState.RUNNING
    driver.training.stop()
    driver.wait_until_idle()


def test_a_stopped_training_resumes_from_its_checkpoint(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(epochs=100_000))
    driver.reach(2)
    driver.training.stop()
    assert driver.training.state is TrainingState.STOPPING
    driver.wait_until_idle()
    assert isinstance(driver.training.end, Finished)
    assert driver.training.end.reason == "stopped"
    done = len(driver.training.records)
    driver.training.start(driver.settings(epochs=done + 1), resume=True)
    driver.wait_until_idle()
    assert [r.epoch for r in driver.training.records] == list(range(1, done + 2))
    assert [card.name for card in list_models([driver.folder / "models"])] == ["toy"]


def test_stops_a_paused_training(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(epochs=100_000))
    driver.reach(1)
    driver.training.pause()
    driver.training.stop()
    driver.wait_until_idle()
    assert isinstance(driver.training.end, Finished)


def test_cancelling_the_job_stops_with_a_checkpoint(driver: TrainingDriver) -> None:
    job = driver.training.start(driver.settings(epochs=100_000))
    assert job is not None
    driver.reach(1)
    driver.runner.cancel(job)
    driver.wait_until_idle()
    assert job.state is JobState.CANCELLED
    assert isinstance(driver.training.end, Finished)
    assert driver.training.end.reason == "stopped"


def test_refuses_a_second_training(driver: TrainingDriver) -> None:
    first = driver.training.start(driver.settings(epochs=100_000))
    driver.reach(1)
    assert driver.training.start(driver.settings(name="other")) is None
    assert first is not None
    assert not first.is_finished
    assert driver.notices[-1].error
    assert "“toy” is being trained" in driver.notices[-1].text


def test_reports_a_crash_of_the_process_with_details(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(name="crashes"))
    driver.wait_until_idle()
    (error,) = [notice for notice in driver.notices if notice.error]
    assert "with exit code 3" in error.text
    assert "\n" not in error.text
    assert error.details == "Fatal error of a library\nat line 17"
    assert isinstance(driver.training.end, Failed)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_reports_a_process_killed_from_outside(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(epochs=100_000))
    driver.reach(1)
    assert driver.training._process is not None
    os.kill(driver.training._process.pid, signal.SIGKILL)
    driver.wait_until_idle()
    (error,) = [notice for notice in driver.notices if notice.error]
    assert "SIGKILL" in error.text
    assert "resumed" in error.text


def test_shows_the_failure_that_the_process_reports(driver: TrainingDriver) -> None:
    job = driver.training.start(driver.settings(name="no memory"))
    driver.wait_until_idle()
    (error,) = [notice for notice in driver.notices if notice.error]
    assert (error.text, error.details) == ("The disk is full.", "OSError: no space")
    assert job is not None
    assert job.state is JobState.FAILED


def test_does_not_overwrite_a_run_folder(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(epochs=1))
    driver.wait_until_idle()
    driver.training.start(driver.settings(epochs=1))
    driver.wait_until_idle()
    assert "holds a training already" in driver.notices[-1].text


def test_reports_a_program_that_cannot_be_started(runner: JobRunner, mailbox: Mailbox,
                                                     tmp_path: Path) -> None:  # fmt: skip
    training = Training(runner, (str(tmp_path / "nothing"),))
    notices: list[Notice] = []
    training.notice.connect(notices.append)
    training.start(TrainingSettings(data=tmp_path / "d.h5", output=tmp_path / "run"))
    mailbox.pump(lambda: not training.active)
    assert "could not be started" in notices[0].text


def test_keeps_a_network_of_another_training_with_the_same_name(driver: TrainingDriver) -> None:
    driver.training.start(driver.settings(epochs=1))
    driver.wait_until_idle()
    other = driver.settings(epochs=1).changed({"output": driver.folder / "second run"})
    driver.training.start(other)
    driver.wait_until_idle()
    names = sorted(card.name for card in list_models([driver.folder / "models"]))
    assert names == ["toy", "toy 2"]


def test_estimates_the_cost_without_a_run_folder(driver: TrainingDriver) -> None:
    answers: list[Estimate] = []
    job = driver.training.estimator.estimate(driver.settings(epochs=7), answers.append, _unexpected)
    driver.mailbox.pump(lambda: job.is_finished)
    assert answers[0].seconds_total == pytest.approx(21.0)
    assert not (driver.folder / "run").exists()


def test_reports_why_an_estimate_failed(driver: TrainingDriver) -> None:
    failures: list[Failure] = []
    job = driver.training.estimator.estimate(
        driver.settings(name="no memory"), lambda answer: None, failures.append
    )
    driver.mailbox.pump(lambda: job.is_finished)
    assert failures[0].sentence == "The disk is full."


def test_kills_the_process_of_a_cancelled_estimate(driver: TrainingDriver) -> None:
    job = driver.training.estimator.estimate(
        driver.settings(name="slow"), lambda answer: None, _unexpected
    )
    driver.mailbox.pump((driver.folder / ESTIMATING).exists)
    driver.training.estimator.cancel()
    driver.mailbox.pump(lambda: job.is_finished)  # it would last longer than this waits
    assert job.state is JobState.CANCELLED


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_training_ends_with_a_checkpoint_if_the_program_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import sys, threading
        from pathlib import Path
        from patterson_gui.app.training.training_process import TrainingProcess
        from patterson_gui.io.training.settings import TrainingSettings, write_settings
        folder = Path({str(tmp_path)!r})
        write_settings(folder / "settings.json", TrainingSettings(
            data=folder / "data.h5", output=folder / "run", epochs=100_000))
        run = TrainingProcess([*{COMMAND!r}, str(folder / "settings.json"), "--attached"])
        print(run.pid, flush=True)
        threading.Event().wait()  # the test kills this process, as a crash would
        """
    )
    window = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert window.stdout is not None
    trainer = int(window.stdout.readline())
    _until((tmp_path / "run" / "metrics.csv").exists)
    window.kill()
    window.wait()
    window.stdout.close()
    _until(lambda: not _is_running(trainer))
    assert (tmp_path / "run" / "checkpoint.json").exists()
    assert json.loads((tmp_path / "run" / "best.json").read_text())["name"] == "run"


def _unexpected(failure: Failure) -> None:
    raise AssertionError(failure.sentence)


def _until(true: Callable[[], bool], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)  # another process writes the file: nothing here can wake this one


def _is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
