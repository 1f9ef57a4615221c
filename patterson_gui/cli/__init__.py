"""The command line, and the composition root: the one place that knows all floors.

`patterson-gui [FILE]` opens the window; every other use is a command of its own.
`exit_codes.py` says what the exit codes mean.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

from patterson_gui.cli.exit_codes import ExitCode
from patterson_gui.errors import Cancelled, UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv` (default: the process's own); returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        from patterson_gui.cli.parser import COMMANDS, parse

        if arguments and (arguments[0] in COMMANDS or arguments[0].startswith("-")):
            options = parse(arguments)
            return int(options.run(options) or ExitCode.DONE)
        from patterson_gui.cli.window import open_window

        return open_window(arguments)
    except UserError as error:
        print(f"patterson-gui: {error}", file=sys.stderr)
        return ExitCode.FAILED
    except (Cancelled, KeyboardInterrupt):
        print("patterson-gui: cancelled.", file=sys.stderr)
        return ExitCode.CANCELLED
    except BrokenPipeError:
        # The reader of our output went away; nothing is left to say, not even at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
