"""`sites`: heavy atoms from anomalous or isomorphous differences."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

import patterson_gui as pg
from patterson_gui.cli.exit_codes import ExitCode
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.differences import add_differences, chosen_differences
from patterson_gui.cli.options.shared import add_output, add_seed
from patterson_gui.cli.options.value_types import count
from patterson_gui.cli.output_folders import output_folder
from patterson_gui.cli.printing.notes import print_note, print_notes

if TYPE_CHECKING:
    from patterson_gui.crystal.differences.heavy_atoms import SitesProgress

_write_sites = lazy_function("patterson_gui.io.heavy_atoms.sites", "write_sites")
_site_lines = lazy_function("patterson_gui.cli.printing.heavy_atoms", "site_lines")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.epilog = (
        "Exit codes: 0 sites were found, 4 the data show none; 1 an error, such as a file without "
        "Friedel pairs."
    )
    add_differences(parser)
    parser.add_argument(
        "--element", required=True, metavar="SE", help="symbol of the element that is sought"
    )
    parser.add_argument(
        "--n", type=count, metavar="N",
        help="largest number of sites in the asymmetric unit (default: as many as the data show)",
    )  # fmt: skip
    add_output(parser, "DIR", "folder for sites.pdb and sites.csv; sites.json with --json")
    add_seed(parser)
    parser.add_argument(
        "--json", action="store_true",
        help="also write sites.json, and print the same list; show no progress",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find the sites, write the files and print a table."""
    with output_folder(options.output):
        sites = pg.find_sites(
            options.input,
            **chosen_differences(options),
            element=options.element,
            n=options.n,
            seed=options.seed,
            progress=False if options.json else _print_step(),
        )
    _write_sites(options.output, sites.found, as_json=options.json)
    print_notes(sites.notes)
    if options.json:
        print_note(sites.reason)
        print(json.dumps(sites.table, indent=2, allow_nan=False))
    else:
        print(*_site_lines(sites.found), sep="\n")
        print(f"→ {options.output}")
    return ExitCode.DONE if len(sites) else ExitCode.NOT_SOLVED


class _print_step:  # noqa: N801  (used as a function)
    """Prints each new step to standard error."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, now: "SitesProgress") -> None:
        if now.step != self._last:
            print(now.step, file=sys.stderr, flush=True)
        self._last = now.step
