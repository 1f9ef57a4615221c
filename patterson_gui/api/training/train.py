"""Train networks: `train`, `estimate_training`, `find_learning_rate`."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patterson_gui.api.arguments import PathLike, one_of, path_of
from patterson_gui.api.progress import shown_in_bar
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.training.events import EpochDone, Started, TrainingProgress
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.nets.training import loop
from patterson_gui.nets.training.control import Control

if TYPE_CHECKING:
    from patterson_gui.io.training.events import Estimate, Event, LearningRateFound
    from patterson_gui.io.training.run_folder import EpochRecord
    from patterson_gui.io.training.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingResult:
    """The result of one session of a training.

    Attributes
    ----------
    reason : "epochs", "patience", "time", "budget" or "stopped" (Ctrl-C).
    sentence : the same as a sentence.
    epochs : finished epochs, all sessions together.
    best_r : highest median Pearson r on the validation examples; NaN before the first epoch.
    weights : the weights of the best epoch; None before the first epoch.
    folder : the run folder; `train(..., resume=True)` continues there.
    """

    reason: str
    sentence: str
    epochs: int
    best_r: float
    weights: Path | None
    folder: Path

    @property
    def records(self) -> "list[EpochRecord]":
        """Losses, correlation and phase errors of each epoch."""
        return RunFolder(self.folder).records()


@machine_faults_as_sentences()
def train(
    data: PathLike | None,
    output: PathLike,
    *,
    preset: str | None = None,
    network: str | None = None,
    name: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    max_time: float | None = None,
    time_budget: float | None = None,
    precision: str | None = None,
    device: str | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    progress: "bool | Callable[[Event], None] | None" = None,
) -> TrainingResult:
    """Train a network on a data set.

    Ctrl-C stops it after a checkpoint; `resume=True` continues from there.

    Parameters
    ----------
    data : the .h5 file, made by `build_dataset`; None with `resume`: the data set of the run.
    output : the run folder, for curves, checkpoints and the trained network.
    preset : settings to start from, a name in `patterson_gui.io.training.presets.PRESETS`
        (default "recommended").
    network : the architecture.
    name : name of the trained network.
    epochs, batch_size, learning_rate, precision, device, seed : as in
        `patterson_gui.io.training.settings.TrainingSettings`; None: those of the preset.
    max_time : seconds after which this session writes a checkpoint and ends.
    time_budget : seconds for all sessions together.
    settings : any other setting by its name, such as {"augmentation.noise": 0.05}.
    resume : continue the run in `output` with its settings, changed by those given here.
    progress : True, False, or a function that is called with each event of
        `patterson_gui.io.training.events`; None: a bar on a terminal and in a notebook.

    Raises
    ------
    UserError : the settings, the data set or the checkpoint cannot be used, or the folder holds
        another run.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> run = pg.train("2.h5", "run", preset="quick", epochs=10)  # doctest: +SKIP
    >>> run.weights  # doctest: +SKIP
    PosixPath('run/best.safetensors')
    """
    changes = {
        "network": network, "name": name, "epochs": epochs, "batch_size": batch_size,
        "learning_rate": learning_rate, "max_time": max_time, "time_budget": time_budget,
        "precision": precision, "device": device, "seed": seed,
    }  # fmt: skip
    chosen = training_settings(
        data, output, preset=preset, resume=resume, changes=_given(changes) | dict(settings or {})
    )
    control = Control()
    in_main_thread = threading.current_thread() is threading.main_thread()
    signals = control.signals() if in_main_thread else nullcontext()
    with _shown(progress) as show, signals:
        finished = loop.train(chosen, show, control.should_stop, control.paused, resume=resume)
    return TrainingResult(
        finished.reason,
        finished.sentence,
        finished.epochs,
        finished.best_r,
        Path(finished.weights) if finished.weights else None,
        chosen.output,
    )


@machine_faults_as_sentences()
def estimate_training(
    data: PathLike, *, preset: str | None = None, settings: Mapping[str, Any] | None = None
) -> "Estimate":
    """Measure the time and memory that a training needs on this computer, in some seconds.

    Parameters
    ----------
    data, preset, settings : as in `train`; `settings` takes all names, also "epochs".

    Returns
    -------
    `seconds_per_epoch`, `seconds_total`, `memory` (bytes), a `sentence` ...

    Raises
    ------
    UserError : the settings or the data set cannot be used.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.estimate_training("2.h5", preset="quick").sentence  # doctest: +SKIP
    """
    return loop.estimate_training(_only_measured(data, preset, settings))


@machine_faults_as_sentences()
def find_learning_rate(
    data: PathLike, *, preset: str | None = None, settings: Mapping[str, Any] | None = None
) -> "LearningRateFound":
    """Find a learning rate for a network, its data and its batch size; nothing is written.

    Parameters
    ----------
    data, preset, settings : as in `estimate_training`.

    Returns
    -------
    `suggestion` (NaN if the loss never fell) and the `curve` of (learning rate, loss).

    Raises
    ------
    UserError : the settings or the data set cannot be used.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.find_learning_rate("2.h5", preset="quick").suggestion  # doctest: +SKIP
    """
    return loop.find_rate(_only_measured(data, preset, settings))


def training_settings(
    data: PathLike | None,
    output: PathLike,
    *,
    preset: str | None = None,
    resume: bool = False,
    changes: Mapping[str, Any] | None = None,
) -> "TrainingSettings":
    """The checked settings of a training: a preset with changes, or those of a resumed run.

    Raises
    ------
    UserError : a setting is unknown or wrong, or there is no data set.
    """
    wanted = dict(changes or {})
    folder = RunFolder(path_of(output, "output"))
    if resume and folder.settings.exists():
        if preset is not None:
            raise UserError(
                "A resumed training keeps its own settings: leave out the preset, or start a new "
                "training in another folder."
            )
        if data is not None:
            wanted["data"] = path_of(data, "data")
        return folder.read_settings().changed(wanted)
    if data is None:
        raise UserError(f"{output} holds no training to resume: give a data set.")
    chosen = PRESETS[one_of(preset or "recommended", PRESETS, "preset")]
    return chosen.settings(path_of(data, "data"), folder.path, **wanted)


def _only_measured(
    data: PathLike, preset: str | None, settings: Mapping[str, Any] | None
) -> "TrainingSettings":
    """Settings for a measurement: nothing is written to the run folder."""
    return training_settings(data, "run", preset=preset, changes=settings)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _shown(
    progress: "bool | Callable[[Event], None] | None",
) -> "AbstractContextManager[Callable[[Event], None]]":
    """Give a function that shows events: the caller's function, a bar of epochs, or nothing."""

    def update(bar: Any, event: "Event") -> None:
        if isinstance(event, Started):
            bar.total, bar.n = event.epochs, max(0, event.resumed_at - 1)
        elif isinstance(event, EpochDone):
            bar.n = event.record.epoch
            bar.set_postfix(r=f"{event.record.val_r_median:.4f}", refresh=False)
        elif isinstance(event, TrainingProgress):
            bar.n = round(event.epoch - 1 + event.fraction, 2)

    return shown_in_bar(progress, update, desc="Training", unit="epoch")
