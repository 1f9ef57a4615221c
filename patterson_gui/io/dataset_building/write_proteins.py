"""Write a data set of proteins; equal contents give equal bytes.

docs/guide/reference/datasets.md describes the layout. The file is built in memory (some tens of
megabytes) and written by an ordinary write, which reports a full disk.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.parts import Bytes, Part
from patterson_gui.io.datasets.hdf5 import Provenance, hdf5_bytes
from patterson_gui.io.datasets.proteins import FORMAT, DataSetSettings
from patterson_gui.io.files import replace_file

_MOST_NAMES = 256


def write_dataset(
    path: Path,
    part: Part,
    split: NDArray[np.uint8],
    settings: DataSetSettings,
    provenance: Provenance,
) -> int:
    """Write the residues and examples of `part`; returns the file's size in bytes.

    split : (n_examples,) into `SPLITS`.
    """
    image = dataset_bytes(part, split, settings, provenance)
    with replace_file(path) as temporary:
        temporary.write_bytes(image)
    return len(image)


def dataset_bytes(
    part: Part, split: NDArray[np.uint8], settings: DataSetSettings, provenance: Provenance
) -> bytes:
    """The content of the file."""
    atom_names, atom_name = _indexed(part.atom_name, "atoms")
    residue_names, residue_name = _indexed(part.residue_name, "residues")
    cell = np.array(settings.cell or [np.nan] * 6, np.float32)
    arrays: dict[str, NDArray[Any]] = {
        "atoms/offset": part.offset,
        "atoms/atomic_number": part.atomic_number,
        "atoms/name": atom_name,
        "residues/origin": part.origin,
        "residues/n_atoms": part.n_atoms,
        "residues/name": residue_name,
        "residues/chain": part.chain,
        "residues/number": part.number,
        "residues/insertion_code": part.insertion_code.astype("S1"),
        "chains/name": part.chain_name,
        "examples/first": part.first,
        "examples/length": part.length,
        "examples/cell": np.tile(cell, (len(part.first), 1)),
        "examples/split": split,
        "names/atoms": atom_names,
        "names/residues": residue_names,
    }
    return hdf5_bytes(FORMAT, settings, provenance, arrays)


def _indexed(names: Bytes, what: str) -> tuple[Bytes, NDArray[np.uint8]]:
    """The distinct names, sorted, and the index of each name in them."""
    different, index = np.unique(names, return_inverse=True)
    if len(different) > _MOST_NAMES:
        raise UserError(
            f"The models have {len(different)} different names of {what}, but a data set can hold "
            f"{_MOST_NAMES}: leave out models with unusual names."
        )
    return different, index.astype(np.uint8)
