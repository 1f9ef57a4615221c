"""The events of a training as lines, and the table of its settings."""

import math
import sys

from patterson_gui.io.training.events import (
    EpochDone,
    Estimate,
    Event,
    Finished,
    LearningRateFound,
    Notice,
    Started,
    TrainingProgress,
)
from patterson_gui.io.training.form import form_fields
from patterson_gui.io.training.run_folder import EpochRecord


def print_training_settings() -> None:
    """Every setting of a training with its default, limits, unit and description."""
    for field in form_fields():
        limits = [
            f"{'>' if field.above else '≥'} {field.minimum:g}" if field.minimum is not None else "",
            f"≤ {field.maximum:g}" if field.maximum is not None else "",
            " | ".join(field.choices),
            field.unit,
        ]
        about = ", ".join(part for part in limits if part)
        default = "" if field.default is None else f" ({field.default})"
        print(f"{field.key}{default}{f'  [{about}]' if about else ''}\n    {field.description}")


class TrainingPrinter:
    """Prints events as lines; on a terminal, a last line shows the progress of the epoch."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._epochs = 0

    def show(self, event: Event) -> None:
        """Print one event."""
        if isinstance(event, TrainingProgress):
            self._show_progress(event)
            return
        if self._on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        if isinstance(event, Started):
            self._epochs = event.epochs
            resumed = f", resumed in epoch {event.resumed_at}" if event.resumed_at else ""
            print(
                f"{event.network}, {event.parameters:,} parameters, on {event.processes} × "
                f"{event.device}: {event.training_examples:,} examples, "
                f"{event.validation_examples:,} for validation{resumed}",
                flush=True,
            )
        elif isinstance(event, EpochDone):
            print(_epoch(event.record, self._epochs), flush=True)
        elif isinstance(event, Notice):
            print(f"Note: {event.sentence}", file=sys.stderr, flush=True)
        elif isinstance(event, Estimate):
            print(event.sentence)
        elif isinstance(event, LearningRateFound):
            _print_rates(event.suggestion, event.curve)
        elif isinstance(event, Finished):
            print(event.sentence)
            if event.weights:
                print(f"best median r {event.best_r:.4f} → {event.weights}")

    def _show_progress(self, event: TrainingProgress) -> None:
        if not self._on_terminal:
            return
        doing = "paused" if event.paused else event.phase
        speed = f"{event.samples_per_s:.1f}/s" if math.isfinite(event.samples_per_s) else ""
        text = (
            f"epoch {event.epoch} {doing} {event.fraction:4.0%}  loss {event.loss:.4g}  "
            f"rate {event.learning_rate:.2e}  {speed}"
        )
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _epoch(record: EpochRecord, epochs: int) -> str:
    speed, phases = record.samples_per_s, record.val_phase_error_deg
    return (
        f"epoch {record.epoch:4d}/{epochs}  {record.seconds:8.0f} s  {record.samples:9,} examples  "
        f"loss {record.train_loss:.4g}  validation: loss {record.val_loss:.4g}  "
        f"r {record.val_r_median:.4f}"
        + (f"  phases {phases:5.1f}°" if math.isfinite(phases) else "")
        + (f"  {speed:.1f}/s" if math.isfinite(speed) else "")
        + ("  best" if record.best else "")
    )


def _print_rates(suggestion: float, curve: tuple[tuple[float, float], ...]) -> None:
    print("learning rate       loss")
    for rate, loss in curve[:: max(1, len(curve) // 20)]:
        print(f"{rate:13.2e} {loss:10.4f}")
    if math.isfinite(suggestion):
        print(f"Suggested: --learning-rate {suggestion:.2g}")
    else:
        print("The loss never fell: nothing can be suggested.")
