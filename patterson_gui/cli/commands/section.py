"""`section`: sections through a map, and Harker sections, drawn to scale."""

import argparse
from argparse import ArgumentTypeError
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import patterson_gui as pg
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.cli.options.patterson_source import add_kind, read_source
from patterson_gui.cli.options.shared import add_d_min, add_input, add_output
from patterson_gui.cli.options.value_types import count, not_negative, positive
from patterson_gui.cli.printing.notes import print_notes
from patterson_gui.errors import UserError

if TYPE_CHECKING:
    from patterson_gui.crystal.sections.harker import HarkerSection

_bounds_of = lazy_function("patterson_gui.crystal.sections.sampling", "Bounds")
_levels_of = lazy_function("patterson_gui.crystal.sections.contours", "ContourLevels")
_density = lazy_function("patterson_gui.api.patterson_maps.sections", "density_for_sections")
_harker_lines = lazy_function("patterson_gui.api.types.sections", "harker_lines")
_why_none = lazy_function("patterson_gui.crystal.sections.harker", "why_none")
_refuse_ending = lazy_function("patterson_gui.io.sections.write", "refuse_ending")
_write_sections = lazy_function("patterson_gui.io.sections.write", "write_sections")

_MOST_IN_RANGE = 200
_NAMED_BOUNDS = ("auto", "centred", "cell", "three")  # as `sampling.BOUNDS`, which is slow to load


def add_options(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of this command."""
    add_input(parser)
    add_kind(parser)
    add_output(parser, "S.pdf", "drawing to write: .pdf has a page for each section, .svg and "
               ".png show all on one")  # fmt: skip
    parser.add_argument(
        "--at", action="append", metavar="SECTION",
        help="w=0.5 for a constant coordinate, w=0:0.5:0.1 for several; '1 1 0 = 0.5' for a plane "
        "h k l and its distance from the origin in spacings, '1 1 0 = 2.5 Å' in Å; can be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--harker", type=_harker, metavar="all|N",
        help="the Harker sections of the space group: all, or one by its number in the list that "
        "is printed",
    )  # fmt: skip
    parser.add_argument(
        "--space-group",
        metavar="SYMBOL",
        help="space group of the crystal, for Harker sections of a Patterson map in a file",
    )
    parser.add_argument(
        "--map", choices=("auto", "patterson", "density"), default="auto", dest="map_of",
        help="which map; auto: the map of a map file, the Patterson map of other files "
        "(default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--bounds", type=_bounds, default="auto", metavar="BOUNDS",
        help="centred (-0.5 to 0.5), cell (0 to 1), three (-1 to 2), or fractions along both axes "
        "of the drawing: --bounds=-0.5:0.5 or --bounds=0:1,-0.25:0.75 (default: centred for "
        "Patterson maps, cell for others)",
    )  # fmt: skip
    parser.add_argument(
        "--slab", type=not_negative, default=0.0, metavar="Å",
        help="thickness of a layer around the plane in Å (default: the plane alone)",
    )  # fmt: skip
    parser.add_argument(
        "--projection", choices=("mean", "maximum"), default="mean",
        help="what is shown of a layer (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--levels", type=_levels, metavar="START:STEP[:N]",
        help="contour levels in rmsd of the map (default: from 2 in steps of 1); the same below "
        "zero are dashed",
    )  # fmt: skip
    parser.add_argument(
        "--absolute", action="store_true", help="levels are in the units of the map, not in rmsd"
    )
    parser.add_argument("--no-negative", action="store_true", help="do not draw levels below zero")
    parser.add_argument(
        "--peaks", type=count, metavar="N",
        help="mark the N highest peaks in and near each section with their heights in rmsd",
    )  # fmt: skip
    parser.add_argument(
        "--scale", type=positive, default=10.0, metavar="MM",
        help="mm on paper for each Å (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--columns", type=count, metavar="N", help="put all sections on one page, N in a row"
    )
    parser.add_argument(
        "--interpolation", choices=("exact", "cubic"), default="exact",
        help="exact: by Fourier terms; cubic: for maps with steps, such as masked ones "
        "(default: %(default)s)",
    )  # fmt: skip
    add_d_min(parser, None)
    parser.add_argument(
        "--remove-origin", action="store_true", help="subtract the origin peak of a Patterson map"
    )
    parser.add_argument(
        "--sharpen", default="none", metavar="METHOD",
        help="how to sharpen a Patterson map, as in 'patterson-gui patterson' (default: "
        "%(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Draw the sections; print the Harker sections and where the drawing is."""
    _refuse_ending(options.output)
    if not options.at and options.harker is None:
        raise UserError("Say which section: --at w=0.5, or --harker all.")
    source, notes = read_source(options)
    group = pg.harker_sections(options.space_group or source.spacegroup, cell=source.cell)
    chosen: list[str | HarkerSection] = [*_planes(options.at or [])]
    if options.harker is not None:
        chosen += _chosen(group, options, source)
    density = _map(options, source)
    start, step, n_levels = options.levels or (2.0, 1.0, None)
    levels = _levels_of(
        start,
        step,
        n_levels,
        unit="absolute" if options.absolute else "rmsd",
        negative=not options.no_negative,
    )
    name = getattr(source, "name", options.input.stem)
    drawings = []
    for at in chosen:
        cut = pg.section(
            density,
            at,
            bounds=options.bounds
            if isinstance(options.bounds, str)
            else _bounds_of(*options.bounds),
            slab=options.slab,
            projection=options.projection,
            interpolation=options.interpolation,
        )
        drawings.append(cut.drawing(options.scale, levels, options.peaks or 0, name))
    _write_sections(options.output, drawings, columns=options.columns)
    print_notes(notes)
    if options.harker is not None:
        print(*_harker_lines(group, group.spacegroup), sep="\n")
    n = len(drawings)
    print(
        f"{n} section{'' if n == 1 else 's'} of the {density.kind.value} map at "
        f"{options.scale:g} mm per Å → {options.output}"
    )


def _map(options: argparse.Namespace, source: "pg.Crystal | pg.DifferenceData") -> "pg.DensityMap":
    """The map that is cut; the options of a Patterson map are refused for another."""
    opened = getattr(source, "opened_map", None)
    changed = [
        name
        for name, given in (
            ("--kind", options.kind != "native"),
            ("--d-min", options.d_min is not None),
            ("--remove-origin", options.remove_origin),
            ("--sharpen", options.sharpen != "none"),
        )
        if given
    ]
    if options.map_of == "density" or (options.map_of == "auto" and opened is not None):
        if changed:
            raise UserError(
                f"{changed[0]} changes how a Patterson map is calculated: add --map patterson or "
                "leave it out."
            )
        density: pg.DensityMap = _density(source, options.map_of)
        return density
    return pg.patterson(
        source,
        d_min=options.d_min,
        remove_origin=options.remove_origin,
        sharpen=options.sharpen,
    )


def _chosen(
    group: Sequence["HarkerSection"],
    options: argparse.Namespace,
    source: "pg.Crystal | pg.DifferenceData",
) -> Sequence["HarkerSection"]:
    """The Harker sections that --harker names."""
    if options.space_group is None and getattr(source, "of_patterson_map", False):
        raise UserError(
            f"{options.input.name} is a Patterson map, which does not tell the space group of the "
            "crystal: name that with --space-group."
        )
    if not group:
        named = options.space_group
        raise UserError(_why_none(source.spacegroup) if named is None else _no_harker(named))
    if options.harker == 0:
        return group
    if options.harker > len(group):
        raise UserError(
            f"There are only {len(group)} Harker sections: choose from 1 to {len(group)}, or all."
        )
    return [group[options.harker - 1]]


def _no_harker(symbol: str) -> str:
    return (
        f"{symbol} has no Harker sections, because it has no rotation or screw axis, mirror or "
        "glide plane: choose another space group or --at."
    )


def _planes(typed: Sequence[str]) -> Sequence[str]:
    """Sections as they are typed, with ranges "w=0:0.5:0.1" spelled out."""
    found: list[str] = []
    for text in typed:
        axis, _, place = text.partition("=")
        parts = place.split(":")
        if len(parts) == 1:
            found.append(text)
            continue
        try:
            low, high, step = (Fraction(part.strip()) for part in parts)
            n = int((high - low) / step) + 1
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise UserError(
                f"“{text}” is no range of sections: write start:end:step, such as w=0:0.5:0.1."
            ) from error
        if not 1 <= n <= _MOST_IN_RANGE:
            raise UserError(
                f"“{text}” means {max(n, 0)} sections: choose from 1 to {_MOST_IN_RANGE}."
            )
        found += [f"{axis}={float(low + i * step)!r}" for i in range(n)]
    return found


# ---------------------------------------------------------------- values of options
def _harker(text: str) -> int:
    """0 for "all", or the number of a section."""
    return 0 if text == "all" else count(text)


def _bounds(text: str) -> str | tuple[tuple[float, float], tuple[float, float]]:
    """A name of bounds, or the ends along both axes."""
    if text in _NAMED_BOUNDS:
        return text
    try:
        ranges = [tuple(float(end) for end in part.split(":")) for part in text.split(",")]
        (a, b), (c, d) = ranges * 2 if len(ranges) == 1 else ranges
    except ValueError as error:
        raise ArgumentTypeError(
            f"'{text}' is not centred, cell, three, LOW:HIGH or LOW:HIGH,LOW:HIGH"
        ) from error
    return (a, b), (c, d)


def _levels(text: str) -> tuple[float, float, int | None]:
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise ArgumentTypeError(f"'{text}' is not START:STEP or START:STEP:N")
    n = count(parts[2]) if len(parts) == 3 else None
    return positive(parts[0]), positive(parts[1]), n
