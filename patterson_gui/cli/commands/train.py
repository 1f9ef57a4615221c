"""`train`: a network learns from a data set, with a line for each epoch."""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from patterson_gui.errors import UserError
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
from patterson_gui.io.training.presets import PRESETS
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder
from patterson_gui.io.training.settings import TrainingSettings

# Options of their own for what is set most often; --set reaches everything.
_OPTIONS = {
    "name": "name",
    "network": "network",
    "epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "max_time": "max_time",
    "time_budget": "time_budget",
    "precision": "precision",
    "device": "device",
    "seed": "seed",
}


def add_train(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """The command's options."""
    parser = subparsers.add_parser("train", help="train a network on a data set")
    parser.add_argument(
        "data", type=Path, nargs="?", metavar="DATA.h5",
        help="made by 'dataset build'; may be left out with --resume",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="RUN",
        help="folder for curves, checkpoints and the trained network",
    )  # fmt: skip
    parser.add_argument("--preset", choices=tuple(PRESETS), help="what to start from (recommended)")
    parser.add_argument("--network", metavar="NAME", help="architecture")
    parser.add_argument("--name", help="what to call the trained network")
    parser.add_argument("--epochs", type=int, metavar="N")
    parser.add_argument("--batch-size", type=int, metavar="N", help="examples at once")
    parser.add_argument("--learning-rate", type=float, metavar="X", help="the highest one")
    parser.add_argument(
        "--max-time", type=float, metavar="S", help="leave after a checkpoint after so many seconds"
    )
    parser.add_argument(
        "--time-budget", type=float, metavar="S", help="seconds for all sessions together"
    )
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--seed", type=int, metavar="S")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", dest="changes",
        help="any other setting, as augmentation.noise=0.05; --set help lists them",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true",
        help="go on with the training in RUN, with its settings but for those given",
    )  # fmt: skip
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--find-lr", action="store_true", help="only look for a learning rate")
    what.add_argument("--estimate", action="store_true", help="only say what it would cost")
    parser.set_defaults(run=train_command)


def train_command(options: argparse.Namespace) -> None:
    """`train DATA.h5 -o RUN`."""
    if "help" in options.changes:
        _print_fields()
        return
    settings = _settings(options)
    # Only now: a wrong option is told of at once.
    from patterson_gui.nets.training import loop as training
    from patterson_gui.nets.training.control import Control

    control, show = Control(), _Line().show
    with control.signals():
        if options.estimate:
            training.estimate_training(settings, show)
        elif options.find_lr:
            training.find_rate(settings, show, control.should_stop)
        else:
            training.train(
                settings, show, control.should_stop, control.paused, resume=options.resume
            )


def _settings(options: argparse.Namespace) -> TrainingSettings:
    changes: dict[str, Any] = {
        field: value
        for option, field in _OPTIONS.items()
        if (value := getattr(options, option)) is not None
    }
    changes |= dict(_parsed(change) for change in options.changes)
    folder = RunFolder(options.output)
    if options.resume and folder.settings.exists():
        if options.preset is not None:
            raise UserError(
                "A training that goes on has its own settings: leave --preset out, or train anew "
                "in another folder."
            )
        if options.data is not None:
            changes["data"] = options.data
        return folder.read_settings().changed(changes)
    if options.data is None:
        raise UserError(f"{options.output} holds no training to resume: name a data set to learn.")
    preset = PRESETS[options.preset or "recommended"]
    return preset.settings(options.data, options.output, **changes)


def _parsed(change: str) -> tuple[str, Any]:
    key, equals, text = change.partition("=")
    known = {field.key for field in form_fields()}
    if not equals or key not in known:
        raise UserError(
            f"'{change}' sets nothing: write FIELD=VALUE; 'train -o RUN --set help' lists the "
            "fields."
        )
    try:
        return key, json.loads(text)
    except ValueError:
        return key, text


def _print_fields() -> None:
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


def _print_rates(suggestion: float, curve: tuple[tuple[float, float], ...]) -> None:
    print("learning rate       loss")
    for rate, loss in curve[:: max(1, len(curve) // 20)]:
        print(f"{rate:13.2e} {loss:10.4f}")
    if math.isfinite(suggestion):
        print(f"Suggested: --learning-rate {suggestion:.2g}")
    else:
        print("The loss never fell: nothing can be suggested.")


class _Line:
    """Events as lines; on a terminal the last one shows how the epoch goes."""

    def __init__(self) -> None:
        self._alive = sys.stderr.isatty()
        self._epochs = 0

    def show(self, event: Event) -> None:
        if isinstance(event, TrainingProgress):
            self._show_progress(event)
            return
        if self._alive:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        if isinstance(event, Started):
            self._epochs = event.epochs
            resumed = f", resumed in epoch {event.resumed_at}" if event.resumed_at else ""
            print(
                f"{event.network}, {event.parameters:,} parameters, on {event.processes} × "
                f"{event.device}: {event.training_examples:,} examples, "
                f"{event.validation_examples:,} to judge by{resumed}",
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
        if not self._alive:
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
        f"epoch {record.epoch:4d}/{epochs}  {record.seconds:8.0f} s  {record.samples:9,} seen  "
        f"loss {record.train_loss:.4g}  unseen: loss {record.val_loss:.4g}  "
        f"r {record.val_r_median:.4f}"
        + (f"  phases {phases:5.1f}°" if math.isfinite(phases) else "")
        + (f"  {speed:.1f}/s" if math.isfinite(speed) else "")
        + ("  best" if record.best else "")
    )
