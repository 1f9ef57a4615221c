"""Labels and order of the atoms of a model."""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit, numbered_labels


def without_atoms(model: AsymmetricUnit, rows: NDArray[np.int64]) -> AsymmetricUnit:
    """The model without some atoms and what rides on them; new labels."""
    keep = np.ones(len(model), dtype=bool)
    keep[rows] = False
    keep &= (model.parent < 0) | keep[model.parent]
    return with_labels(model.select(keep))


def with_labels(model: AsymmetricUnit) -> AsymmetricUnit:
    """Labels C1, C2, O1 ...; hydrogen atoms are named after the atom they ride on."""
    labels = list(numbered_labels(model.elements))
    riding: dict[int, int] = {}
    for row in np.flatnonzero(model.parent >= 0):
        parent = int(model.parent[row])
        riding[parent] = riding.get(parent, 0) + 1
    seen: dict[int, int] = {}
    for row in np.flatnonzero(model.parent >= 0):
        parent = int(model.parent[row])
        seen[parent] = seen.get(parent, 0) + 1
        letter = "ABCDEF"[seen[parent] - 1] if riding[parent] > 1 else ""
        name = labels[parent]
        digits = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        element = name[: len(name) - len(digits)]
        labels[row] = f"H{'' if element == 'C' else element}{digits}{letter}"
    return replace(model, labels=tuple(labels))


def heaviest_first(model: AsymmetricUnit) -> AsymmetricUnit:
    """Heavy elements first, each hydrogen atom behind the atom it rides on; new labels."""
    z = np.array([gemmi.Element(e).atomic_number for e in model.elements])
    key = [
        (-int(z[p if p >= 0 else i]), int(p) if p >= 0 else i, int(p >= 0), i)
        for i, p in enumerate(model.parent)
    ]
    order = np.array(sorted(range(len(model)), key=lambda i: key[i]), dtype=np.int64)
    return with_labels(model.select(order))
