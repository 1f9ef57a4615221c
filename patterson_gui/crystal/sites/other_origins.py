"""The other hand of sites, and distances between sites whatever origin and hand they have."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.permissible_origins import permissible_origins
from patterson_gui.crystal.sites.site_symmetry import polar_directions
from patterson_gui.crystal.symmetry_images import symmetry_images


def other_hand(frac: NDArray[np.float64], spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(n, 3) positions of the other hand: inverted, and moved where the group needs it (I4₁).

    In groups that occur in pairs, such as P4₁ and P4₃, they belong to `enantiomorph(spacegroup)`.
    """
    operation = spacegroup.change_of_hand_op()
    rotation = np.array(operation.rot, dtype=np.float64) / operation.DEN
    shift = np.array(operation.tran, dtype=np.float64) / operation.DEN
    return np.asarray(frac @ rotation.T + shift)


def enantiomorph(spacegroup: gemmi.SpaceGroup) -> gemmi.SpaceGroup:
    """The space group of the other hand: that of P4₁ is P4₃, that of P2₁2₁2₁ is the same."""
    operations = spacegroup.operations()
    operations.change_basis_forward(spacegroup.change_of_hand_op())
    found = gemmi.find_spacegroup_by_ops(operations)
    return spacegroup if found is None or found.number == spacegroup.number else found


class OriginFreeDistances:
    """Distances between positions, the smallest over all origins, images and both hands."""

    def __init__(self, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup) -> None:
        self._spacegroup = spacegroup
        self._operations = spacegroup.operations()
        self._metric = orthogonalization(cell)
        self._shifts = permissible_origins(spacegroup)
        polar = polar_directions(spacegroup)
        self._polar = np.linalg.qr(self._metric @ polar.T)[0] if len(polar) else None
        # Along a polar diagonal the nearest image need not be the one that rounding finds.
        diagonal = len(polar) > 0 and np.abs(polar).max() < 1 - 1e-6
        near = np.array(list(np.ndindex(3, 3, 3)), dtype=np.float64) - 1.0
        self._lattice = near if diagonal else np.zeros((1, 3))

    def nearest(self, position: NDArray[np.float64], others: NDArray[np.float64]) -> float:
        """Å from one position to the nearest of `others` (n, 3), fractional."""
        both = np.stack([position, other_hand(position[None], self._spacegroup)[0]])
        images = symmetry_images(both, self._operations).reshape(-1, 3)
        choices = (images[:, None] + self._shifts).reshape(-1, 3)
        apart = choices[:, None] - others
        vectors = ((apart - np.round(apart))[:, :, None] + self._lattice) @ self._metric.T
        if self._polar is not None:
            vectors -= (vectors @ self._polar) @ self._polar.T
        return float(np.sqrt((vectors**2).sum(axis=-1).min()))
