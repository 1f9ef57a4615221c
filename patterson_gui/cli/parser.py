"""What can be typed: commands, their options and their help."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from patterson_gui import __version__
from patterson_gui.cli import commands
from patterson_gui.cli.crystal import add_crystal
from patterson_gui.cli.dataset import add_dataset
from patterson_gui.cli.evaluate import evaluate_command
from patterson_gui.cli.other_programs import add_viewers
from patterson_gui.cli.train import add_train
from patterson_gui.crystal.prediction import METHODS
from patterson_gui.errors import UserError

COMMANDS = (
    "patterson", "fragment", "predict", "evaluate", "dataset", "train", "crystal", "send", "fetch",
    "plugins", "info", "first-light",
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Answers a wrong call with one line and exit code 1, as every other user error."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see '{self.prog} --help'.")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of one command; `run` among them is the function that carries it out."""
    return build_parser().parse_args(list(arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(
        prog="patterson-gui",
        description="From a crystal's Patterson map to its electron density. "
        "Without a command, opens the window (patterson-gui [FILE]).",
    )
    parser.add_argument("--version", action="version", version=f"patterson-gui {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_patterson(subparsers)
    _add_fragment(subparsers)
    _add_predict(subparsers)
    _add_evaluate(subparsers)
    add_dataset(subparsers)
    add_train(subparsers)
    add_crystal(subparsers)
    add_viewers(subparsers)
    info = subparsers.add_parser("info", help="versions, devices and OpenGL of this machine")
    info.set_defaults(run=commands.info)
    first = subparsers.add_parser(
        "first-light", help="open the example in the window, predict, save everything and leave"
    )
    first.add_argument("--out", type=Path, default=Path("out"), help="folder for what it makes")
    first.set_defaults(run=commands.first_light)
    return parser


def _add_patterson(subparsers: "argparse._SubParsersAction[_Parser]") -> None:
    parser = subparsers.add_parser("patterson", help="Patterson map of a model, data or a map")
    _add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="P.ccp4", help="map to write"
    )
    parser.add_argument("--peaks", type=Path, metavar="P.csv", help="table of unique peaks")
    parser.add_argument(
        "--n-peaks", type=_positive, default=100, metavar="N", help="most peaks listed (100)"
    )
    parser.add_argument(
        "--min-rmsd", type=_length, default=1.0, metavar="σ", help="lowest peak listed, rmsd (1)"
    )
    parser.add_argument("--d-min", type=_length, metavar="Å", help="resolution limit")
    parser.add_argument("--remove-origin", action="store_true", help="subtract the origin peak")
    parser.add_argument(
        "--sharpen",
        choices=("none", "e_values", "b_factor"),
        default="none",
        help="by normalised amplitudes, or by a B factor (--b)",
    )
    parser.add_argument(
        "--b", type=float, metavar="Å²", help="B taken off the amplitudes by --sharpen b_factor"
    )
    parser.add_argument("--spacing", type=_length, metavar="Å", help="largest grid spacing")
    parser.set_defaults(run=commands.patterson_command)


def _add_fragment(subparsers: "argparse._SubParsersAction[_Parser]") -> None:
    parser = subparsers.add_parser(
        "fragment", help="residues of a protein alone in a P1 cell: the papers' kind of problem"
    )
    parser.add_argument("input", type=Path, metavar="MODEL", help="PDB or mmCIF, also gzipped")
    parser.add_argument(
        "--residues", metavar="A:10-11", help="chain and range (default: the first two that fit)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="EX.pgz", help="bundle to write"
    )
    _add_cell(parser, "12")
    parser.add_argument(
        "--margin", type=_length, default=3.0, metavar="Å", help="added to the extent (3)"
    )
    parser.add_argument("--b", type=_length, default=20.0, metavar="Å²", help="B of all atoms (20)")
    parser.add_argument(
        "--d-min", type=_length, default=1.5, metavar="Å", help="resolution limit (1.5)"
    )
    parser.set_defaults(run=commands.fragment_command)


def _add_predict(subparsers: "argparse._SubParsersAction[_Parser]") -> None:
    parser = subparsers.add_parser("predict", help="density and phases from the amplitudes alone")
    _add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the results"
    )
    _add_method(parser)
    parser.add_argument("--d-min", type=_length, metavar="Å", help="use the data to here")
    parser.add_argument(
        "--atoms-in-cell", type=_positive, metavar="N", help="non-hydrogen atoms in the P1 cell"
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="MODEL",
        help="model to judge the result by; never used for it",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=commands.predict_command)


def _add_evaluate(subparsers: "argparse._SubParsersAction[_Parser]") -> None:
    parser = subparsers.add_parser(
        "evaluate", help="how good a method is, on many fragments or crystals"
    )
    parser.add_argument(
        "input", type=Path, metavar="FOLDER|FILE",
        help="folder of protein models; file of crystals (CIF, extended XYZ ...)",
    )  # fmt: skip
    kinds = ("dialanine", "dipeptide", "fragment", "crystal", "lattice")
    parser.add_argument("--kind", choices=kinds, default="dipeptide")
    parser.add_argument(
        "--length", type=_positive, metavar="N", help="residues of a fragment (15; the others: 2)"
    )
    _add_cell(parser, None)
    parser.add_argument(
        "--d-min", type=_length, default=1.5, metavar="Å", help="resolution limit (1.5)"
    )
    parser.add_argument(
        "--noise", type=_fraction, default=0.0, metavar="X",
        help="relative error put on the amplitudes, 0.05 is like measured ones (0)",
    )  # fmt: skip
    parser.add_argument("--n", type=_positive, default=200, metavar="N", help="cases (200)")
    parser.add_argument(
        "--splits", type=Path, metavar="TSV", help="table with columns entry and split"
    )
    parser.add_argument("--split", default="test", help="use only models of this split (test)")
    _add_method(parser)
    parser.add_argument(
        "--segment", action="store_true",
        help="judge the atoms, too, that a network finds in each density",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="R.json", help="write figures and cases here")
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="write the two plots by resolution here, as SVG"
    )
    parser.set_defaults(run=evaluate_command)


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "input", type=Path, metavar="FILE", help="model, reflections, CCP4/MRC map or .pgz"
    )
    parser.add_argument(
        "--column", metavar="LABEL", help="which amplitudes or intensities, where there are several"
    )
    parser.add_argument(
        "--box", action="store_true", help="put a model without a unit cell into a P1 box"
    )


def _add_method(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="auto",
        help="auto (default): retrieval, and a network where that fails or leaves the hand open",
    )
    parser.add_argument(
        "--model", metavar="NAME|FILE", help="trained weights (default: the best for the data)"
    )
    parser.add_argument(
        "--atoms",
        action=argparse.BooleanOptionalAction,
        help="build atoms into the density, which tells the hand as well "
        "(predict: where the data reach 1.8 Å, and to 2.5 Å where they prove the atoms; "
        "evaluate: only if asked)",
    )
    parser.add_argument(
        "--starts", type=_positive, metavar="N", help="spend at most N random starts"
    )
    parser.add_argument("--iterations", type=_positive, metavar="N", help="length of each start")
    parser.add_argument("--seed", type=_not_negative, default=0, metavar="S", help="(0)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def _add_cell(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--cell",
        type=_cell,
        default=_cell(default) if default else None,
        metavar="12|auto",
        help="edge of a cubic cell in Å, or auto: the extent plus a margin"
        + (" (12)" if default else " (20 for dialanines, 12 for dipeptides, auto for fragments)"),
    )


def _cell(text: str) -> float | str:
    return "auto" if text == "auto" else _length(text)


def _length(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1e4:
        raise argparse.ArgumentTypeError(f"'{text}' must lie between 0 and 10000")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from error


def _fraction(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' must lie between 0 and 1")
    return value


def _positive(text: str) -> int:
    value = _not_negative(text)
    if value == 0:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _not_negative(text: str) -> int:
    try:
        value = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from error
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value
