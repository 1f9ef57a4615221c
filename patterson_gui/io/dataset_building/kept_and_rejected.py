"""Which examples a build keeps, what it leaves out, and what the data set says of both."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui import __version__
from patterson_gui.io.dataset_building.find_models import printable_name
from patterson_gui.io.datasets.hdf5 import SPLITS, Provenance, UsedFile


def at_most(
    split: NDArray[np.integer[Any]], most_examples: int | None, seed: int
) -> NDArray[np.bool_]:
    """(n,) which examples are kept: at most the given number of each split, chosen at random.

    Parameters
    ----------
    split : (n,) index of the split of each example in `SPLITS`; −1: the example is left out.
    most_examples : largest number of examples of each split; None: all.
    """
    chosen = np.asarray(split >= 0)
    if most_examples is not None:
        # numpy guarantees that the raw bits of a generator stay the same in later versions.
        keys = np.random.PCG64(seed).random_raw(len(split))
        for code in range(len(SPLITS)):
            members = np.flatnonzero(split == code)
            order = members[np.argsort(keys[members], kind="stable")]
            chosen[order[most_examples:]] = False
    return chosen


def numbers_by_split(split: NDArray[np.uint8]) -> dict[str, int]:
    """The number of examples of each split."""
    return {name: int((split == code).sum()) for code, name in enumerate(SPLITS)}


def reasons_of(rejected: Counter[str]) -> str:
    """What was left out and why, for a sentence; '' if nothing was."""
    return ", ".join(f"{n} {reason}" for reason, n in (+rejected).most_common())


def provenance_of(
    files: Iterable[tuple[Path, str]], splits: str, rejected: Counter[str]
) -> Provenance:
    """How a data set was made: by this version, of these files (path, SHA-256)."""
    return Provenance(
        program=f"patterson-gui {__version__}",
        files=tuple(UsedFile(name=printable_name(path), sha256=sha256) for path, sha256 in files),
        splits=splits,
        rejected=dict(sorted((+rejected).items())),
    )
