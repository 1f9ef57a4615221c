"""Estimate the time and memory of a training from a few steps on its device."""

import time
from collections.abc import Callable

import torch

from patterson_gui.io.training.events import Estimate
from patterson_gui.io.training.settings import TrainingSettings
from patterson_gui.nets.device import free_memory, peak_memory
from patterson_gui.nets.training.after_epoch.epoch_end import validate
from patterson_gui.nets.training.run import Run

_TIMED_S = 3.0
_FEW_ON_CPU = 4  # examples per step on a CPU: time and memory are proportional to their number


def estimate(run: Run) -> Estimate:
    """Time some steps and a short validation; nothing is written, but the weights change."""
    settings, device = run.settings, run.fabric.device
    gpu = device.type == "cuda"
    wanted = settings.batch_size
    few = wanted if gpu else min(wanted, _FEW_ON_CPU)
    state = run.state
    state.position = state.position.model_copy(update={"batch_size": few, "accumulation": 1})
    resting = peak_memory(device)
    _steps(run, 0.0)  # the first step is slow: it loads libraries and selects kernels
    before = state.position.samples
    seconds = _timed(lambda: _steps(run, _TIMED_S), device)
    samples_per_s = (state.position.samples - before) / seconds
    used = peak_memory(device)
    few = state.position.batch_size // run.fabric.world_size or 1
    if not gpu:
        used = resting + (used - resting) * wanted // few
    wanted_validation = min(settings.validation_samples, run.feed.n_validation)
    few_validation = min(wanted_validation, max(few, 8))
    validation = _timed(lambda: validate(run, samples=few_validation), device)
    validation *= wanted_validation / few_validation
    per_epoch = run.epoch_samples * run.fabric.world_size / samples_per_s + validation
    total = per_epoch * settings.epochs
    if settings.time_budget is not None:
        total = min(total, settings.time_budget)
    free = free_memory(device)
    return Estimate(
        device=str(device),
        parameters=run.network.n_parameters,
        batch_size=state.position.batch_size if gpu else wanted,
        samples_per_s=samples_per_s,
        seconds_per_epoch=per_epoch,
        seconds_total=total,
        memory=used,
        memory_available=free,
        sentence=_sentence(settings, per_epoch, total, used, free),
    )


def _steps(run: Run, seconds: float) -> None:
    """Take steps for `seconds`, at least one."""
    end = time.perf_counter() + seconds
    while True:
        step = run.next_step()
        if step is None:
            run.state.begin_next_epoch()
            continue
        run.take(step, 0.0)
        run.state.mean_loss()  # waits for the device
        if time.perf_counter() >= end:
            return


def _timed(work: Callable[[], object], device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def _sentence(
    settings: TrainingSettings, per_epoch: float, total: float, used: int, free: int
) -> str:
    text = (
        f"About {words(per_epoch)} an epoch, {words(total)} for all of it"
        f"{'' if settings.max_time is None else f', {words(settings.max_time)} this session'}, "
        f"and {used / 2**30:.1f} GiB of memory"
    )
    if free and used > free:
        return (
            text + f", more than the {free / 2**30:.1f} GiB that are free: choose a smaller batch."
        )
    return text + "."


def words(seconds: float) -> str:
    """A time in a readable unit."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:.1f} days"
