"""Options that several commands have, each written once."""

from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from patterson_gui.cli.options.value_types import count, length, seed
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS, PROTEIN_KINDS

# As `patterson_gui.crystal.prediction.METHODS` (a test compares them), which takes time to import.
METHODS = ("auto", "retrieval", "network", "hybrid")
DEVICES = ("auto", "cpu", "cuda")
USUAL_CELLS = ", ".join(f"{kind.cell_text} for {name}" for name, kind in PROTEIN_KINDS.items())


def add_actions(parser: ArgumentParser, modules: Mapping[str, ModuleType]) -> None:
    """The actions of a command that has several, by name.

    Each module has `HELP`, one line without a full stop, and `add_options`.
    """
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, module in modules.items():
        action = actions.add_parser(name, help=module.HELP, description=sentence(module.HELP))
        module.add_options(action)


def sentence(text: str) -> str:
    """A line of help as a sentence: a capital at its beginning and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}."


def add_input(parser: ArgumentParser) -> None:
    """The file that a crystal is read from, and how to read it."""
    parser.add_argument(
        "input", type=Path, metavar="FILE",
        help="model, reflections, CCP4/MRC map or bundle (.pgz)",
    )  # fmt: skip
    parser.add_argument(
        "--column", metavar="LABEL",
        help="label of the amplitudes or intensities, for files that have several, or "
        "DATASET/LABEL (default: the most likely one)",
    )  # fmt: skip
    parser.add_argument(
        "--box", action="store_true", help="put a model without a unit cell into a P1 box"
    )


def add_output(parser: ArgumentParser, metavar: str, text: str, *, required: bool = True) -> None:
    """The file or folder to write."""
    parser.add_argument("-o", "--output", type=Path, required=required, metavar=metavar, help=text)


def add_d_min(parser: ArgumentParser, default: float | None) -> None:
    """The high-resolution limit."""
    usual = "all data" if default is None else "%(default)s"
    parser.add_argument(
        "--d-min", type=length, default=default, metavar="Å",
        help=f"high-resolution limit in Å (default: {usual})",
    )  # fmt: skip


def add_seed(parser: ArgumentParser) -> None:
    """The random seed."""
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="S", help="random seed (default: %(default)s)"
    )


def add_method(parser: ArgumentParser, *, atoms_by_default: str) -> None:
    """How to predict; `atoms_by_default` says when atoms are built if nothing is said."""
    parser.add_argument(
        "--method", choices=METHODS, default="auto",
        help="retrieval: random starts; network: a trained network alone; hybrid: retrieval that "
        "starts from the network; auto: retrieval first, a network where retrieval fails or "
        "leaves the hand undetermined (default: %(default)s)",
    )  # fmt: skip
    add_model(parser, "the one that suits the data best")
    parser.add_argument(
        "--atoms", action=BooleanOptionalAction,
        help="build atoms into the density, which can also determine the hand "
        f"(default: {atoms_by_default})",
    )  # fmt: skip
    parser.add_argument(
        "--starts", type=count, metavar="N",
        help="maximum number of random starts (default: chosen by the size of the problem)",
    )  # fmt: skip
    parser.add_argument(
        "--iterations", type=count, metavar="N",
        help="iterations of each start (default: chosen by the size of the problem)",
    )  # fmt: skip
    add_seed(parser)
    parser.add_argument(
        "--device", choices=DEVICES, default="auto",
        help="where to compute; auto: on a GPU if there is one (default: %(default)s)",
    )  # fmt: skip


def add_model(parser: ArgumentParser, default: str = "the one that comes with the program") -> None:
    """The trained network to use; `default` says which if none is named."""
    parser.add_argument(
        "--model", metavar="NAME|FILE",
        help=f"trained network, by name or file (default: {default})",
    )  # fmt: skip


def add_crystal_kind(parser: ArgumentParser) -> None:
    """What of a crystal is encoded."""
    parser.add_argument(
        "--kind", choices=tuple(CRYSTAL_KINDS), default="crystal",
        help="crystal: the atoms of one unit cell; lattice: a 10 Å window of the whole crystal "
        "(default: %(default)s)",
    )  # fmt: skip
