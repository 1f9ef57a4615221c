"""`solve`: from measured intensities to a refined structure in its space group."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import patterson_gui as pg
from patterson_gui.cli.exit_codes import ExitCode
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import add_output
from patterson_gui.cli.options.solving import add_solve_settings, solve_settings
from patterson_gui.cli.options.value_types import peaks, positive, unit_cell
from patterson_gui.cli.output_folders import output_folder

if TYPE_CHECKING:
    from patterson_gui.crystal.solution import SolveProgress

_plain_stem = lazy_function("patterson_gui.io.files", "plain_stem")
_refuse_foreign_files = lazy_function("patterson_gui.io.solution.write", "refuse_foreign_files")
_print_solution = lazy_function("patterson_gui.cli.printing.solution", "print_solution")
_progress_lines = lazy_function("patterson_gui.cli.printing.solution", "progress_lines")

_CODES = {"solved": ExitCode.DONE, "probably": ExitCode.PROBABLY}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.epilog = (
        "Exit codes: 0 solved, 3 probably solved, 4 not solved; 1 an error, such as a file "
        "without intensities."
    )
    parser.add_argument(
        "input", type=Path, metavar="DATA",
        help="measured intensities: SHELX .hkl, .fcf, CIF, MTZ, mmCIF-sf, XDS_ASCII; a file of the "
        "same name beside it (.ins, .res, .cif, .p4p) supplies what it lacks",
    )  # fmt: skip
    add_output(
        parser, "DIR",
        "folder for all files (default: NAME-solved beside DATA); files in it that this program "
        "did not write, or that were changed since, are never replaced: the command ends with an "
        "error before it solves anything",
        required=False,
    )  # fmt: skip
    contents = parser.add_mutually_exclusive_group()
    contents.add_argument(
        "--formula", metavar="FORMULA",
        help="one formula unit, such as 'C12 H22 O11' (default: as the files say)",
    )  # fmt: skip
    contents.add_argument(
        "--elements", metavar="ELEMENTS",
        help="elements that may be present, such as 'C H N O', where the formula is not known",
    )  # fmt: skip
    parser.add_argument(
        "--z", type=positive, metavar="N",
        help="formula units in the cell, with --formula (default: from the volume)",
    )  # fmt: skip
    parser.add_argument(
        "--cell", type=unit_cell, metavar='"a b c α β γ"',
        help="unit cell in Å and degrees (default: as the files say)",
    )  # fmt: skip
    parser.add_argument(
        "--wavelength", type=positive, metavar="Å",
        help="wavelength in Å (default: as the files say)",
    )  # fmt: skip
    add_solve_settings(parser)
    parser.add_argument(
        "--superpose", type=peaks, action="append", metavar='auto|none|"u v w"',
        help="Patterson peak, in fractions of the cell, that the first tries begin from; give it "
        "again for further peaks, and write --superpose=\"-0.1 0 0.2\" where the first number is "
        "negative. auto: first random phases, then also the highest peaks; none: random phases "
        "alone (default: auto)",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true",
        help="print the figures as JSON and show no progress",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Solve, write the files and print the figures."""
    superpose = _superposed(options.superpose)
    name = _plain_stem(options.input)
    folder = options.output or options.input.parent / f"{name}-solved"
    _refuse_foreign_files(folder, name)
    with output_folder(folder):
        solved = pg.solve(
            options.input,
            formula=options.formula,
            elements=options.elements,
            z=options.z,
            cell=options.cell,
            wavelength=options.wavelength,
            **solve_settings(options),
            superpose=superpose,
            progress=False if options.json else _shown_in_lines(),
        )
    solved.save(folder)
    if options.json:
        # In ASCII, which every console prints without loss.
        print(json.dumps(solved.figures, indent=2, allow_nan=False))
    else:
        _print_solution(solved.figures)
        print(f"→ {folder}")
    return _CODES.get(solved.verdict, ExitCode.NOT_SOLVED)


def _superposed(given: list[Any] | None) -> Any:
    """What `--superpose`, given once or several times, means for `pg.solve`."""
    if given is None:
        return "auto"
    words = [each for each in given if isinstance(each, str)]
    if words and len(given) > 1:
        raise pg.UserError("Give --superpose once with auto or none, or give peaks alone.")
    return words[0] if words else given


class _shown_in_lines:  # noqa: N801  (used as a function)
    """Prints each new step, start and space group to standard error, one line each."""

    def __init__(self) -> None:
        self._last: SolveProgress | None = None

    def __call__(self, now: "SolveProgress") -> None:
        for line in _progress_lines(self._last, now):
            print(line, file=sys.stderr, flush=True)
        self._last = now
