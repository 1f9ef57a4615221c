"""A data set of dipeptides in an 8 Å cube, in the format of docs/guide/reference/datasets.md."""

import json
from pathlib import Path

import h5py
import numpy as np

from patterson_gui.io.datasets.hdf5 import Provenance
from patterson_gui.io.datasets.proteins import FORMAT, DataSetSettings

# N, CA, C, O, CB of an alanine, Å.
ALANINE = np.array(
    [[0.0, 0.0, 0.0], [1.46, 0.0, 0.0], [2.01, 1.42, 0.0], [1.25, 2.39, 0.0], [1.99, -0.77, -1.21]]
)
NUMBERS = np.array([7, 6, 6, 8, 6], np.uint8)


def write_tiny_dataset(path: Path, n_train: int = 16, n_validation: int = 4) -> Path:
    """One chain of two residues for each example, each in an orientation of its own."""
    n = n_train + n_validation
    generator = np.random.default_rng(1)
    turns = np.linalg.qr(generator.normal(size=(n, 3, 3)))[0]
    turns[:, :, 0] *= np.linalg.det(turns)[:, None]
    both = np.concatenate([ALANINE, ALANINE * [1, -1, -1] + [3.3, 1.5, 0.4]])
    positions = np.einsum("nij,aj->nai", turns, both).reshape(2 * n, 5, 3)
    milli = np.round(positions * 1000).astype(np.int32)
    settings = DataSetSettings(cell=(8.0, 8.0, 8.0, 90.0, 90.0, 90.0), d_min=2.0)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = FORMAT.name
        file.attrs["schema_version"] = FORMAT.version
        file.attrs["settings"] = json.dumps(settings.model_dump(mode="json"))
        file.attrs["provenance"] = json.dumps(
            Provenance().model_dump(mode="json", exclude={"files"})
        )
        file["files/name"] = np.zeros(0, "S1")
        file["files/sha256"] = np.zeros((0, 32), np.uint8)
        file["residues/n_atoms"] = np.full(2 * n, 5, np.uint8)
        file["residues/origin"] = milli[:, 1]
        file["residues/name"] = np.zeros(2 * n, np.uint8)
        file["residues/chain"] = np.repeat(np.arange(n, dtype=np.int32), 2)
        file["residues/number"] = np.tile([1, 2], n).astype(np.int32)
        file["residues/insertion_code"] = np.array([b""] * (2 * n), "S1")
        file["atoms/offset"] = (milli - milli[:, 1:2]).reshape(-1, 3).astype(np.int16)
        file["atoms/atomic_number"] = np.tile(NUMBERS, 2 * n)
        file["atoms/name"] = np.tile(np.arange(5, dtype=np.uint8), 2 * n)
        file["chains/name"] = np.array([f"{i:04d}:A".encode() for i in range(n)])
        file["names/atoms"] = np.array([b"N", b"CA", b"C", b"O", b"CB"])
        file["names/residues"] = np.array([b"ALA"])
        file["examples/first"] = np.arange(0, 2 * n, 2, dtype=np.int32)
        file["examples/length"] = np.full(n, 2, np.uint8)
        file["examples/cell"] = np.tile(np.float32([8, 8, 8, 90, 90, 90]), (n, 1))
        file["examples/split"] = np.repeat([0, 1], [n_train, n_validation]).astype(np.uint8)
    return path
