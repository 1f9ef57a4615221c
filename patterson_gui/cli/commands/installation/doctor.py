"""`doctor`: examine what the program needs, and say how to fix what is wrong."""

import argparse

from patterson_gui.cli.doctor.examine import examine, json_of, text_of
from patterson_gui.cli.exit_codes import ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> ExitCode:
    """Print every finding; returns the exit code."""
    findings = examine()
    print(json_of(findings) if options.json else text_of(findings))
    return ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.FAILED
