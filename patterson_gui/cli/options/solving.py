"""Options that `solve` and `screen` share: how crystals are solved."""

from argparse import ArgumentParser, Namespace
from typing import Any

from patterson_gui.cli.options.shared import DEVICES, add_seed
from patterson_gui.cli.options.value_types import count, positive

# As in `patterson_gui.api.solving.solve` (a test compares them), which takes time to import.
RADIATIONS = ("auto", "xray", "electron", "neutron")
LAUE_CLASSES = (
    "-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m",
)  # fmt: skip


def add_solve_settings(parser: ArgumentParser) -> None:
    """Space group, radiation, limits of the search, and what is refined."""
    parser.add_argument(
        "--space-group", default="auto", metavar="auto|given|NAME",
        help="auto: try all groups of the lattice; given: that of the file; or a symbol such as "
        "'P 21/c' (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--laue", choices=LAUE_CLASSES, metavar="CLASS",
        help=f"Laue class to which the groups are limited: {', '.join(LAUE_CLASSES)} "
        "(default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--radiation", choices=RADIATIONS, default="auto",
        help="scattering factors and constraints; auto: as the files say (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--starts", type=count, metavar="N",
        help="maximum number of tries, each from other phases (default: until solved or out of "
        "time)",
    )  # fmt: skip
    parser.add_argument(
        "--time", type=positive, metavar="S",
        help="CPU seconds after which no new try begins (default: chosen by the size of the "
        "cell)",
    )  # fmt: skip
    add_seed(parser)
    parser.add_argument(
        "--no-hydrogens", dest="hydrogens", action="store_false", help="place no hydrogen atoms"
    )
    parser.add_argument(
        "--isotropic", dest="anisotropic", action="store_false",
        help="refine isotropic displacements only",
    )  # fmt: skip
    parser.add_argument(
        "--device", choices=DEVICES, default="auto",
        help="where to compute; auto: on a GPU if there is one (default: %(default)s)",
    )  # fmt: skip


def solve_settings(options: Namespace) -> dict[str, Any]:
    """The values of these options as arguments of `patterson_gui.solve` and `screen`."""
    names = (
        "space_group", "laue", "radiation", "starts", "time", "seed", "hydrogens", "anisotropic",
        "device",
    )  # fmt: skip
    return {name: getattr(options, name) for name in names}
