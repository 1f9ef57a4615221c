"""`screen`: solve all data sets in a folder, in parallel."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import patterson_gui as pg
from patterson_gui.cli.options.shared import add_output
from patterson_gui.cli.options.solving import add_solve_settings, solve_settings
from patterson_gui.cli.options.value_types import count, positive

if TYPE_CHECKING:
    from patterson_gui.api.types.screening import ScreenProgress


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER",
        help="folder with the data sets; folders inside it are searched too: files of "
        "reflections (.hkl, .mtz, .fcf, .cif), each with its "
        "companions (.ins, .res, .cif, .p4p) beside it",
    )  # fmt: skip
    add_output(
        parser, "OUT",
        "folder for screen.csv, screen.html and a folder for each crystal; a run that was stopped "
        "continues: finished crystals are kept, unless their files or the options have changed",
    )  # fmt: skip
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=count, metavar="N",
        help="crystals that are solved at the same time (default: one for each core)",
    )  # fmt: skip
    where.add_argument(
        "--dask", metavar="ADDRESS",
        help="address of a Dask scheduler, such as tcp://host:8786, whose workers see the same "
        "folders",
    )  # fmt: skip
    parser.add_argument(
        "--limit", type=positive, default=600.0, metavar="S",
        help="time limit for each crystal in seconds (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--retry", action="store_true", help="try crystals that failed before again"
    )
    parser.add_argument(
        "--elements", metavar="ELEMENTS",
        help="elements that may be present in all crystals, such as 'C H N O' (default: as their "
        "files say)",
    )  # fmt: skip
    add_solve_settings(parser)
    parser.add_argument(
        "--json", action="store_true",
        help="print the rows as JSON and show no progress",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Solve all sets, write the tables and print a summary."""
    result = pg.screen(
        options.folder,
        options.output,
        jobs=options.jobs,
        dask=options.dask,
        limit=options.limit,
        retry=options.retry,
        elements=options.elements,
        **solve_settings(options),
        progress=False if options.json else _print_row,
    )
    if options.json:
        print(json.dumps([dict(row) for row in result.rows], indent=2))
        return
    for note in result.notes:
        print(f"Note: {note}")
    if result.kept:
        print(f"Finished before and kept: {result.kept}.")
    print(result.summary)
    print(f"→ {result.folder / 'screen.html'}")


def _print_row(now: "ScreenProgress") -> None:
    """One line to standard error for each crystal."""
    if now.row is None:
        return
    row = now.row
    words = [str(row[key]) for key in ("space_group", "formula") if row.get(key)]
    if row.get("r1") is not None:
        words.append(f"R1 {row['r1']:.3f}")
    if row["verdict"] in ("failed", "not solved"):
        words.append(str(row.get("reason") or ""))
    line = f"{now.done}/{now.total}  {row['name']}: {row['verdict']}  {', '.join(words)}"
    print(line.rstrip(), file=sys.stderr, flush=True)
