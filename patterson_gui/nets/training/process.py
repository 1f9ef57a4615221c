"""Run a training as a program: settings in a file, events as JSON lines, commands on stdin.

    python -m patterson_gui.nets.training.process SETTINGS.json
    torchrun --nproc-per-node 4 -m patterson_gui.nets.training.process SETTINGS.json

`io/training/events.py` defines the events and the commands.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_fault
from patterson_gui.io.training.events import Event, Failed, event_line
from patterson_gui.io.training.settings import TrainingSettings, read_settings
from patterson_gui.nets.training.control import Control


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for; return the exit code, 0 on success."""
    parser = argparse.ArgumentParser(prog="python -m patterson_gui.nets.training.process")
    parser.add_argument("settings", type=Path, help="file of settings (settings.json)")
    parser.add_argument(
        "--new", action="store_true", help="refuse a folder that already holds a training"
    )
    parser.add_argument(
        "--attached", action="store_true", help="also stop when standard input is closed"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--estimate", action="store_true", help="only estimate time and memory")
    what.add_argument("--find-lr", action="store_true", help="only find a learning rate")
    options = parser.parse_args(list(arguments))
    control = Control()
    try:
        with control.signals():
            settings = read_settings(options.settings)
            if not (options.estimate or options.find_lr) and sys.stdin is not None:
                at_end = control.stop if options.attached else _go_on
                control.listen(sys.stdin.fileno(), at_end)
            _carry_out(settings, options, control)
    except UserError as error:
        _say(Failed(sentence=str(error)), control)
        return 1
    except Exception as error:
        if fault := machine_fault(error):
            _say(Failed(sentence=f"{fault} The training can be resumed."), control)
            return 1
        sentence = f"The training failed with an unexpected error ({error!r})."
        _say(Failed(sentence=sentence, details=traceback.format_exc()), control)
        return 1
    return 0


def _carry_out(settings: TrainingSettings, options: argparse.Namespace, control: Control) -> None:
    # Imported here, so that an invalid settings file is reported before torch is loaded.
    from patterson_gui.nets.training import loop as training

    def report(event: Event) -> None:
        _say(event, control)

    if options.estimate:
        training.estimate_training(settings, report)
    elif options.find_lr:
        training.find_rate(settings, report, control.should_stop)
    else:
        training.train(
            settings, report, control.should_stop, control.paused, resume=not options.new
        )


def _go_on() -> None:
    """Do nothing, so that the training continues without the process that started it."""


def _say(event: Event, control: Control) -> None:
    try:
        print(event_line(event), flush=True)
    except BrokenPipeError:
        # Nobody reads the events any more: stop with a checkpoint.
        control.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
