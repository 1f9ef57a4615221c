"""Read data sets of proteins: HDF5 files of residues, and examples of consecutive residues.

The file holds atoms, not maps, and each residue once, although it may belong to many examples.
docs/guide/reference/datasets.md describes the layout. Reading needs only numpy, h5py, pydantic and
gemmi.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, cast

import h5py
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from patterson_gui.crystal.material import MOST_NUMBER
from patterson_gui.crystal.problem_kinds import B_ISO, D_MIN, PROTEIN_KINDS, PROTEIN_PRESETS
from patterson_gui.io.datasets.dataset import DataSetInMemory
from patterson_gui.io.datasets.hdf5 import (
    SPLITS,
    DataSetFormat,
    read_hdf5,
)
from patterson_gui.io.datasets.plain_hdf5 import read_integers, read_numbers, read_texts
from patterson_gui.io.formats.symmetry import sane_cell

MILLI = 1000  # positions are stored in thousandths of an Å, the precision of PDB files

MOST_RESIDUES = 255  # of an example

ProteinKindName = Literal["dialanine", "dipeptide", "fragment"]
Cell = tuple[float, float, float, float, float, float]


def cube(edge: float) -> Cell:
    """The cell of a cube, Å."""
    return edge, edge, edge, 90.0, 90.0, 90.0


def usual_cell(kind: ProteinKindName) -> Cell | None:
    """The default cell of a kind of example; None: the extent of the molecule plus 3 Å."""
    edge = PROTEIN_KINDS[kind].cell_edge
    return None if edge is None else cube(edge)


class DataSetSettings(BaseModel):
    """The settings with which a data set of proteins was built.

    Attributes
    ----------
    kind : kind of the examples; a dialanine keeps only N, CA, C, O and CB of each residue.
    lengths : smallest and largest number of residues of an example.
    cell : a, b, c in Å, α, β, γ in degrees; None: each molecule's extent plus 3 Å.
    d_min : Å, resolution at which the maps are made.
    b_iso : Å², of every atom.
    seed : random seed of the choice of examples and, without a table, of the splits.
    most_examples : largest number of examples of each split; None: all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ProteinKindName = "dipeptide"
    lengths: tuple[int, int] = PROTEIN_KINDS["dipeptide"].lengths
    cell: Cell | None = usual_cell("dipeptide")
    d_min: float = Field(default=D_MIN, gt=0, allow_inf_nan=False)
    b_iso: float = Field(default=B_ISO, ge=0, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0)
    most_examples: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _check_settings(self) -> Self:
        least, most = self.lengths
        if not 1 <= least <= most <= MOST_RESIDUES:
            raise ValueError(
                f"examples cannot have {least} to {most} residues: give a range within 1 to "
                f"{MOST_RESIDUES}, the smaller number first"
            )
        if self.kind != "fragment" and self.lengths != (2, 2):
            raise ValueError(
                f"a {self.kind} has two residues: choose the kind 'fragment' for other lengths"
            )
        if self.cell is not None and sane_cell(self.cell) is None:
            raise ValueError(
                f"the cell {', '.join(f'{x:g}' for x in self.cell)} is impossible: give edges of "
                "at least 1.5 Å and angles that enclose a volume"
            )
        return self


FORMAT = DataSetFormat(
    "patterson_gui data set",
    1,
    DataSetSettings,
    "not a data set of this program: build one with 'patterson-gui dataset build'",
    "patterson-gui dataset build",
)
PRESETS: Mapping[str, DataSetSettings] = {
    name: DataSetSettings(kind=cast(ProteinKindName, preset.kind), cell=cube(preset.cell_edge))
    for name, preset in PROTEIN_PRESETS.items()
}


@dataclass(frozen=True, eq=False)
class ExampleArrays:
    """A data set's contents as arrays.

    Attributes
    ----------
    positions : (n_atoms, 3) float32 Å, in the frame of the model file.
    numbers : (n_atoms,) uint8 atomic numbers.
    names : (n_atoms,) uint8 into `atom_names`.
    residue_start : (n_residues + 1,) int32; atoms of residue i are start[i] : start[i + 1].
    residue_names : (n_residues,) uint8 into `names_of_residues`.
    residue_chain : (n_residues,) int32 into `chains`.
    seqids : (n_residues,) residue numbers with insertion codes, as text.
    chains : (n_chains,) "entry:chain".
    first, length : (n_examples,) first residue and number of residues of an example.
    cell : (n_examples, 6) float32 Å and degrees; NaN: the extent of the molecule plus 3 Å.
    split : (n_examples,) uint8 into `SPLITS`.
    """

    positions: NDArray[np.float32]
    numbers: NDArray[np.uint8]
    names: NDArray[np.uint8]
    residue_start: NDArray[np.int32]
    residue_names: NDArray[np.uint8]
    residue_chain: NDArray[np.int32]
    seqids: tuple[str, ...]
    chains: tuple[str, ...]
    first: NDArray[np.int32]
    length: NDArray[np.int16]
    cell: NDArray[np.float32]
    split: NDArray[np.uint8]
    atom_names: tuple[str, ...]
    names_of_residues: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Example:
    """One molecule of a data set.

    Attributes
    ----------
    name : "1abc A:10-11 ALA-GLY".
    positions : (n, 3) float32 Å, relative to the centre of mass (weights: atomic numbers).
    numbers : (n,) atomic numbers.
    atom_names, residue_index : (n,) name of each atom, and index of its residue in the example.
    residues : names of the residues.
    cell : a, b, c, α, β, γ; None: the extent of the molecule plus 3 Å.
    """

    name: str
    entry: str
    split: str
    positions: NDArray[np.float32]
    numbers: NDArray[np.int64]
    atom_names: tuple[str, ...]
    residue_index: NDArray[np.int64]
    residues: tuple[str, ...]
    seqids: tuple[str, ...]
    cell: Cell | None
    d_min: float
    b_iso: float

    @property
    def elements(self) -> dict[int, int]:
        """Number of atoms of each atomic number."""
        numbers, counts = np.unique(self.numbers, return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


class DataSet(DataSetInMemory[DataSetSettings, ExampleArrays]):
    """A data set of proteins in memory. Its length is the number of examples."""

    entries = "examples"

    def _settings_rows(self) -> list[tuple[str, str]]:
        settings = self.settings
        least, most = settings.lengths
        return [
            ("kind", f"{settings.kind}, {least} to {most} residues"),
            ("resolution", f"{settings.d_min:g} Å, B {settings.b_iso:g} Å²"),
        ]

    def rows(self, i: int) -> slice:
        """The atoms of example i, as a slice."""
        start, first = self.arrays.residue_start, int(self.arrays.first[i])
        return slice(int(start[first]), int(start[first + int(self.arrays.length[i])]))

    def atoms(self, i: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Positions (n, 3), Å relative to the centre of mass, and atomic numbers (n,)."""
        rows = self.rows(i)
        numbers = self.arrays.numbers[rows].astype(np.int64)
        positions = self.arrays.positions[rows].astype(np.float64)
        positions -= numbers @ positions / numbers.sum()
        return positions.astype(np.float32), numbers

    def example(self, i: int) -> Example:
        """Example i with all its data."""
        arrays, rows = self.arrays, self.rows(i)
        positions, numbers = self.atoms(i)
        first, length = int(arrays.first[i]), int(arrays.length[i])
        window = range(first, first + length)
        entry, _, chain = arrays.chains[arrays.residue_chain[first]].partition(":")
        residues = tuple(arrays.names_of_residues[arrays.residue_names[r]] for r in window)
        seqids = tuple(arrays.seqids[r] for r in window)
        sizes = np.diff(arrays.residue_start[first : first + length + 1])
        cell = arrays.cell[i]
        return Example(
            name=f"{entry} {chain}:{seqids[0]}-{seqids[-1]} {'-'.join(residues)}",
            entry=entry,
            split=SPLITS[arrays.split[i]],
            positions=positions,
            numbers=numbers,
            atom_names=tuple(arrays.atom_names[n] for n in arrays.names[rows]),
            residue_index=np.repeat(np.arange(length), sizes),
            residues=residues,
            seqids=seqids,
            cell=None if np.isnan(cell[0]) else _cell(cell),
            d_min=self.settings.d_min,
            b_iso=self.settings.b_iso,
        )


def _cell(values: NDArray[np.float32]) -> Cell:
    a, b, c, alpha, beta, gamma = (round(float(v), 4) for v in values)
    return a, b, c, alpha, beta, gamma


def read_dataset(path: Path | str) -> DataSet:
    """Read a whole data set, at most some tens of megabytes.

    Raises
    ------
    UserError : not HDF5, cut short, not a data set of this program, or of another version.
    """
    return DataSet(Path(path), *read_hdf5(Path(path), FORMAT, _arrays))


def _arrays(file: h5py.File, _: DataSetSettings) -> ExampleArrays:
    sizes = read_integers(file, "residues/n_atoms").astype(np.int64)
    offsets = read_integers(file, "atoms/offset", 2)
    if (sizes < 0).any() or sizes.sum() != len(offsets):  # checked before origins are repeated
        raise ValueError("its residues have another number of atoms than the file")
    origins = read_integers(file, "residues/origin", 2).astype(np.int64)
    residues = read_integers(file, "residues/number")
    icodes = read_texts(file, "residues/insertion_code")
    arrays = ExampleArrays(
        positions=((np.repeat(origins, sizes, axis=0) + offsets) / MILLI).astype(np.float32),
        numbers=read_integers(file, "atoms/atomic_number"),
        names=read_integers(file, "atoms/name"),
        residue_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        residue_names=read_integers(file, "residues/name"),
        residue_chain=read_integers(file, "residues/chain"),
        seqids=tuple(f"{n}{code}" for n, code in zip(residues.tolist(), icodes, strict=True)),
        chains=read_texts(file, "chains/name"),
        first=read_integers(file, "examples/first"),
        length=read_integers(file, "examples/length").astype(np.int16),
        cell=read_numbers(file, "examples/cell", 2),
        split=read_integers(file, "examples/split"),
        atom_names=read_texts(file, "names/atoms"),
        names_of_residues=read_texts(file, "names/residues"),
    )
    if not _is_consistent(arrays):
        raise ValueError("its arrays are inconsistent")
    return arrays


def _is_consistent(of: ExampleArrays) -> bool:
    """Whether all indices are in range and all arrays have matching lengths."""
    n_atoms, n_residues, n_examples = len(of.positions), len(of.residue_names), len(of.first)

    def within(indices: NDArray[Any], n: int) -> bool:
        return not indices.size or bool(indices.min() >= 0 and indices.max() < n)

    return (
        of.positions.shape == (n_atoms, 3)
        and of.residue_start[-1] == n_atoms
        and len(of.residue_start) == n_residues + 1
        and len(of.numbers) == len(of.names) == n_atoms
        and len(of.residue_chain) == len(of.seqids) == n_residues
        and len(of.length) == len(of.split) == n_examples
        and of.cell.shape == (n_examples, 6)
        and (not n_examples or of.length.min() >= 1)
        and within(of.first, n_residues)
        and within(of.first.astype(np.int64) + of.length - 1, n_residues)
        and bool((np.diff(of.residue_start) > 0).all())
        and (not n_atoms or (of.numbers.min() >= 1 and of.numbers.max() <= MOST_NUMBER))
        and all(_is_possible(cell) for cell in np.unique(of.cell, axis=0))
        and within(of.names, len(of.atom_names))
        and within(of.residue_names, len(of.names_of_residues))
        and within(of.residue_chain, len(of.chains))
        and within(of.split, len(SPLITS))
    )


def _is_possible(cell: NDArray[np.float32]) -> bool:
    """Whether a row is a cell, or stands for the extent of the molecule."""
    return bool(np.isnan(cell[0])) or sane_cell(cell.tolist()) is not None
