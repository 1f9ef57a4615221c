"""Base of the data-set pages: one page per example, and a data set's facts as rows of text."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.document.statistics import Rows
from patterson_gui.crystal.crystal import Crystal

if TYPE_CHECKING:  # loads h5py, which the window does not need before it opens a data set
    from patterson_gui.io.datasets.hdf5 import Provenance

SPLIT_WORDS = {"train": "training", "val": "validation", "test": "test"}
MOST_FILE_NAMES = 4  # source files that are listed by name

Facts = tuple[tuple[str, Rows], ...]


class Page(Protocol):
    """One example of a data set."""

    @property
    def name(self) -> str:
        """Title of the page."""
        ...

    @property
    def rows(self) -> Rows:
        """Facts about the example: (name, value)."""
        ...

    def crystal(self) -> Crystal:
        """The example as a crystal that can be opened; slow."""
        ...


class SplitData(Protocol):
    """What the data sets of proteins and of crystals have in common."""

    @property
    def path(self) -> Path: ...

    @property
    def provenance(self) -> "Provenance": ...

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        ...

    def __len__(self) -> int: ...

    def in_split(self, name: str) -> NDArray[np.int64]:
        """Indices of the examples in 'train', 'val' or 'test'."""
        ...


@dataclass(frozen=True, eq=False)
class Pages(ABC):
    """A data set as pages. Subclasses say what is on a page and what is special of their kind."""

    data: SplitData

    @property
    def path(self) -> Path:
        return self.data.path

    def __len__(self) -> int:
        return len(self.data)

    def in_split(self, name: str) -> NDArray[np.int64]:
        """Indices of the pages in 'train', 'val' or 'test'."""
        return self.data.in_split(name)

    @abstractmethod
    def page(self, i: int) -> Page:
        """Page i, counted from 0; fast."""

    @abstractmethod
    def _contents(self) -> Rows:
        """Rows that count what the data set holds; the first name counts the pages."""

    @abstractmethod
    def _settings(self) -> Rows:
        """The settings that the data set was built with."""

    @property
    @abstractmethod
    def _page_noun(self) -> str:
        """What a page is, in the plural, with a capital."""

    def facts(self) -> Facts:
        """Contents, what was left out, settings and provenance; slow (hashes the file)."""
        sizes = ((words, len(self.in_split(name))) for name, words in SPLIT_WORDS.items())
        contents = (
            (self._page_noun, spaced(len(self))),
            *((f"– {words}", spaced(size)) for words, size in sizes),
            *self._contents(),
            ("File", _name_and_size(self.path)),
        )
        return (
            ("Contents", contents),
            ("Left out", _left_out_rows(self.data.provenance)),
            ("Settings", self._settings()),
            ("Provenance", _provenance_rows(self.data.provenance, self.data.sha256)),
        )


def split_phrase(page_noun: str, split: str) -> str:
    """'validation examples of a data set', for the provenance of a page's crystal."""
    return f"{SPLIT_WORDS[split]} {page_noun} of a data set"


def atoms_row(counts: Mapping[int, int]) -> tuple[str, str]:
    """Number of atoms and their elements.

    Parameters
    ----------
    counts : number of atoms of each atomic number.
    """
    elements = " ".join(f"{gemmi.Element(z).name}{n}" for z, n in counts.items())
    return "Atoms", f"{sum(counts.values())} ({elements})"


def spaced(n: int) -> str:
    """A number in groups of three digits."""
    return f"{n:,}".replace(",", "\u202f")


def _left_out_rows(provenance: "Provenance") -> Rows:
    """What was left out, the most frequent reason first."""
    rejected = Counter(dict(provenance.rejected))
    rows = tuple((reason, spaced(n)) for reason, n in rejected.most_common())
    return rows or (("Nothing", ""),)


def _provenance_rows(provenance: "Provenance", sha256: str) -> Rows:
    files = [file.name for file in provenance.files]
    listed = ", ".join(files[:MOST_FILE_NAMES]) + (" …" if len(files) > MOST_FILE_NAMES else "")
    return (
        ("Made by", provenance.program or "unknown"),
        ("Splits", provenance.splits or "unknown"),
        ("Source files", f"{spaced(len(files))}: {listed}" if files else "unknown"),
        ("SHA-256", f"{sha256[:16]}…"),
    )


def _name_and_size(path: Path) -> str:
    n = path.stat().st_size
    return f"{path.name}, {f'{n / 1e6:.1f} MB' if n >= 1_000_000 else f'{n / 1e3:.0f} kB'}"
