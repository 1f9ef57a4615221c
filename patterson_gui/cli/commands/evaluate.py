"""`evaluate`: how well a method works, as the papers' table and plots."""

import argparse
from contextlib import ExitStack
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.options.shared import USUAL_CELLS, add_d_min, add_method
from patterson_gui.cli.options.value_types import count, cubic_cell, fraction
from patterson_gui.cli.output_folders import output_folder
from patterson_gui.cli.printing.crystal_evaluation import print_crystal_summary
from patterson_gui.cli.printing.evaluation import print_summary
from patterson_gui.cli.printing.notes import print_note
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS, D_MIN, PROTEIN_KINDS


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "input", type=Path, metavar="FOLDER|FILE",
        help="folder of protein models, or a file of crystals (CIF, extended XYZ, ...)",
    )  # fmt: skip
    parser.add_argument(
        "--kind", choices=(*PROTEIN_KINDS, *CRYSTAL_KINDS), default="dipeptide",
        help="kind of problem; dialanine, dipeptide, fragment: residues of proteins; crystal: "
        "unit cells; lattice: 10 Å windows of crystals (default: %(default)s)",
    )  # fmt: skip
    lengths = ", ".join(f"{kind.length} for {name}" for name, kind in PROTEIN_KINDS.items())
    parser.add_argument(
        "--length",
        type=count,
        metavar="N",
        help=f"number of residues of a problem (default: {lengths})",
    )
    parser.add_argument(
        "--cell", type=cubic_cell, metavar="12|auto",
        help="edge of a cubic cell in Å, or auto: the extent of the residues plus a margin "
        f"(default: {USUAL_CELLS})",
    )  # fmt: skip
    add_d_min(parser, D_MIN)
    parser.add_argument(
        "--noise", type=fraction, default=0.0, metavar="X",
        help="relative error added to the amplitudes; 0.05 is typical of measured data "
        "(default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--n",
        type=count,
        default=200,
        metavar="N",
        help="number of problems (default: %(default)s)",
    )
    parser.add_argument(
        "--splits", type=Path, metavar="TSV", help="table with the columns entry and split"
    )
    parser.add_argument(
        "--split", default="test", metavar="NAME",
        help="use only entries of this split (default: %(default)s)",
    )  # fmt: skip
    add_method(parser, atoms_by_default="no")
    parser.add_argument(
        "--segment", action="store_true",
        help="also evaluate the atoms that a network finds in each density",
    )  # fmt: skip
    parser.add_argument(
        "--json", type=Path, metavar="R.json", help="write the figures and every case to this file"
    )
    parser.add_argument(
        "--plots", type=Path, metavar="DIR",
        help="write plots of the phase error by resolution to this folder, as SVG",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluate, write what was asked for and print the summary."""
    folders = [None if options.json is None else options.json.parent, options.plots]
    with ExitStack() as stack:
        for folder in filter(None, folders):
            stack.enter_context(output_folder(folder))
        evaluation = pg.evaluate(
            options.input,
            options.kind,
            n=options.n,
            method=options.method,
            atoms=bool(options.atoms),
            model=options.model,
            length=options.length,
            cell=options.cell,
            d_min=options.d_min,
            noise=options.noise,
            splits=options.splits,
            split=options.split,
            segment=options.segment,
            starts=options.starts,
            iterations=options.iterations,
            seed=options.seed,
            device=options.device,
        )
    if options.json is not None:
        evaluation.save(options.json)
    if options.kind in CRYSTAL_KINDS:
        print_crystal_summary(evaluation.figures)
    else:
        print_summary(evaluation.figures)
        if options.plots is not None:
            for path in evaluation.save_plots(options.plots):
                print(f"→ {path}")
    for note in evaluation.notes:
        print_note(note)
