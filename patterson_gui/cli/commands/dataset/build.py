"""`dataset`: builds data sets for training, of proteins or crystals, and says what is in one."""

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patterson_gui.cli.crystal_dataset import (
    CRYSTAL_KINDS,
    build_crystals,
    by_split,
    print_crystals,
    print_rejected,
    refused,
)
from patterson_gui.errors import UserError

if TYPE_CHECKING:
    from patterson_gui.io.dataset_building.build_proteins import BuildReport
    from patterson_gui.io.datasets.proteins import Cell, DataSet, DataSetSettings

KINDS = ("dialanine", "dipeptide", "fragment", *CRYSTAL_KINDS)
PRESETS = ("1a", "1b", "2")
_LENGTHS = {"dialanine": (2, 2), "dipeptide": (2, 2), "fragment": (2, 15)}


def add_dataset(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """The command's options."""
    parser = subparsers.add_parser("dataset", help="build data sets for training, or look at one")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_build(actions.add_parser("build", help="a data set from protein models or crystals"))
    info = actions.add_parser("info", help="what is in a data set and where it comes from")
    info.add_argument("input", type=Path, metavar="DATA.h5")
    info.add_argument("--files", action="store_true", help="list the models and their hashes too")
    info.set_defaults(run=info_command)


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="PATH",
        help="folders of PDB and mmCIF files; of crystals, files too (extended XYZ, CIF, POSCAR …)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DATA.h5",
        help="(of crystals: named after the first input and the kind)",
    )  # fmt: skip
    parser.add_argument(
        "--preset", choices=PRESETS,
        help="paper 1's sets: 1a dialanines in 20 Å, 1b in 10 Å, 2 any two residues in 12 Å",
    )  # fmt: skip
    parser.add_argument(
        "--kind", choices=KINDS,
        help="of proteins dialanine, dipeptide or fragment; of crystals crystal (unit cells in a "
        "cube of 10 Å) or lattice (windows onto the whole crystal) (dipeptide)",
    )  # fmt: skip
    parser.add_argument(
        "--windows", type=_positive, metavar="N", help="of each crystal of the kind lattice (3)"
    )
    parser.add_argument(
        "--length", type=_lengths, metavar="2..15", help="residues of a fragment (2..15)"
    )
    parser.add_argument(
        "--cell", type=_cell, metavar="12|auto|a,b,c[,α,β,γ]",
        help="Å and degrees; auto: each molecule's extent plus 3 Å "
        "(20 for dialanines, 12 for dipeptides, auto for fragments)",
    )  # fmt: skip
    parser.add_argument("--d-min", type=float, metavar="Å", help="resolution of the maps (1.5)")
    parser.add_argument("--b", type=float, metavar="Å²", help="B of all atoms (20)")
    parser.add_argument(
        "--splits", type=Path, metavar="TSV",
        help="table with columns entry and split, or cluster…; clusters are never torn apart "
        "(default: entries at random, 5 %% each for validation and testing; crystals as their "
        "files say, else compositions at random)",
    )  # fmt: skip
    parser.add_argument(
        "--max-examples", type=int, metavar="N",
        help="of each split, drawn at random; of lattices: crystals (all)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, metavar="S", help="of what is drawn at random (0)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=_positive, metavar="N", help="processes (one for each core)")
    where.add_argument(
        "--dask", metavar="ADDRESS", help="have a Dask cluster work; its scheduler's address"
    )
    parser.set_defaults(run=build_command)


def build_command(options: argparse.Namespace) -> None:
    """`dataset build FOLDER… -o DATA.h5 --preset 2 --splits FILE.tsv`."""
    if options.kind in CRYSTAL_KINDS:
        with _ended_by_sigterm_too():
            build_crystals(options)
        return
    if options.windows is not None:
        raise UserError("--windows belongs to the kind 'lattice': leave it out, or add the kind.")
    if options.output is None:
        raise UserError("The data set needs a name: add -o DATA.h5.")
    settings = _settings(options)
    from patterson_gui.cli.progress import progress_bar
    from patterson_gui.io.dataset_building.build_proteins import build_dataset
    from patterson_gui.io.datasets.splits import read_split_table

    table = read_split_table(options.splits) if options.splits is not None else None
    with _ended_by_sigterm_too(), progress_bar("Building") as report:
        built = build_dataset(
            options.folders,
            options.output,
            settings,
            table=table,
            jobs=options.jobs,
            dask=options.dask,
            report=report,
        )
    _print_report(built)


@contextmanager
def _ended_by_sigterm_too() -> Iterator[None]:
    """Have SIGTERM end a build as Ctrl-C does, so that its processes go with it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _settings(options: argparse.Namespace) -> "DataSetSettings":
    from pydantic import ValidationError

    from patterson_gui.io.datasets import proteins as dataset

    given = {
        field: value
        for field, value in (
            ("lengths", options.length),
            ("d_min", options.d_min),
            ("b_iso", options.b),
            ("seed", options.seed),
            ("most_examples", options.max_examples),
        )
        if value is not None
    }
    if options.preset is not None:
        preset = dataset.PRESETS[options.preset]
        if options.kind not in (None, preset.kind):
            raise UserError(
                f"The preset {options.preset} is made of {preset.kind}s: leave out --kind, or "
                "--preset."
            )
        given = preset.model_dump() | given
    else:
        kind = options.kind or "dipeptide"
        cells = {"dialanine": dataset.cube(20.0), "dipeptide": dataset.cube(12.0), "fragment": None}
        given = {"kind": kind, "lengths": _LENGTHS[kind], "cell": cells[kind]} | given
    if options.cell is not None:
        given["cell"] = None if options.cell == "auto" else options.cell
    try:
        return dataset.DataSetSettings(**given)
    except ValidationError as error:
        raise refused(error) from error


def _print_report(built: "BuildReport") -> None:
    print(f"{sum(built.examples.values()):,} examples: {by_split(built.examples)}")
    print(
        f"{built.residues:,} residues, {built.atoms:,} atoms of {built.files:,} models "
        f"→ {built.path} ({built.size / 1e6:.1f} MB)"
    )
    print_rejected(built.rejected)


def info_command(options: argparse.Namespace) -> None:
    """`dataset info DATA.h5`."""
    from patterson_gui.io.datasets.crystals import is_material_dataset
    from patterson_gui.io.datasets.proteins import SPLITS, read_dataset

    if is_material_dataset(options.input):
        print_crystals(options)
        return
    data = read_dataset(options.input)
    arrays, provenance = data.arrays, data.provenance
    examples = {name: len(data.in_split(name)) for name in SPLITS}
    print(f"{len(data):,} examples: {by_split(examples)}")
    print(_described(data))
    print(
        f"{len(arrays.residue_names):,} residues and {len(arrays.positions):,} atoms of "
        f"{len(arrays.chains):,} chains of {len(provenance.files):,} models"
    )
    print(f"Splits {provenance.splits}")
    print(f"Built by {provenance.program}, seed {data.settings.seed}; sha256 {data.sha256}")
    print_rejected(dict(provenance.rejected))
    if options.files:
        for file in provenance.files:
            print(f"{file.sha256}  {file.name}")


def _described(data: "DataSet") -> str:
    settings, arrays = data.settings, data.arrays
    least, most = settings.lengths
    residues = str(least) if least == most else f"{least} to {most}"
    start = arrays.residue_start
    n_atoms = start[arrays.first + arrays.length] - start[arrays.first]
    few, many = (int(n_atoms.min()), int(n_atoms.max())) if len(data) else (0, 0)
    return (
        f"{settings.kind}, {residues} residues, {few} to {many} atoms, {_told(settings.cell)}, "
        f"to {settings.d_min:g} Å, B {settings.b_iso:g} Å²"
    )


def _told(cell: "Cell | None") -> str:
    if cell is None:
        return "cells of their extent plus 3 Å"
    if all(angle == 90 for angle in cell[3:]) and len(set(cell[:3])) == 1:
        return f"{cell[0]:g} Å cube"
    return "cell " + " ".join(f"{x:g}" for x in cell)


def _lengths(text: str) -> tuple[int, int]:
    least, dots, most = text.partition("..")
    try:
        return int(least), int(most if dots else least)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no length: write 2 or 2..15") from error


def _cell(text: str) -> "Cell | str":
    if text == "auto":
        return "auto"
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) == 1:
        values *= 3
    if len(values) == 3:
        values += [90.0, 90.0, 90.0]
    if len(values) != 6:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no cell: write 12, auto, a,b,c or a,b,c,α,β,γ"
        )
    a, b, c, alpha, beta, gamma = values
    return a, b, c, alpha, beta, gamma


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)
