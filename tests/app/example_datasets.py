"""A data set of three short chains, one for each split."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from patterson_gui.io.dataset_building.parts import joined, part_of_model
from patterson_gui.io.dataset_building.write_proteins import write_dataset
from patterson_gui.io.datasets.hdf5 import Provenance, UsedFile
from patterson_gui.io.datasets.proteins import DataSetSettings
from tests.io.small_proteins import protein

CHAINS = {"1aaa": "ALA GLY SER ALA GLY VAL", "2bbb": "GLY ALA THR", "3ccc": "SER SER ALA GLY"}
N_TRAIN, N_VAL, N_TEST = 5, 2, 3
REJECTED = {"hydrogen atoms": 12, "residues that are incomplete": 3}


def write_small_dataset(path: Path, **settings: Any) -> Path:
    """Pairs of residues: `N_TRAIN` of the first chain, then `N_VAL`, then `N_TEST`."""
    asked = DataSetSettings(**{"cell": (20.0, 20.0, 20.0, 90.0, 90.0, 90.0), **settings})
    parts = [part_of_model(protein(n.split()), entry, asked) for entry, n in CHAINS.items()]
    whole = joined(parts)
    entry = np.array([int(whole.chain[first]) for first in whole.first])
    files = tuple(UsedFile(name=f"{name}.pdb", sha256="0" * 64) for name in CHAINS)
    provenance = Provenance(
        program="patterson-gui 0", files=files, splits="as the test needs it",
        rejected=dict(Counter(REJECTED)),
    )  # fmt: skip
    write_dataset(path, whole, entry.astype(np.uint8), asked, provenance)
    return path
