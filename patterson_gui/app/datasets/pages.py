"""What a data set of any kind shows of itself: pages, and facts in groups of rows."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from patterson_gui.app.document.statistics import Rows
from patterson_gui.crystal.crystal import Crystal

if TYPE_CHECKING:  # h5py takes a tenth of a second that the first picture need not wait for
    from patterson_gui.io.datasets.proteins import Provenance

SPLIT_WORDS = {"train": "training", "val": "validation", "test": "test"}
FEW_FILES = 4  # named one by one

Facts = tuple[tuple[str, Rows], ...]


class Page(Protocol):
    """One example or crystal."""

    @property
    def name(self) -> str:
        """What stands at its head."""
        ...

    @property
    def rows(self) -> Rows:
        """What is to be known of it."""
        ...

    def crystal(self) -> Crystal:
        """It, to be put on the table; takes a while."""
        ...


class Splits(Protocol):
    """What is divided into splits."""

    def __len__(self) -> int: ...

    def in_split(self, name: str) -> NDArray[np.int64]:
        """Which belong to 'train', 'val' or 'test'."""
        ...


class Pages(Splits, Protocol):
    """A data set as pages."""

    @property
    def path(self) -> Path: ...

    def page(self, i: int) -> Page:
        """The page of that number, from 0; quick."""
        ...

    def facts(self) -> Facts:
        """Contents, what was left out, what was asked for and where it is from; takes a while."""
        ...


def read_pages(path: Path) -> Pages:
    """A data set of whichever kind.

    Raises
    ------
    UserError : it is none, is damaged, or of another version.
    """
    from patterson_gui.io.datasets.crystals import is_material_dataset, read_material_dataset
    from patterson_gui.io.datasets.proteins import read_dataset

    if is_material_dataset(path):
        from patterson_gui.app.datasets.crystal_pages import CrystalPages

        return CrystalPages(read_material_dataset(path))
    from patterson_gui.app.datasets.protein_pages import ProteinPages

    return ProteinPages(read_dataset(path))


def split_rows(what: str, data: Splits) -> Rows:
    """How many there are, and how many of each split."""
    sizes = {words: len(data.in_split(name)) for name, words in SPLIT_WORDS.items()}
    return (
        (what, spaced(len(data))),
        *((f"– {words}", spaced(size)) for words, size in sizes.items()),
    )


def left_out_rows(provenance: "Provenance") -> Rows:
    """What was left out, the most frequent reason first."""
    rejected = Counter(dict(provenance.rejected))
    rows = tuple((reason, spaced(n)) for reason, n in rejected.most_common())
    return rows or (("Nothing", ""),)


def provenance_rows(provenance: "Provenance", sha256: str) -> Rows:
    """Where a data set is from."""
    files = [file.name for file in provenance.files]
    named = ", ".join(files[:FEW_FILES]) + (" …" if len(files) > FEW_FILES else "")
    return (
        ("Made by", provenance.program or "not told"),
        ("Splits", provenance.splits or "not told"),
        ("Source files", f"{spaced(len(files))}: {named}" if files else "not told"),
        ("SHA-256", f"{sha256[:16]}…"),
    )


def file_row(path: Path) -> str:
    """A file's name and size."""
    n = path.stat().st_size
    return f"{path.name}, {f'{n / 1e6:.1f} MB' if n >= 1_000_000 else f'{n / 1e3:.0f} kB'}"


def spaced(n: int) -> str:
    """A number in groups of three digits."""
    return f"{n:,}".replace(",", "\u202f")
