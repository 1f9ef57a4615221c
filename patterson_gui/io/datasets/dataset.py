"""What data sets of proteins and of crystals have in common once they are read into memory."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from patterson_gui.io.datasets.hdf5 import SPLITS, Provenance, sha256_of


class HasKind(Protocol):
    """Settings with the kind of the examples."""

    @property
    def kind(self) -> str: ...


class HasSplit(Protocol):
    """Arrays with the split of each entry: (n,) uint8 into `SPLITS`."""

    @property
    def split(self) -> NDArray[np.uint8]: ...


Settings = TypeVar("Settings", bound=HasKind)
Arrays = TypeVar("Arrays", bound=HasSplit)


@dataclass(frozen=True, eq=False, repr=False)
class DataSetInMemory(ABC, Generic[Settings, Arrays]):
    """The contents of a data-set file. Its length is the number of entries, which have splits.

    Attributes
    ----------
    entries : what the entries are called, in the plural.
    """

    entries: ClassVar[str]

    path: Path
    settings: Settings
    provenance: Provenance
    arrays: Arrays

    def __len__(self) -> int:
        return len(self.arrays.split)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(self.in_split(name)):,} {name}" for name in SPLITS)
        return (
            f"<{type(self).__name__} {self.path.name!r}: {len(self):,} {self.entries} ({sizes}), "
            f"{self.settings.kind}>"
        )

    def _repr_html_(self) -> str:
        from patterson_gui.crystal.display.html import summary

        rows = [
            *self._settings_rows(),
            *((name, f"{len(self.in_split(name)):,} {self.entries}") for name in SPLITS),
            ("built by", self.provenance.program),
            ("splits", self.provenance.splits),
        ]
        return summary(f"{self.path.name}: {len(self):,} {self.entries}", rows)

    @abstractmethod
    def _settings_rows(self) -> list[tuple[str, str]]:
        """The settings as rows (name, value) of a table for notebooks."""

    @cached_property
    def sha256(self) -> str:
        """Checksum of the file."""
        return sha256_of(self.path)

    @property
    def split(self) -> NDArray[np.uint8]:
        """(n,) the split of each entry, into `SPLITS`."""
        return self.arrays.split

    def in_split(self, name: str) -> NDArray[np.int64]:
        """Indices of the entries in 'train', 'val' or 'test'."""
        return np.flatnonzero(self.arrays.split == SPLITS.index(name))
