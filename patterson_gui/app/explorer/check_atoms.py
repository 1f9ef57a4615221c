"""Checks decoded atoms: is this a plausible crystal, and does it agree with the encoded one."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from patterson_gui.app.explorer.encode import Encoded
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.latent import Decoded
from patterson_gui.crystal.materials.validity import Validity, check

THINNEST = 0.7  # Å between opposite faces: no atom fits into a flatter cell


@dataclass(frozen=True, eq=False)
class AtomsCheck:
    """Results of the checks on decoded atoms.

    Attributes
    ----------
    explained : share of the decoded density that the atoms account for, 0 to 1.
    validity : distances, charges and mass density of the crystal; None where there are no atoms
        or the cell is too flat for a crystal.
    agreement : correlation of decoded and encoded density; None where the latent is not that of
        the encoded crystal.
    same_atoms : whether the composition is the same; None likewise.
    """

    explained: float
    validity: Validity | None
    agreement: float | None = None
    same_atoms: bool | None = None


def check_atoms(decoded: Decoded, encoded: Encoded | None) -> AtomsCheck:
    """Check decoded atoms.

    Parameters
    ----------
    encoded : the crystal that the latent was encoded from; None where the latent is another one.
    """
    material = decoded.material
    validity = check(material) if len(material) and thickness(material) >= THINNEST else None
    if encoded is None:
        return AtomsCheck(decoded.explained, validity)
    given, found = encoded.density.grid.ravel(), decoded.density.ravel()
    agreement = float(np.corrcoef(given, found)[0, 1]) if given.std() and found.std() else 0.0
    same = Counter(material.numbers.tolist()) == Counter(encoded.material.numbers.tolist())
    return AtomsCheck(decoded.explained, validity, agreement, same)


def thickness(material: Material) -> float:
    """The smallest distance between opposite faces of the cell, Å; 0 without a cell."""
    if material.lattice is None or not material.volume > 0:
        return 0.0
    return float(1 / np.linalg.norm(np.linalg.inv(material.lattice), axis=0).max())
