"""Measure accuracy and speed, and print a table of figures and their targets (`make bench`).

A missed target is no error. `--quick` uses a tenth of the cases.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from atoms import measure_atoms
from cost import measure_cost
from crystals import measure_crystals
from fluid import measure_fluid
from networks import measure_networks
from quality import measure_quality
from table import Row, print_table
from window import measure_window


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--only",
        choices=("quality", "atoms", "crystals", "cost", "networks", "window", "fluid"),
        help="one group of figures",
    )
    options = parser.parse_args()
    share = 0.1 if options.quick else 1.0
    rows: list[Row] = []
    if options.only in (None, "quality"):
        rows += measure_quality(share)
    if options.only in (None, "atoms"):
        rows += measure_atoms(share)
    if options.only in (None, "crystals"):
        rows += measure_crystals(share)
    if options.only in (None, "cost"):
        rows += measure_cost()
    if options.only in (None, "networks"):
        rows += measure_networks(share)
    if options.only in (None, "window"):
        rows += measure_window()
    if options.only in (None, "fluid"):
        rows += measure_fluid()
    print_table(rows)


main()
