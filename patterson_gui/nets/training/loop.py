"""Train a network: the loop over epochs and steps, on a CPU, a GPU, or several machines.

`nets/training/process.py` runs this as a program of its own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from patterson_gui.errors import UserError
from patterson_gui.io.training.events import (
    ENDS,
    EpochDone,
    Estimate,
    Event,
    Finished,
    LearningRateFound,
    PreviewWritten,
    Reason,
    Started,
)
from patterson_gui.io.training.run_folder import RunFolder
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.device import describe, keep_freed_memory
from patterson_gui.nets.feeds.base import Feed
from patterson_gui.nets.feeds.select import feed_for
from patterson_gui.nets.training.after_epoch.epoch_end import end_epoch
from patterson_gui.nets.training.after_epoch.tensorboard import Curves
from patterson_gui.nets.training.checkpoints import load_checkpoint
from patterson_gui.nets.training.estimate import estimate
from patterson_gui.nets.training.fabric import leave_processes, start_fabric
from patterson_gui.nets.training.lr_finder import find_learning_rate
from patterson_gui.nets.training.optimisation.learner import initial_network
from patterson_gui.nets.training.run import Run
from patterson_gui.nets.training.stopping import (
    REPORT_EVERY,
    Clock,
    Interrupted,
    Speed,
    StopCheck,
    progress,
)

Report = Callable[[Event], None]


def train(
    settings: TrainingSettings,
    report: Report = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
    paused: Callable[[], bool] = lambda: False,
    resume: bool = True,
    feed: Feed | None = None,
) -> Finished:
    """Train until all epochs are done, the time is up, or a stop is asked for.

    A checkpoint is written in each case.

    Parameters
    ----------
    report : called with every event, in the first of several processes only; `Finished` is last.
    should_stop, paused : called before each step.
    resume : continue from the run folder's checkpoint, if there is one.
    feed : source of the examples; None: the data set of the settings.

    Raises
    ------
    UserError : the settings, the data set or the checkpoint cannot be used, the folder holds
        another run or is in use, the loss becomes NaN or infinite, or a file cannot be written.
    """
    began = time.monotonic()
    refuse_taken_folder(settings, resume)
    with _run(settings, report, feed) as run, run.locked_folder():
        reason = _loop(run, resume, began, should_stop, paused)
        best = run.state.best
        finished = Finished(
            reason=reason,
            sentence=ENDS[reason],
            epochs=run.state.position.epoch,
            best_r=float("nan") if best is None else best.val_r_median,
            weights="" if best is None else str(run.folder.best),
        )
        run.tell(finished)
    return finished


def estimate_training(
    settings: TrainingSettings,
    report: Report = lambda event: None,
    feed: Feed | None = None,
) -> Estimate:
    """Measure time and memory of a training with these settings for some seconds, and report them.

    Raises
    ------
    UserError : as in `train`.
    """
    with _run(settings, report, feed) as run:
        found = estimate(run)
        run.tell(found)
    return found


def find_rate(
    settings: TrainingSettings,
    report: Report = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
    feed: Feed | None = None,
) -> LearningRateFound:
    """Find a learning rate for the network, the data and the batch size; write nothing.

    Raises
    ------
    UserError : as in `train`.
    """
    with _run(settings, report, feed) as run:
        run.learner.initialise_from(run.feed)
        found = find_learning_rate(run, should_stop=should_stop)
        run.tell(found)
    return found


@contextmanager
def _run(settings: TrainingSettings, report: Report, feed: Feed | None) -> Iterator[Run]:
    keep_freed_memory()
    fabric = start_fabric(settings)
    run: Run | None = None
    try:
        network, scales = initial_network(settings)
        if feed is None:
            feed = feed_for(settings, network, scales, fabric.device)
        run = Run(settings, fabric, network, feed, report)
        yield run
    finally:
        if run is not None:
            run.learner.close()
        leave_processes()


def _loop(
    run: Run,
    resume: bool,
    began: float,
    should_stop: Callable[[], bool],
    paused: Callable[[], bool],
) -> Reason:
    settings = run.settings
    checkpoint = load_checkpoint(run.folder) if resume else None
    if checkpoint is not None:
        run.restore(checkpoint)
    else:
        run.learner.initialise_from(run.feed)
    run.fabric.barrier()  # all processes have read the folder before one writes to it
    run.begin_folder()
    curves = Curves(run)
    run.tell(_started(run))
    clock = Clock(run.state.position.seconds)
    stop_check = StopCheck(run, clock, began, should_stop, paused)
    saved = reported = time.monotonic()
    while run.state.position.epoch < settings.epochs:
        if settings.patience and run.state.unimproved_epochs() >= settings.patience:
            return "patience"
        speed = Speed(run, clock)
        while True:
            seconds, ended = stop_check.before_step()
            if ended in ("stopped", "time"):
                run.save(clock.seconds())
                return ended
            step = run.next_step()
            if step is None or ended is not None:
                break
            run.take(step, run.learning_rate(seconds))
            now = time.monotonic()
            if now - reported > REPORT_EVERY:
                run.tell(progress(run, clock, speed))
                reported = now
            if now - saved > 60 * settings.checkpoint_minutes:
                run.save(clock.seconds())
                saved = now
        if ended is not None and run.state.position.in_epoch == 0:
            run.save(clock.seconds())  # the time budget ended before this epoch began
            return ended
        samples_per_s = speed.samples_per_s()
        try:
            record = end_epoch(run, clock.seconds, samples_per_s, stop_check.during_validation)
        except Interrupted as interrupted:
            run.save(clock.seconds())
            return interrupted.reason
        run.save(clock.seconds())
        saved = time.monotonic()
        curves.add(record)
        run.tell(EpochDone(record=record))
        run.tell(PreviewWritten(path=str(run.folder.preview), epoch=record.epoch))
        if ended is not None:
            return ended
    return "epochs"


def refuse_taken_folder(settings: TrainingSettings, resume: bool) -> None:
    """Raise UserError if a new run would overwrite another one."""
    if not resume and RunFolder(settings.output).holds_a_run():
        raise UserError(
            f"{settings.output} holds a training already: resume it, or choose another folder."
        )


def _started(run: Run) -> Started:
    return Started(
        device=describe(run.fabric.device),
        processes=run.fabric.world_size,
        network=run.network.name,
        parameters=run.network.n_parameters,
        training_examples=run.feed.n_training,
        validation_examples=run.feed.n_validation,
        epochs=run.settings.epochs,
        steps_per_epoch=run.steps_per_epoch,
        resumed_at=run.state.position.epoch + 1 if run.state.position.step else 0,
    )
