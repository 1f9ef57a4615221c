"""`dataset` of crystals: builds a data set of unit cells or windows, and says what is in one."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from patterson_gui.errors import UserError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from patterson_gui.io.datasets.crystals import MaterialDataSetSettings

CRYSTAL_KINDS = ("crystal", "lattice")
# What only data sets of proteins have.
_OF_PROTEINS = ("preset", "length", "cell", "d_min", "b", "jobs", "dask")


def build_crystals(options: argparse.Namespace) -> None:
    """`dataset build FILE… --kind crystal -o DATA.h5`."""
    for name in _OF_PROTEINS:
        if getattr(options, name) is not None:
            raise UserError(
                f"--{name.replace('_', '-')} belongs to data sets of proteins and has no meaning "
                f"for the kind '{options.kind}': leave it out."
            )
    settings = _settings(options)
    from patterson_gui.cli.progress import progress_bar
    from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
    from patterson_gui.io.datasets.splits import read_split_table

    output = options.output or _named_after(options.folders[0], options.kind)
    table = read_split_table(options.splits) if options.splits is not None else None
    with progress_bar("Building") as report:
        built = build_material_dataset(
            options.folders, output, settings, table=table, report=report
        )
    print(f"{sum(built.crystals.values()):,} crystals: {by_split(built.crystals)}")
    print(
        f"{built.examples:,} examples, {built.atoms:,} atoms of {_files(built.files)} "
        f"→ {built.path} ({built.size / 1e6:.1f} MB)"
    )
    print(f"Splits {built.splits}")
    print_rejected(built.rejected)
    if built.first_error:
        print(f"The first that could not be read: {built.first_error}")


def _named_after(path: Path, kind: str) -> Path:
    from patterson_gui.io.files import plain_stem

    return Path(f"{plain_stem(path)}-{kind}.h5")


def _settings(options: argparse.Namespace) -> "MaterialDataSetSettings":
    from pydantic import ValidationError

    from patterson_gui.io.datasets.crystals import MaterialDataSetSettings

    given = {
        "kind": options.kind,
        "windows": options.windows,
        "seed": options.seed,
        "most_examples": options.max_examples,
    }
    try:
        return MaterialDataSetSettings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        raise refused(error) from error


def refused(error: "ValidationError") -> UserError:
    """The first of what is wrong with settings, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    return UserError(f"{name}: {text}." if name else f"{text[0].upper()}{text[1:]}.")


def print_crystals(options: argparse.Namespace) -> None:
    """`dataset info DATA.h5`, of crystals."""
    from patterson_gui.io.datasets.crystals import read_material_dataset
    from patterson_gui.io.datasets.proteins import SPLITS

    data = read_material_dataset(options.input)
    provenance, settings = data.provenance, data.settings
    counts = {name: len(data.in_split(name)) for name in SPLITS}
    print(f"{len(data):,} crystals: {by_split(counts)}")
    sizes = data.arrays.start[1:] - data.arrays.start[:-1]
    few, many = (int(sizes.min()), int(sizes.max())) if len(data) else (0, 0)
    each = (
        "unit cells in a cube of 10 Å"
        if settings.kind == "crystal"
        else f"{settings.windows} windows of 10 Å each"
    )
    print(f"{settings.kind}: {data.n_examples:,} examples, {each}")
    print(
        f"{few} to {many} atoms in a cell, {len(data.arrays.numbers):,} in all, of "
        f"{len(set(data.arrays.numbers.tolist()))} elements; {_files(len(provenance.files))}"
    )
    print(f"Splits {provenance.splits}")
    print(f"Built by {provenance.program}, seed {settings.seed}; sha256 {data.sha256}")
    print_rejected(dict(provenance.rejected))
    if options.files:
        for file in provenance.files:
            print(f"{file.sha256}  {file.name}")


def _files(n: int) -> str:
    return f"{n:,} file" if n == 1 else f"{n:,} files"


def by_split(examples: dict[str, int]) -> str:
    """'5 train, 1 val, 0 test'."""
    from patterson_gui.io.datasets.proteins import SPLITS

    return ", ".join(f"{examples[name]:,} {name}" for name in SPLITS)


def print_rejected(rejected: dict[str, int]) -> None:
    """What was left out, the most frequent reason first."""
    if rejected:
        print("Left out:")
    for reason, n in sorted(rejected.items(), key=lambda item: (-item[1], item[0])):
        print(f"{n:12,}  {reason}")
