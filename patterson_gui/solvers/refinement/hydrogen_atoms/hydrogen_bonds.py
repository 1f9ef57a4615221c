"""Which possible places of hydrogen atoms point to an acceptor of a hydrogen bond."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.sites.neighbours import Neighbours

REACH = 3.6  # Å from the parent atom
# Longest H···A, Å (Steiner, Angew. Chem. Int. Ed. 41, 48, 2002: moderate hydrogen bonds).
_LONGEST = {"N": 2.3, "O": 2.3, "F": 2.3, "Cl": 2.7, "Br": 2.8, "S": 2.8}
_LEAST_ANGLE = np.deg2rad(140)  # D–H···A
_BONDED = 2.2  # Å: closer atoms than this are bonded to the parent
_HYDROGENS_APART = 1.7  # Å


def hydrogen_bonded(
    choices: NDArray[np.float64], near: Neighbours, elements: Sequence[str]
) -> NDArray[np.bool_]:
    """(k, m) whether hydrogen atoms at `choices` (k, m, 3), vectors from their parent in Å, point
    to an acceptor and keep away from other hydrogen atoms.

    `near` are the neighbours of the parent to `REACH`, with hydrogen atoms; `elements` those of
    all independent atoms.
    """
    places = choices[:, :, None]
    names = [elements[i] for i in near.other]
    longest = np.array([_LONGEST.get(name, 0.0) for name in names])
    acceptors = (longest > 0) & (near.distance > _BONDED)
    to_acceptor = near.vector[acceptors] - places  # (k, m, a, 3)
    length = np.linalg.norm(to_acceptor, axis=-1)
    along = (to_acceptor * places).sum(axis=-1)
    cosine = along / np.maximum(length * np.linalg.norm(places, axis=-1), 1e-9)
    # 180° minus the angle at H is that between D–H and H···A.
    straight = cosine > np.cos(np.pi - _LEAST_ANGLE)
    bonded = (straight & (length < longest[acceptors])).any(axis=-1)
    hydrogens = near.vector[np.array([name in ("H", "D") for name in names], dtype=bool)]
    apart = np.linalg.norm(hydrogens - places, axis=-1)
    return np.asarray(bonded & (apart > _HYDROGENS_APART).all(axis=-1))
