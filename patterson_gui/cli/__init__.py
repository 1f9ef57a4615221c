"""The command line, and the composition root: the one place that knows all floors.

`patterson-gui [FILE]` opens the window; every other use is a command of its own. The commands
are modules in `commands`. Only the module of the command that is called is imported, so that
`--help` is fast, and no command loads Qt except those that open the window.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

from patterson_gui.cli.console import make_printing_safe
from patterson_gui.cli.exit_codes import ExitCode
from patterson_gui.cli.parser import parse
from patterson_gui.cli.unexpected import sentence_of, show_traceback
from patterson_gui.errors import Cancelled, UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv` (default: the process's own); returns the exit code."""
    make_printing_safe()
    arguments = sys.argv[1:] if argv is None else argv
    try:
        options = parse(arguments)
        return int(options.run(options) or ExitCode.DONE)
    except UserError as error:
        show_traceback(error)
        print(f"patterson-gui: {error}", file=sys.stderr)
        return ExitCode.FAILED
    except (Cancelled, KeyboardInterrupt):
        print("patterson-gui: cancelled.", file=sys.stderr)
        return ExitCode.CANCELLED
    except BrokenPipeError:
        # The reader of the output has closed its end. Python would report the same again when
        # it flushes at exit, so standard output is replaced first.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:  # the edge of the program: nobody wants a traceback
        show_traceback(error)
        print(f"patterson-gui: {sentence_of(error, arguments)}", file=sys.stderr)
        return ExitCode.FAILED
