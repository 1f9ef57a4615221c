"""Read data sets of crystals: HDF5 files that hold the lattice and atoms of each crystal once.

An example is a unit cell alone in the cube (`crystal/materials/cube.py`), or one of several windows
cut out of the crystal. Densities are not stored. docs/guide/reference/datasets.md describes the
layout. Reading needs only numpy, h5py, gemmi and pydantic.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from patterson_gui.crystal.material import MOST_NUMBER, Material
from patterson_gui.crystal.materials.cube import Sample, SampleKind, unit_cell_sample, window_sample
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS
from patterson_gui.io.datasets.dataset import DataSetInMemory
from patterson_gui.io.datasets.hdf5 import (
    SPLITS,
    DataSetFormat,
    is_of_format,
    read_hdf5,
)
from patterson_gui.io.datasets.plain_hdf5 import read_integers, read_numbers, read_texts
from patterson_gui.io.datasets.proteins import MILLI

TURNS = 65536  # steps of an offset, in fractions of the cell
UNIT = 32767  # length of a stored quaternion
MOST_WINDOWS = 1000


class MaterialDataSetSettings(BaseModel):
    """The settings with which a data set of crystals was built.

    Attributes
    ----------
    kind : 'crystal': unit cells that fit the cube; 'lattice': windows cut out of any crystal.
    windows : number of windows of each crystal; the first is at the origin, unrotated; the others
        are rotated and shifted at random.
    seed : random seed of the windows, the choice of crystals and, if not given, the splits.
    most_examples : largest number of crystals of each split; None: all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SampleKind = "crystal"
    windows: int = Field(default=0, ge=0, le=MOST_WINDOWS, validate_default=True)
    seed: int = Field(default=0, ge=0)
    most_examples: int | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _usual_windows(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("windows"):
            kind = CRYSTAL_KINDS.get(str(values.get("kind", "crystal")))
            return {**values, "windows": 1 if kind is None else kind.windows}
        return values

    @model_validator(mode="after")
    def _check_windows(self) -> Self:
        if self.kind == "crystal" and self.windows != 1:
            raise ValueError(
                "a unit cell is one example: choose the kind 'lattice' for several windows"
            )
        return self


FORMAT = DataSetFormat(
    "patterson_gui crystals",
    1,
    MaterialDataSetSettings,
    "not a data set of crystals: build one with 'patterson-gui dataset build --kind crystal'",
    "patterson-gui dataset build --kind crystal",
)


@dataclass(frozen=True, eq=False)
class MaterialArrays:
    """A data set's contents as arrays.

    Attributes
    ----------
    lattices : (n, 3, 3) float32 Å, rows a, b, c; a along x, b in the xy plane.
    start : (n + 1,) int64; atoms of crystal i are start[i] : start[i + 1].
    positions : (n_atoms, 3) float32 Å, Cartesian, in the frame of their lattice.
    numbers : (n_atoms,) uint8 atomic numbers.
    split : (n,) uint8 into `SPLITS`.
    names, identifiers : (n,) of the crystals; '' if unknown.
    offsets : (n, windows, 3) float64, fractional coordinates of the corner of each window.
    quaternions : (n, windows, 4) float64 w, x, y, z, of unit length: rotation of each window.
    """

    lattices: NDArray[np.float32]
    start: NDArray[np.int64]
    positions: NDArray[np.float32]
    numbers: NDArray[np.uint8]
    split: NDArray[np.uint8]
    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    offsets: NDArray[np.float64]
    quaternions: NDArray[np.float64]


class MaterialDataSet(DataSetInMemory[MaterialDataSetSettings, MaterialArrays]):
    """A data set of crystals in memory. Its length is the number of crystals."""

    entries = "crystals"

    def _settings_rows(self) -> list[tuple[str, str]]:
        return [("kind", f"{self.settings.kind}, {self.settings.windows} of each crystal")]

    # ------------------------------------------------------------------ crystals
    def rows(self, i: int) -> slice:
        """The atoms of crystal i, as a slice."""
        return slice(int(self.arrays.start[i]), int(self.arrays.start[i + 1]))

    def lattice(self, i: int) -> NDArray[np.float64]:
        """(3, 3) Å, rows a, b, c."""
        return np.asarray(self.arrays.lattices[i], np.float64)

    def positions_of(self, i: int) -> NDArray[np.float64]:
        """(n, 3) Å, Cartesian, in the frame of the lattice, not moved into the cell."""
        return self.arrays.positions[self.rows(i)].astype(np.float64)

    def numbers_of(self, i: int) -> NDArray[np.int64]:
        """(n,) atomic numbers."""
        return self.arrays.numbers[self.rows(i)].astype(np.int64)

    def material(self, i: int) -> Material:
        """Crystal i."""
        return Material(
            self.positions_of(i),
            self.numbers_of(i),
            self.lattice(i),
            name=self.arrays.names[i],
            identifier=self.arrays.identifiers[i],
            split=SPLITS[self.arrays.split[i]],
        )

    # ------------------------------------------------------------------ examples
    @property
    def n_examples(self) -> int:
        """Crystals times windows."""
        return len(self) * self.settings.windows

    def crystal_of(self, example: int) -> int:
        """Index of the crystal of an example; the windows of a crystal are consecutive."""
        return example // self.settings.windows

    def example(self, example: int) -> Sample:
        """The contents of the cube: the unit cell, or a window with its own position and
        rotation."""
        i, window = divmod(example, self.settings.windows)
        material = self.material(i)
        if self.settings.kind == "crystal":
            return unit_cell_sample(material)
        turn = rotation_of(self.arrays.quaternions[i, window])
        return window_sample(material, turn, self.arrays.offsets[i, window])


class DataSetMaterials:
    """The crystals of a data set, with the interface of other files of crystals."""

    damage = None

    def __init__(self, data: MaterialDataSet) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def fields(self, i: int) -> dict[str, str]:
        """Split and identifier of crystal i."""
        material = self._data.material(i)
        return {"split": material.split, "material_id": material.identifier}

    def material(self, i: int) -> Material:
        """Crystal i."""
        return self._data.material(i)


def dataset_materials(path: Path) -> DataSetMaterials:
    """The crystals of the data set in a file. Raises like `read_material_dataset`."""
    return DataSetMaterials(read_material_dataset(path))


def rotation_of(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation matrix (3, 3) of a unit quaternion w, x, y, z."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def is_material_dataset(path: Path | str) -> bool:
    """Whether a file is a data set of crystals, from its format attribute."""
    return is_of_format(Path(path), FORMAT.name)


def read_material_dataset(path: Path | str) -> MaterialDataSet:
    """Read a whole data set of crystals, usually a few megabytes.

    Raises
    ------
    UserError : not HDF5, cut short, not a data set of crystals, or of another version.
    """
    return MaterialDataSet(Path(path), *read_hdf5(Path(path), FORMAT, _arrays))


def _arrays(file: h5py.File, settings: MaterialDataSetSettings) -> MaterialArrays:
    n_atoms = read_integers(file, "crystals/n_atoms").astype(np.int64)
    quaternions = read_numbers(file, "windows/rotation", 3).astype(np.float64)
    lengths = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    arrays = MaterialArrays(
        lattices=read_numbers(file, "crystals/lattice", 3),
        start=np.concatenate([[0], np.cumsum(n_atoms)]),
        positions=(read_numbers(file, "atoms/position", 2) / MILLI).astype(np.float32),
        numbers=read_integers(file, "atoms/atomic_number"),
        split=read_integers(file, "crystals/split"),
        names=read_texts(file, "crystals/name"),
        identifiers=read_texts(file, "crystals/identifier"),
        offsets=read_numbers(file, "windows/offset", 3) / TURNS,
        quaternions=quaternions / np.maximum(lengths, 1.0),
    )
    if not _is_consistent(arrays, settings.windows):
        raise ValueError("its arrays are inconsistent")
    return arrays


def _is_consistent(of: MaterialArrays, windows: int) -> bool:
    """Whether all arrays have matching lengths and possible values."""
    n, n_atoms = len(of.split), int(of.start[-1])
    return (
        of.lattices.shape == (n, 3, 3)
        and of.positions.shape == (n_atoms, 3)
        and of.numbers.shape == (n_atoms,)
        and len(of.names) == len(of.identifiers) == n
        and len(of.start) == n + 1
        and of.offsets.shape == (n, windows, 3)
        and of.quaternions.shape == (n, windows, 4)
        and bool(np.isfinite(of.lattices).all())
        and bool((np.diff(of.start) > 0).all())
        and (not n or (int(of.split.min()) >= 0 and int(of.split.max()) < len(SPLITS)))
        and (not n or float(np.abs(np.linalg.det(of.lattices)).min()) > 0)
        and bool(np.isfinite(of.positions).all() and np.isfinite(of.quaternions).all())
        and bool(np.isfinite(of.offsets).all())
        and (not n_atoms or (int(of.numbers.min()) > 0 and int(of.numbers.max()) <= MOST_NUMBER))
    )
