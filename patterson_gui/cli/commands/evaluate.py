"""`evaluate`: how good a method is, as the papers' table and plots."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patterson_gui.cli.commands import method_settings, tell
from patterson_gui.cli.evaluate_crystals import evaluate_crystals_command
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder

if TYPE_CHECKING:
    from patterson_gui.solve.sampling import Recipe

LENGTHS = {"dialanine": 2, "dipeptide": 2}
CELLS: dict[str, float | str] = {"dialanine": 20.0, "dipeptide": 12.0, "fragment": "auto"}
CENTRAL_EDGE = 6.0  # Å: what paper 1 compares of its first set


def evaluate_command(options: argparse.Namespace) -> None:
    """`evaluate FOLDER --kind dipeptide --method hybrid --json R.json`."""
    if options.kind in ("crystal", "lattice"):
        evaluate_crystals_command(options)
        return
    from patterson_gui.cli.progress import progress_bar
    from patterson_gui.cli.results import print_summary
    from patterson_gui.cli.services import trained_networks
    from patterson_gui.io.report.shell_plots import write_shell_plots
    from patterson_gui.io.report.tables import write_figures
    from patterson_gui.solve.evaluate import evaluate, summary
    from patterson_gui.solve.sampling import Sampler, models_in

    length = _length(options)
    cell = options.cell or CELLS[options.kind]
    table = options.splits
    models = models_in(options.input, table, options.split if table is not None else None)
    sampler = Sampler(models, _recipe(options, length, cell), options.seed)
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
            networks=trained_networks(),
            central_edge=CENTRAL_EDGE if options.kind == "dialanine" else None,
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
        _tell_files(write_shell_plots(options.plots, figures, _subtitle(figures)))
    if len(cases) < options.n:
        tell(f"Only {len(cases)} of the {options.n} cases asked for could be drawn.")


def _length(options: argparse.Namespace) -> int:
    fixed = LENGTHS.get(options.kind)
    if fixed is not None and options.length not in (None, fixed):
        raise UserError(
            f"A {options.kind} has two residues: use --kind fragment for other lengths."
        )
    return fixed or options.length or 15


def _recipe(options: argparse.Namespace, length: int, cell: float | str) -> "Recipe":
    from patterson_gui.solve.sampling import Recipe

    edge = None if cell == "auto" else float(cell)
    return Recipe(length, edge, options.d_min, options.kind, options.noise)


def _subtitle(figures: dict[str, Any]) -> str:
    cell = figures["cell"] if figures["cell"] == "auto" else f"{figures['cell']:g} Å"
    return (
        f"{figures['n']} × {figures['kind']}, cell {cell}, to {figures['d_min']:g} Å, "
        f"{figures['method']}"
    )


def _tell_files(paths: list[Path]) -> None:
    for path in paths:
        print(f"→ {path}")
