"""A fake training program: writes the events and files of a training, but trains nothing.

The name in the settings decides what it does: "crashes", "no memory", "slow" (an estimate that
lasts), or else the epochs. It writes the file `PAUSED` into the run folder while it is paused, and
`ESTIMATING` beside the data set while a slow estimate runs.
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np

from patterson_gui.io.training.events import (
    ENDS,
    EpochDone,
    Estimate,
    Event,
    Failed,
    Finished,
    Notice,
    PreviewWritten,
    Reason,
    Started,
    TrainingProgress,
    event_line,
)
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData, write_card
from patterson_gui.io.training.run_folder import (
    EpochRecord,
    Preview,
    RunFolder,
    shell_limits,
    write_metrics,
    write_preview,
)
from patterson_gui.io.training.settings import TrainingSettings, read_settings, write_settings

STEP = 0.02
STEPS = 4
SHAPE = (12, 10, 14)
PAUSED = "paused"
ESTIMATING = "estimating"


class Asked:
    """Commands read from standard input."""

    def __init__(self, attached: bool) -> None:
        self.stop, self.pause = threading.Event(), threading.Event()
        self._attached = attached
        signal.signal(signal.SIGTERM, lambda number, frame: self.stop.set())
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while part := os.read(0, 4096):
            for word in part.decode().split():
                {"stop": self.stop.set, "pause": self.pause.set, "resume": self.pause.clear}[word]()
        if self._attached:
            self.stop.set()


def say(event: Event) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(event_line(event), flush=True)


def record(epoch: int) -> EpochRecord:
    shells = shell_limits(1.5)
    error = 90.0 / (1 + 0.3 * epoch)
    return EpochRecord(
        epoch=epoch, step=10 * epoch, samples=320 * epoch, seconds=0.5 * epoch,
        learning_rate=2e-3, train_loss=0.1 / epoch, val_loss=0.12 / epoch,
        val_r_median=1 - 0.9 / (1 + 0.3 * epoch), val_r_mean=0.1, val_phase_error_deg=error,
        samples_per_s=640.0, best=True, shells=shells,
        shell_phase_error_deg=tuple(error * (0.6 + 0.05 * i) for i in range(len(shells))),
    )  # fmt: skip


def preview(epoch: int) -> Preview:
    random = np.random.default_rng(0)
    true = random.normal(size=SHAPE).astype(np.float32)
    noise = random.normal(size=SHAPE).astype(np.float32) * 2 / (1 + epoch)
    cell = np.array([12.0, 10.0, 14.0, 90.0, 90.0, 90.0])
    return Preview(true**2, true + noise, true, cell, 1.5, epoch, "1abc A:10-11 ALA-GLY")


def wait_for_resume(paused: Path, asked: Asked) -> None:
    paused.touch()
    while asked.pause.is_set() and not asked.stop.is_set():
        asked.stop.wait(STEP)
    paused.unlink()


def train(settings: TrainingSettings, new: bool, asked: Asked) -> None:
    folder = RunFolder(settings.output)
    if new and folder.holds_a_run():
        say(Failed(sentence=f"{settings.output} holds a training already: resume it."))
        sys.exit(1)
    folder.path.mkdir(parents=True, exist_ok=True)
    write_settings(folder.settings, settings)
    records = [] if new else folder.records()
    say(
        Started(
            device="cpu (1 thread)", processes=1, network=settings.network, parameters=3_288_884,
            training_examples=320, validation_examples=64, epochs=settings.epochs,
            steps_per_epoch=10, resumed_at=len(records) + 1 if records else 0,
        )
    )  # fmt: skip
    say(Notice(sentence="Out of memory with 32 examples at once: going on with 16."))
    reason: Reason = "epochs"
    for epoch in range(len(records) + 1, settings.epochs + 1):
        for step in range(STEPS):
            if asked.pause.is_set():
                wait_for_resume(folder.path / PAUSED, asked)
            asked.stop.wait(STEP)  # what a step of a training takes
            say(
                TrainingProgress(
                    epoch=epoch, step=10 * epoch, fraction=step / STEPS, samples_per_s=640.0,
                    loss=0.1 / epoch, learning_rate=2e-3, seconds=0.5 * epoch,
                )
            )  # fmt: skip
            if asked.stop.is_set():
                reason = "stopped"
                break
        if reason == "stopped":
            break
        if settings.name == "crashes" and epoch == 2:
            print("Fatal error of a library\nat line 17", file=sys.stderr, flush=True)
            os._exit(3)
        records.append(record(epoch))
        write_metrics(folder.metrics, records)
        write_preview(folder.preview, preview(epoch))
        say(EpochDone(record=records[-1]))
        say(PreviewWritten(path=str(folder.preview), epoch=epoch))
    folder.checkpoint.write_text("{}")
    if records:
        folder.best.write_bytes(b"weights")
        write_card(
            folder.best,
            ModelCard(
                name=settings.model_name, network=settings.network,
                scales=CardScales(patterson=1, density=1),
                data=SeenData(cell_edges=(12, 12), d_min=(1.5, 1.5), sha256="0" * 64),
                settings={"output": settings.output.name}, metrics={"val_r_median": 0.5},
            ),
        )  # fmt: skip
    best = records[-1].val_r_median if records else float("nan")
    say(
        Finished(
            reason=reason, sentence=ENDS[reason], epochs=len(records), best_r=best,
            weights=str(folder.best) if records else "",
        )
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", type=Path)
    for option in ("--new", "--attached", "--estimate"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args()
    settings = read_settings(options.settings)
    if settings.name == "no memory":
        say(Failed(sentence="The disk is full.", details="OSError: no space"))
        return 1
    if options.estimate:
        if settings.name == "slow":
            settings.data.with_name(ESTIMATING).touch()
            threading.Event().wait()  # an estimate that never ends: the window kills it
        say(
            Estimate(
                device="cpu", parameters=3_288_884, batch_size=settings.batch_size,
                samples_per_s=100.0, seconds_per_epoch=3.0, seconds_total=3.0 * settings.epochs,
                memory=2**30, memory_available=2**33,
                sentence=f"About 3 s an epoch, {3 * settings.epochs} s for all of it, and 1.0 GiB "
                "of memory.",
            )
        )  # fmt: skip
        return 0
    train(settings, options.new, Asked(options.attached))
    return 0


if __name__ == "__main__":
    sys.exit(main())
