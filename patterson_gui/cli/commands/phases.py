"""`phases`: phases and density of a protein from heavy atoms."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.differences import add_differences
from patterson_gui.cli.options.shared import add_output, add_seed
from patterson_gui.cli.options.value_types import count, positive
from patterson_gui.cli.output_folders import output_folder
from patterson_gui.cli.printing.notes import print_notes
from patterson_gui.errors import UserError

if TYPE_CHECKING:
    from patterson_gui.crystal.differences.heavy_phases import PhasingProgress

_phase_lines = lazy_function("patterson_gui.cli.printing.heavy_atoms", "phase_lines")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_differences(parser, derivatives=True)
    parser.add_argument(
        "--element", metavar="SE",
        help="element of the heavy atoms, where DATA has one data set with them",
    )  # fmt: skip
    parser.add_argument(
        "--sites", action="append", metavar="[NAME=]FILE",
        help="heavy atoms in place of a search, in any origin and hand: PDB, mmCIF, SHELX .res, or "
        "a table with element, x, y, z; with NAME, those of one derivative",
    )  # fmt: skip
    solvent = parser.add_mutually_exclusive_group()
    solvent.add_argument(
        "--solvent", type=positive, metavar="SHARE",
        help="share of the cell that is solvent, 0.1 to 0.9 (default: 0.5)",
    )  # fmt: skip
    solvent.add_argument(
        "--residues", type=count, metavar="N",
        help="residues of the protein, from which the solvent follows",
    )  # fmt: skip
    solvent.add_argument(
        "--sequence", type=Path, metavar="FILE", help="the same from a sequence (FASTA, PIR)"
    )
    solvent.add_argument(
        "--weight", type=positive, metavar="DA", help="the same from the mass of the protein in Da"
    )
    parser.add_argument(
        "--copies", type=count, metavar="N",
        help="molecules in the asymmetric unit (default: as many as leave the solvent nearest to "
        "50 %%)",
    )  # fmt: skip
    add_output(parser, "DIR", "folder for phases.mtz, density.ccp4, sites.pdb and phases.json")
    add_seed(parser)
    parser.add_argument(
        "--json", action="store_true", help="print the figures as JSON and show no progress"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Find or read the sites, phase, write the files and print the figures."""
    derivatives = _derivatives(options.derivative)
    if (derivatives is None) == (options.element is None):
        raise UserError(
            "Give either --element, or --derivative NAME=ELEMENT for each data set with heavy "
            "atoms."
        )
    with output_folder(options.output):
        phased = pg.phases(
            options.input,
            options.kind,
            derivatives=derivatives,
            element=options.element,
            native=options.native,
            native_column=options.native_column,
            sites=_sites(options.sites, derivatives),
            solvent=options.solvent,
            residues=options.residues,
            sequence=options.sequence,
            weight=options.weight,
            copies=options.copies,
            seed=options.seed,
            progress=False if options.json else _print_step(),
        )
    phased.save(options.output)
    print_notes(phased.notes)
    if options.json:
        print(json.dumps(phased.figures, indent=2, allow_nan=False))
    else:
        print(*_phase_lines(phased.phased), sep="\n")
        print(f"→ {options.output}")


def _derivatives(given: list[str] | None) -> dict[str, str] | None:
    """The names and elements of `--derivative NAME=ELEMENT`."""
    if not given:
        return None
    found = {}
    for text in given:
        name, equals, element = text.rpartition("=")
        if not equals or not name or not element:
            raise UserError(
                f"--derivative {text} does not name the element: write {text.strip('=')}=HG."
            )
        found[name] = element
    return found


def _sites(
    given: list[str] | None, derivatives: dict[str, str] | None
) -> str | dict[str, str] | None:
    """The file of `--sites FILE`, or the files of `--sites NAME=FILE` by the names."""
    if not given:
        return None
    found = {}
    for text in given:
        name, equals, file = text.partition("=")
        if not equals or name not in (derivatives or {}):
            if len(given) > 1:
                raise UserError(
                    f"--sites {text} does not say whose sites these are: write the name of the "
                    f"derivative before it, such as FAU20={text}."
                )
            return text
        found[name] = file
    return found


class _print_step:  # noqa: N801  (used as a function)
    """Prints each new step to standard error."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, now: "PhasingProgress") -> None:
        line = f"{now.step}: {now.text}" if now.text else now.step
        if line != self._last:
            print(line, file=sys.stderr, flush=True)
        self._last = line
