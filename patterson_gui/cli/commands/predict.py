"""`predict`: density, phases and atoms from the amplitudes alone."""

import argparse
import json
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import add_d_min, add_input, add_method, add_output
from patterson_gui.cli.options.value_types import count
from patterson_gui.cli.output_folders import output_folder
from patterson_gui.cli.printing.notes import print_notes
from patterson_gui.cli.printing.prediction import print_figures

_open_crystal = lazy_function("patterson_gui.cli.input_files", "open_crystal")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_input(parser)
    add_output(parser, "DIR", "folder for maps, phases, figures and a bundle")
    add_method(
        parser,
        atoms_by_default="if the data reach 1.8 Å, or reach 2.5 Å and confirm the atoms",
    )
    add_d_min(parser, None)
    parser.add_argument(
        "--atoms-in-cell", type=count, metavar="N",
        help="non-hydrogen atoms in the P1 cell (default: from the file)",
    )  # fmt: skip
    parser.add_argument(
        "--truth", type=Path, metavar="MODEL",
        help="model to compare the result with; the prediction never uses it",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Predict, write the results and print the figures."""
    crystal = _open_crystal(options.input, options.column, box=options.box)
    with output_folder(options.output):
        result = pg.predict(
            crystal,
            method=options.method,
            atoms=options.atoms,
            model=options.model,
            d_min=options.d_min,
            atoms_in_cell=options.atoms_in_cell,
            starts=options.starts,
            iterations=options.iterations,
            seed=options.seed,
            device=options.device,
            truth=options.truth,
        )
    result.save(options.output)
    if options.json:
        print(json.dumps(result.figures, indent=2))
    else:
        print_notes(crystal.notes)
        print_figures(result.figures)
        for note in result.notes:
            print(f"Note: {note}")
        print(f"→ {options.output}")
