"""A data set of a few made-up residues, without a file."""

from pathlib import Path

import numpy as np

from patterson_gui.io.datasets.hdf5 import Provenance
from patterson_gui.io.datasets.proteins import DataSet, DataSetSettings, ExampleArrays

ATOM_NAMES = ("N", "CA", "C", "O", "CB", "CG")
NUMBERS = (7, 6, 6, 8, 6, 6)


def small_data(
    n_residues: int = 12,
    cell: tuple[float, ...] | None = (12, 12, 12, 90, 90, 90),
    kind: str = "dipeptide",
    lengths: tuple[int, int] = (2, 2),
    d_min: float = 2.0,
) -> DataSet:
    """Windows onto one chain of random residues of 6 atoms, 3.8 Å from one to the next."""
    rng = np.random.default_rng(0)
    steps = 3.8 * np.cumsum(np.tile([[1.0, 0.2, 0.0]], (n_residues, 1)), axis=0)
    positions = (steps[:, None] + 1.2 * rng.standard_normal((n_residues, 6, 3))).reshape(-1, 3)
    windows = [
        (first, length)
        for length in range(lengths[0], lengths[1] + 1)
        for first in range(n_residues - length + 1)
    ]
    n = len(windows)
    arrays = ExampleArrays(
        positions=positions.astype(np.float32),
        numbers=np.tile(np.uint8(NUMBERS), n_residues),
        names=np.tile(np.arange(6, dtype=np.uint8), n_residues),
        residue_start=np.arange(0, 6 * n_residues + 1, 6, dtype=np.int32),
        residue_names=np.zeros(n_residues, np.uint8),
        residue_chain=np.zeros(n_residues, np.int32),
        seqids=tuple(str(i + 1) for i in range(n_residues)),
        chains=("1abc:A",),
        first=np.array([w[0] for w in windows], np.int32),
        length=np.array([w[1] for w in windows], np.int16),
        cell=np.tile(np.float32(cell if cell is not None else [np.nan] * 6), (n, 1)),
        split=np.array([1 if i % 4 == 3 else 0 for i in range(n)], np.uint8),
        atom_names=ATOM_NAMES,
        names_of_residues=("LEU",),
    )
    kind = kind if lengths == (2, 2) else "fragment"
    settings = DataSetSettings(kind=kind, lengths=lengths, cell=cell, d_min=d_min)
    return DataSet(Path("small.h5"), settings, Provenance(), arrays)
