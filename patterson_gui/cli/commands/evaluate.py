"""`evaluate`: how well a method works, as the papers' table and plots."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.cli.crystal_evaluation import evaluate_crystals
from patterson_gui.cli.method import method_settings
from patterson_gui.cli.options import add_d_min, add_method
from patterson_gui.cli.printing.crystal_evaluation import print_crystal_summary
from patterson_gui.cli.printing.evaluation import print_summary
from patterson_gui.cli.printing.terminal import print_note, progress_bar
from patterson_gui.cli.value_types import count, cubic_cell, fraction
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS, D_MIN, PROTEIN_KINDS
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.report.shell_plots import write_shell_plots
from patterson_gui.io.report.tables import write_figures
from patterson_gui.nets.inference.trained_networks import TrainedNetworks
from patterson_gui.solve.evaluate import evaluate, summary
from patterson_gui.solve.sampling import Recipe, Sampler, models_in


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
        "--length", type=count, metavar="N", help=f"residues of a problem (default: {lengths})"
    )
    cells = ", ".join(f"{kind.cell_text} for {name}" for name, kind in PROTEIN_KINDS.items())
    parser.add_argument(
        "--cell", type=cubic_cell, metavar="12|auto",
        help="edge of a cubic cell in Å, or auto: the extent of the residues plus a margin "
        f"(default: {cells})",
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
        help="write the two plots by resolution shell to this folder, as SVG",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluate, write what was asked for and print the summary."""
    if options.kind in CRYSTAL_KINDS:
        _evaluate_crystals(options)
    else:
        _evaluate_proteins(options)


def _evaluate_crystals(options: argparse.Namespace) -> None:
    if options.json is not None:
        make_folder(options.json.parent)
    with progress_bar("Evaluating") as report:
        figures = evaluate_crystals(
            options.input,
            options.kind,
            n=options.n,
            seed=options.seed,
            model=options.model,
            splits=options.splits,
            split=options.split,
            report=report,
        )
    if options.json is not None:
        write_figures(options.json, figures)
    print_crystal_summary(figures)


def _evaluate_proteins(options: argparse.Namespace) -> None:
    kind = PROTEIN_KINDS[options.kind]
    length = options.length or kind.length
    if kind.fixed_length and length != kind.length:
        raise UserError(
            f"A {options.kind} has two residues: use --kind fragment for other lengths."
        )
    cell = options.cell or kind.cell_edge or "auto"
    models = models_in(
        options.input, options.splits, None if options.splits is None else options.split
    )
    edge = None if cell == "auto" else float(cell)
    recipe = Recipe(length, edge, options.d_min, options.kind, options.noise)
    sampler = Sampler(models, recipe, options.seed)
    settings = replace(method_settings(options), atoms=bool(options.atoms))
    if options.json is not None:
        make_folder(options.json.parent)
    if options.plots is not None:
        make_folder(options.plots)
    with progress_bar("Evaluating") as report:
        cases = evaluate(
            sampler,
            options.n,
            settings,
            report,
            networks=TrainedNetworks(),
            central_edge=kind.central_edge,
            segment=options.segment,
        )
    if not cases:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in sampler.rejected.most_common())
        raise UserError(f"No problem of this kind could be drawn from {options.input}: {reasons}.")
    figures: dict[str, Any] = {
        "kind": options.kind,
        "length": length,
        "cell": cell,
        "d_min": options.d_min,
        "method": options.method,
        "noise": options.noise,
        "seed": options.seed,
        "models": len(models),
        **summary(cases),
        "rejected": dict(sorted(sampler.rejected.items())),
        "cases": [case.row() for case in cases],
    }
    if options.json is not None:
        write_figures(options.json, figures)
    print_summary(figures)
    if options.plots is not None:
        for path in write_shell_plots(options.plots, figures, _subtitle(figures)):
            print(f"→ {path}")
    if len(cases) < options.n:
        print_note(f"Only {len(cases)} of the {options.n} cases asked for could be drawn.")


def _subtitle(figures: dict[str, Any]) -> str:
    cell = figures["cell"] if figures["cell"] == "auto" else f"{figures['cell']:g} Å"
    return (
        f"{figures['n']} × {figures['kind']}, cell {cell}, to {figures['d_min']:g} Å, "
        f"{figures['method']}"
    )
