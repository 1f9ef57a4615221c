"""Options that name the data sets of differences: the derivative and the native."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

KINDS = ("anomalous", "isomorphous")


def add_differences(parser: ArgumentParser, *, derivatives: bool = False) -> None:
    """The file, the kind of differences, the derivative (or several) and the native."""
    parser.add_argument(
        "input", type=Path, metavar="DATA",
        help="reflections (MTZ, mmCIF-sf, SHELX, XDS, Scalepack) with Friedel pairs or of the "
        "derivative",
    )  # fmt: skip
    parser.add_argument(
        "--kind", choices=KINDS, required=True,
        help="anomalous: F(+) - F(-) of one data set; isomorphous: derivative minus native",
    )  # fmt: skip
    if derivatives:
        parser.add_argument(
            "--derivative", action="append", metavar="NAME=ELEMENT",
            help="a data set of DATA and its heavy atoms, such as FAU20=AU, or a file of its own, "
            "such as au.mtz=AU or au.mtz:FAU20=AU; give it again for further derivatives",
        )  # fmt: skip
    else:
        add_derivative(parser, "DATA")
    add_native(parser, "DATA")


def add_derivative(parser: ArgumentParser, file: str) -> None:
    """The data set with the differences in the file, which the help calls `file`."""
    parser.add_argument(
        "--derivative", metavar="NAME",
        help=f"the data set of {file} with Friedel pairs, or of the derivative: the label of its "
        "columns or its data set in an MTZ (default: the only one)",
    )  # fmt: skip


def add_native(parser: ArgumentParser, file: str) -> None:
    """The native, in a file of its own or in the one that the help calls `file`."""
    parser.add_argument(
        "--native", metavar="FILE|NAME",
        help=f"file of the native, or its data set in {file} (default: the one named so)",
    )  # fmt: skip
    parser.add_argument(
        "--native-column", metavar="NAME",
        help="data set of the native in its file, where that has several; without --native, in "
        f"{file}",
    )  # fmt: skip


def chosen_differences(options: Namespace) -> dict[str, Any]:
    """The values of these options, without the file, as arguments of `patterson_gui.find_sites`."""
    names = ("kind", "native", "native_column", "derivative")
    return {name: getattr(options, name) for name in names}
