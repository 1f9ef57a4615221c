"""`train`: train a network on a data set, with a line for each epoch."""

import argparse
import json
from pathlib import Path
from typing import Any

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import DEVICES, add_output
from patterson_gui.cli.options.value_types import count, positive, seed
from patterson_gui.errors import UserError
from patterson_gui.io.training.presets import PRESETS

_training_settings = lazy_function("patterson_gui.api.training.train", "training_settings")
_form_fields = lazy_function("patterson_gui.io.training.form", "form_fields")
_printer = lazy_function("patterson_gui.cli.printing.training", "TrainingPrinter")
_print_settings = lazy_function("patterson_gui.cli.printing.training", "print_training_settings")
_estimate = lazy_function("patterson_gui.nets.training.loop", "estimate_training")
_find_learning_rate = lazy_function("patterson_gui.nets.training.loop", "find_rate")

# Settings with an option of their own; --set reaches all others.
_OPTIONS = (
    "name", "network", "epochs", "batch_size", "learning_rate", "max_time", "time_budget",
    "precision", "device", "seed",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "data", type=Path, nargs="?", metavar="DATA.h5",
        help="data set, made by 'dataset build'; not needed with --resume",
    )  # fmt: skip
    add_output(parser, "RUN", "folder for the curves, checkpoints and the trained network")
    parser.add_argument(
        "--preset", choices=tuple(PRESETS),
        help="settings to start from; the options below change them (default: recommended)",
    )  # fmt: skip
    parser.add_argument(
        "--network", metavar="NAME", help="architecture of the network (default: the preset's)"
    )
    parser.add_argument(
        "--name", metavar="NAME",
        help="name of the trained network (default: the name of the folder)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=count, metavar="N", help="number of epochs (default: the preset's)"
    )
    parser.add_argument(
        "--batch-size", type=count, metavar="N",
        help="examples in a batch on each device (default: the preset's)",
    )  # fmt: skip
    parser.add_argument(
        "--learning-rate", type=positive, metavar="X",
        help="highest learning rate of the schedule (default: the preset's)",
    )  # fmt: skip
    parser.add_argument(
        "--max-time", type=positive, metavar="S",
        help="write a checkpoint and stop after this many seconds; --resume continues "
        "(default: no limit)",
    )  # fmt: skip
    parser.add_argument(
        "--time-budget", type=positive, metavar="S",
        help="end the whole training after this many seconds, resumed sessions included "
        "(default: the preset's)",
    )  # fmt: skip
    parser.add_argument(
        "--precision", choices=("auto", "fp32", "bf16"),
        help="number format; auto: bf16 on GPUs that are faster with it, else fp32 "
        "(default: the preset's)",
    )  # fmt: skip
    parser.add_argument(
        "--device", choices=DEVICES,
        help="where to train; auto: on a GPU if there is one (default: the preset's)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=seed, metavar="S", help="random seed (default: the preset's)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", dest="changes",
        help="any other setting, for example augmentation.noise=0.05; '--set help' lists them",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true",
        help="continue the training in RUN with its settings, except for those given here",
    )  # fmt: skip
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--find-lr", action="store_true", help="only search for a good learning rate")
    only.add_argument(
        "--estimate", action="store_true", help="only estimate the time and memory needed"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Train, or search for a learning rate, or estimate the cost."""
    if "help" in options.changes:
        _print_settings()
        return
    changes = dict(_parsed(change) for change in options.changes)
    given = {name: getattr(options, name) for name in _OPTIONS}
    show = _printer().show
    if not (options.estimate or options.find_lr):
        pg.train(
            options.data,
            options.output,
            preset=options.preset,
            settings=changes,
            resume=options.resume,
            progress=show,
            **given,
        )
        return
    settings = _training_settings(
        options.data,
        options.output,
        preset=options.preset,
        resume=options.resume,
        changes={name: value for name, value in given.items() if value is not None} | changes,
    )
    (_estimate if options.estimate else _find_learning_rate)(settings, show)


def _parsed(change: str) -> tuple[str, Any]:
    key, equals, text = change.partition("=")
    known = {field.key for field in _form_fields()}
    if not equals or key not in known:
        raise UserError(
            f"'{change}' is not a setting with a value: write FIELD=VALUE; 'train -o RUN --set "
            "help' lists the fields."
        )
    try:
        return key, json.loads(text)
    except ValueError:
        return key, text
