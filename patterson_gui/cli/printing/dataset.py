"""Descriptions of data sets, for those who build one or ask what is in one."""

from collections.abc import Mapping

from patterson_gui.io.dataset_building.build_crystals import MaterialBuildReport
from patterson_gui.io.dataset_building.build_proteins import BuildReport
from patterson_gui.io.datasets.crystals import MaterialDataSet
from patterson_gui.io.datasets.hdf5 import SPLITS
from patterson_gui.io.datasets.proteins import Cell, DataSet


def print_built(built: BuildReport | MaterialBuildReport) -> None:
    """What was built, and what was left out."""
    if isinstance(built, BuildReport):
        _print_built_proteins(built)
    else:
        _print_built_crystals(built)


def _print_built_proteins(built: BuildReport) -> None:
    print(f"{sum(built.examples.values()):,} examples: {_by_split(built.examples)}")
    print(
        f"{built.residues:,} residues, {built.atoms:,} atoms of {built.files:,} models "
        f"→ {built.path} ({built.size / 1e6:.1f} MB)"
    )
    _print_rejected(built.rejected)


def _print_built_crystals(built: MaterialBuildReport) -> None:
    print(f"{sum(built.crystals.values()):,} crystals: {_by_split(built.crystals)}")
    print(
        f"{built.examples:,} examples, {built.atoms:,} atoms of {_files(built.files)} "
        f"→ {built.path} ({built.size / 1e6:.1f} MB)"
    )
    print(f"Splits {built.splits}")
    _print_rejected(built.rejected)
    if built.first_error:
        print(f"The first that could not be read: {built.first_error}")


def print_dataset(data: DataSet | MaterialDataSet) -> None:
    """What is in a data set."""
    if isinstance(data, DataSet):
        _print_proteins(data)
    else:
        _print_crystals(data)


def _print_proteins(data: DataSet) -> None:
    arrays, provenance = data.arrays, data.provenance
    examples = {name: len(data.in_split(name)) for name in SPLITS}
    print(f"{len(data):,} examples: {_by_split(examples)}")
    print(_settings_line(data))
    print(
        f"{len(arrays.residue_names):,} residues and {len(arrays.positions):,} atoms of "
        f"{len(arrays.chains):,} chains of {len(provenance.files):,} models"
    )
    print(f"Splits {provenance.splits}")
    print(f"Built by {provenance.program}, seed {data.settings.seed}; sha256 {data.sha256}")
    _print_rejected(provenance.rejected)


def _settings_line(data: DataSet) -> str:
    settings, arrays = data.settings, data.arrays
    least, most = settings.lengths
    residues = str(least) if least == most else f"{least} to {most}"
    start = arrays.residue_start
    n_atoms = start[arrays.first + arrays.length] - start[arrays.first]
    few, many = (int(n_atoms.min()), int(n_atoms.max())) if len(data) else (0, 0)
    return (
        f"{settings.kind}, {residues} residues, {few} to {many} atoms, "
        f"{cell_text(settings.cell)}, to {settings.d_min:g} Å, B {settings.b_iso:g} Å²"
    )


def cell_text(cell: Cell | None) -> str:
    """'12 Å cube', or the six numbers; None: cells that fit each molecule."""
    if cell is None:
        return "cells of their extent plus 3 Å"
    if all(angle == 90 for angle in cell[3:]) and len(set(cell[:3])) == 1:
        return f"{cell[0]:g} Å cube"
    return "cell " + " ".join(f"{x:g}" for x in cell)


def _print_crystals(data: MaterialDataSet) -> None:
    provenance, settings = data.provenance, data.settings
    counts = {name: len(data.in_split(name)) for name in SPLITS}
    print(f"{len(data):,} crystals: {_by_split(counts)}")
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
    _print_rejected(provenance.rejected)


def _by_split(examples: Mapping[str, int]) -> str:
    """'5 train, 1 val, 0 test'."""
    return ", ".join(f"{examples[name]:,} {name}" for name in SPLITS)


def _files(n: int) -> str:
    return f"{n:,} file" if n == 1 else f"{n:,} files"


def _print_rejected(rejected: Mapping[str, int]) -> None:
    """What was left out, the most frequent reason first."""
    if rejected:
        print("Left out:")
    for reason, n in sorted(rejected.items(), key=lambda item: (-item[1], item[0])):
        print(f"{n:12,}  {reason}")
