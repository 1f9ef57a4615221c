"""`dataset build`: a data set for training, from protein models or from crystals."""

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.shared import USUAL_CELLS, add_output
from patterson_gui.cli.options.value_types import (
    cell,
    count,
    not_negative,
    positive,
    residue_counts,
    seed,
)
from patterson_gui.crystal.problem_kinds import (
    B_ISO,
    CRYSTAL_KINDS,
    D_MIN,
    PROTEIN_KINDS,
    PROTEIN_PRESETS,
)
from patterson_gui.errors import UserError

_print_built = lazy_function("patterson_gui.cli.printing.dataset", "print_built")

HELP = "build a data set from protein models or from crystals"
# Options that only data sets of proteins have.
_OF_PROTEINS = ("preset", "length", "cell", "d_min", "b", "jobs", "dask")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="PATH",
        help="folders of protein models (PDB, mmCIF); for crystals, folders or files (CIF, "
        "extended XYZ, POSCAR, ...)",
    )  # fmt: skip
    add_output(
        parser, "DATA.h5",
        "data set to write (required for proteins; default for crystals: named after the first "
        "input and the kind)",
        required=False,
    )  # fmt: skip
    parser.add_argument(
        "--preset", choices=tuple(PROTEIN_PRESETS),
        help="a data set of Pan et al., IUCrJ 10, 487 (2023); " + ", ".join(
            f"{name}: {preset.kind}s in {preset.cell_edge:g} Å cells"
            for name, preset in PROTEIN_PRESETS.items()
        ),
    )  # fmt: skip
    parser.add_argument(
        "--kind", choices=(*PROTEIN_KINDS, *CRYSTAL_KINDS),
        help="kind of example; dialanine, dipeptide, fragment: residues of proteins; crystal: "
        "unit cells in a cube of 10 Å; lattice: 10 Å windows of crystals (default: dipeptide)",
    )  # fmt: skip
    parser.add_argument(
        "--windows", type=count, metavar="N",
        help="examples of each crystal, for the kind lattice "
        f"(default: {CRYSTAL_KINDS['lattice'].windows})",
    )  # fmt: skip
    parser.add_argument(
        "--length", type=residue_counts, metavar="2..15",
        help="residues of an example, for the kind fragment (default: "
        f"{'..'.join(map(str, PROTEIN_KINDS['fragment'].lengths))})",
    )  # fmt: skip
    parser.add_argument(
        "--cell", type=cell, metavar="12|auto|a,b,c[,α,β,γ]",
        help="unit cell in Å and degrees: edge of a cube, three edges, or three edges and three "
        f"angles; auto: each molecule's extent plus 3 Å (default: {USUAL_CELLS})",
    )  # fmt: skip
    parser.add_argument(
        "--d-min", type=positive, metavar="Å",
        help=f"high-resolution limit of the maps in Å (default: {D_MIN:g})",
    )  # fmt: skip
    parser.add_argument(
        "--b", type=not_negative, metavar="Å²",
        help=f"B factor of all atoms in Å² (default: {B_ISO:g})",
    )  # fmt: skip
    parser.add_argument(
        "--splits", type=Path, metavar="TSV",
        help="table with the columns entry and split, or with entry and cluster; entries of a "
        "cluster stay together (default: proteins at random, 5 %% each for validation and test; "
        "crystals as their files say, otherwise compositions at random)",
    )  # fmt: skip
    parser.add_argument(
        "--max-examples", type=count, metavar="N",
        help="maximum number of examples in each split, drawn at random; for lattice, of "
        "crystals (default: all)",
    )  # fmt: skip
    parser.add_argument("--seed", type=seed, metavar="S", help="random seed (default: 0)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=count, metavar="N", help="number of processes (default: one for each core)"
    )
    where.add_argument(
        "--dask", metavar="ADDRESS", help="build on a Dask cluster; address of its scheduler"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Build the data set and print what is in it."""
    _check(options)
    with _interrupted_by_sigterm():
        built = pg.build_dataset(
            options.folders,
            options.output,
            options.kind,
            preset=options.preset,
            lengths=options.length,
            cell=options.cell,
            d_min=options.d_min,
            b=options.b,
            windows=options.windows,
            splits=options.splits,
            max_examples=options.max_examples,
            seed=options.seed,
            jobs=options.jobs,
            dask=options.dask,
        )
    _print_built(built)


def _check(options: argparse.Namespace) -> None:
    """Refuse options that do not suit the kind, by the names they have here."""
    if options.kind in CRYSTAL_KINDS:
        for name in _OF_PROTEINS:
            if getattr(options, name) is not None:
                raise UserError(
                    f"--{name.replace('_', '-')} belongs to data sets of proteins and has no "
                    f"meaning for the kind '{options.kind}': leave it out."
                )
    elif options.windows is not None:
        raise UserError("--windows belongs to the kind 'lattice': leave it out, or add the kind.")
    elif options.output is None:
        raise UserError("The data set needs a name: add -o DATA.h5.")


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Have SIGTERM interrupt as Ctrl-C does, so that the processes of a build end with it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
