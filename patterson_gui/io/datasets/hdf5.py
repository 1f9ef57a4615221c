"""Writing a data set: the same contents give the same bytes.

The layout is described in docs/guide/reference/datasets.md. The file is assembled in memory (a few
tens of megabytes) and written at once, so that a full disk is an ordinary write error.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.parts import Bytes, Part
from patterson_gui.io.datasets.proteins import (
    FORMAT,
    SCHEMA_VERSION,
    SPLITS,
    DataSetSettings,
    Provenance,
)
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
    """The file's content."""
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
    return hdf5_bytes(FORMAT, SCHEMA_VERSION, settings, provenance, arrays)


def hdf5_bytes(
    format_: str,
    version: int,
    settings: BaseModel,
    provenance: Provenance,
    arrays: Mapping[str, NDArray[Any]],
) -> bytes:
    """A file of arrays that says of itself what it is; the files it was made from go into a
    table, because those of a large set are more than an attribute holds."""
    files = {
        "files/name": np.array([file.name.encode() for file in provenance.files], np.bytes_),
        "files/sha256": np.array(
            [list(bytes.fromhex(file.sha256)) for file in provenance.files], np.uint8
        ).reshape(-1, 32),
    }
    memory = io.BytesIO()
    # The oldest layout of HDF5's own structures: any library reads it, and it holds no times.
    with h5py.File(memory, "w", libver=("earliest", "v110")) as file:
        file.attrs["format"] = format_
        file.attrs["schema_version"] = version
        file.attrs["splits"] = ", ".join(SPLITS)
        file.attrs["settings"] = _json(settings.model_dump(mode="json"))
        file.attrs["provenance"] = _json(provenance.model_dump(mode="json", exclude={"files"}))
        for name, values in {**arrays, **files}.items():
            # Nothing can be packed into chunks where there is nothing.
            packing = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
            file.create_dataset(
                name, data=values, track_times=False, **(packing if values.size else {})
            )
    return memory.getvalue()


def _indexed(names: Bytes, what: str) -> tuple[Bytes, NDArray[np.uint8]]:
    """The different names, sorted, and which of them each is."""
    different, index = np.unique(names, return_inverse=True)
    if len(different) > _MOST_NAMES:
        raise UserError(
            f"The models name their {what} in {len(different)} ways, more than the {_MOST_NAMES} "
            "a data set has room for: leave out models with unusual names."
        )
    return different, index.astype(np.uint8)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
