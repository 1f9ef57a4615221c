"""`dataset info`: what a data set contains and how it was made."""

import argparse
from pathlib import Path

from patterson_gui.cli.printing.dataset import print_crystals, print_proteins
from patterson_gui.io.datasets.crystals import is_material_dataset, read_material_dataset
from patterson_gui.io.datasets.proteins import read_dataset

HELP = "what a data set contains and how it was made"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    parser.add_argument("input", type=Path, metavar="DATA.h5", help="made by 'dataset build'")
    parser.add_argument(
        "--files", action="store_true", help="also list the source files and their SHA-256"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the description."""
    if is_material_dataset(options.input):
        crystals = read_material_dataset(options.input)
        print_crystals(crystals)
        provenance = crystals.provenance
    else:
        proteins = read_dataset(options.input)
        print_proteins(proteins)
        provenance = proteins.provenance
    if options.files:
        for file in provenance.files:
            print(f"{file.sha256}  {file.name}")
