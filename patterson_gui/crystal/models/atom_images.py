"""Images of independent atoms under the operations of a space group, each place once."""

from dataclasses import dataclass
from functools import cached_property

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.lattices import distances
from patterson_gui.crystal.symmetry_images import operation_arrays

SAME_PLACE = 0.05  # Å: an image this near its atom is the atom itself, on a special position
_DEN = gemmi.Op.DEN


@dataclass(frozen=True, eq=False)
class Operations:
    """All operations x' = R x + t of a space group, centring translations included.

    Attributes
    ----------
    rotations : (k, 3, 3) int64, R for columns of fractional coordinates; the first is identity.
    translations : (k, 3) float64, 0 ≤ t < 1.
    """

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rotations)

    @classmethod
    def of(cls, spacegroup: gemmi.SpaceGroup) -> "Operations":
        """The operations in gemmi's order, the identity first."""
        ops = sorted(spacegroup.operations(), key=lambda op: op.triplet() != "x,y,z")
        rotations, translations = operation_arrays(ops)
        return cls(np.rint(rotations).astype(np.int64), translations % 1.0)

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {
            _key(rotation, translation): i
            for i, (rotation, translation) in enumerate(
                zip(self.rotations, self.translations, strict=True)
            )
        }

    @cached_property
    def products(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The operation that does b first and then a.

        Returns
        -------
        number : (k, k) which operation it is, [a, b].
        shift : (k, k, 3) whole cells to add to its translation.
        """
        k = len(self)
        rotation = np.einsum("aij,bjk->abik", self.rotations, self.rotations)
        translation = (
            np.einsum("aij,bj->abi", self.rotations, self.translations) + self.translations[:, None]
        )
        number = np.empty((k, k), dtype=np.int64)
        for a in range(k):
            for b in range(k):
                number[a, b] = self._numbers[_key(rotation[a, b], translation[a, b])]
        shift = np.rint(translation - self.translations[number]).astype(np.int64)
        return number, shift

    def images(self, frac: NDArray[np.float64]) -> NDArray[np.float64]:
        """(k, n, 3) R x + t of (n, 3) fractional coordinates."""
        turned = np.einsum("kij,nj->kni", self.rotations, frac)
        return np.asarray(turned + self.translations[:, None])


def _key(rotation: NDArray[np.int64], translation: NDArray[np.float64]) -> bytes:
    turns = np.rint(translation * _DEN).astype(np.int64) % _DEN
    return rotation.astype(np.int8).tobytes() + turns.astype(np.int8).tobytes()


@dataclass(frozen=True, eq=False)
class AtomImages:
    """Which operations move each atom to different places of the crystal.

    Attributes
    ----------
    operations : of the space group.
    first : (k, n) the first operation that moves atom j to the same place as operation i, up to
        whole cells; i itself unless the atom is on a special position.
    shift : (k, n, 3) whole cells with operation i = operation `first` + shift.
    """

    operations: Operations
    first: NDArray[np.int64]
    shift: NDArray[np.int64]

    @property
    def multiplicity(self) -> NDArray[np.int64]:
        """(n,) number of places of each atom in the cell."""
        numbers = np.arange(len(self.operations))[:, None]
        return np.asarray((self.first == numbers).sum(axis=0))

    @property
    def share(self) -> NDArray[np.float64]:
        """(n,) multiplicity divided by that of a general position."""
        return np.asarray(self.multiplicity / len(self.operations))

    @classmethod
    def of(
        cls, frac: NDArray[np.float64], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
    ) -> "AtomImages":
        """Find the special positions among (n, 3) fractional coordinates.

        An atom is on a special position if an image lies within `SAME_PLACE` of it.
        """
        operations = Operations.of(spacegroup)
        images = operations.images(frac)
        k, n = images.shape[:2]
        axes = orthogonalization(cell).T
        first = np.repeat(np.arange(k)[:, None], n, axis=1)
        shift = np.zeros((k, n, 3), dtype=np.int64)
        near = distances(images - frac, axes) < SAME_PLACE
        for atom in np.flatnonzero(near.sum(axis=0) > 1):
            places = images[:, atom]
            for i in range(1, k):
                earlier = np.flatnonzero(first[:i, atom] == np.arange(i))
                difference = places[i] - places[earlier]
                same = distances(difference, axes) < SAME_PLACE
                if same.any():
                    found = int(np.flatnonzero(same)[0])
                    first[i, atom] = earlier[found]
                    shift[i, atom] = np.rint(difference[found])
        return cls(operations, first, shift)
