"""What the exit codes of the program mean."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The code that the program ends with."""

    DONE = 0
    FAILED = 1
    PROBABLY = 3
    NOT_SOLVED = 4
    CANCELLED = 130  # 128 + SIGINT, as shells have it


EXIT_CODES = {
    ExitCode.DONE: "success",
    ExitCode.FAILED: "failure (one line on standard error says what, why and what to do)",
    ExitCode.PROBABLY: "the crystal is probably solved (solve)",
    ExitCode.NOT_SOLVED: "the crystal is not solved (solve), or no heavy atom was found (sites)",
    ExitCode.CANCELLED: "cancelled with Ctrl-C",
}
