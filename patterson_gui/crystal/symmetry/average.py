"""Structure factors of P1 moved to the origin of a group and averaged over its operations."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.equivalents import match, to_asu, to_hemisphere
from patterson_gui.crystal.symmetry.operations import DEN, GroupOperations, Operation

_Image = tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]


class P1Reflections:
    """Reflections of P1 in one hemisphere, with their images under rotations."""

    def __init__(self, hkl: NDArray[np.int32]) -> None:
        """Take one of each Friedel pair, (n, 3); l > 0, or l = 0 and h > 0, or k ≥ 0."""
        self.hkl = hkl
        self._images: dict[int, _Image] = {}

    def moved(
        self, f: NDArray[np.complex128], shift: NDArray[np.float64]
    ) -> NDArray[np.complex128]:
        """(n,) structure factors of the density moved by s: F(h) exp(2πi h·s)."""
        return np.asarray(f * np.exp(2j * np.pi * (self.hkl @ shift)))

    def symmetrised(
        self, f: NDArray[np.complex128], group: GroupOperations
    ) -> NDArray[np.complex128]:
        """(n,) means of F(hR) exp(2πi h·t) over the operations of a group.

        A density with the operations x' = R x + t has F(h) = F(hR) exp(2πi h·t). Images hR that
        are not among the reflections are left out of the mean.
        """
        total = np.zeros(len(f), dtype=np.complex128)
        count = np.zeros(len(f), dtype=np.int64)
        for operation in group.each:
            place, mates, found = self._image(operation)
            value = np.where(mates, np.conj(f[place]), f[place])
            if operation.translation.any():
                value = value * np.exp(2j * np.pi * (self.hkl @ (operation.translation / DEN)))
            total += np.where(found, value, 0.0)
            count += found
        return np.asarray(total / count)  # the identity is always there

    def _image(self, operation: Operation) -> _Image:
        """Where hR stands, whether its Friedel mate does, and whether either does; (n,) each."""
        code = operation.code
        if code not in self._images:
            image, mates = to_hemisphere((self.hkl @ operation.rotation).astype(np.int32))
            place, found = match(self.hkl, image)
            self._images[code] = place, mates, found
        return self._images[code]


def average(
    hkl: NDArray[np.int32],
    f: NDArray[np.complex128],
    cell: gemmi.UnitCell,
    group: GroupOperations,
    shift: NDArray[np.float64],
) -> tuple[NDArray[np.int32], NDArray[np.complex128]]:
    """Mean structure factors of the unique reflections of a group.

    Parameters
    ----------
    hkl, f : (n, 3), (n,) structure factors of P1 in the hemisphere of `P1Reflections`.
    shift : (3,) fractional; x_group = x_P1 + shift.

    Returns
    -------
    hkl : (m, 3) unique reflections as gemmi's asymmetric unit has them, without absences.
    f : (m,) their means. Where phases of equivalents disagree, |f| is less than the mean |F|.
    """
    reflections = P1Reflections(hkl)
    mean = reflections.symmetrised(reflections.moved(f, shift), group)
    absent = group.spacegroup.operations().systematic_absences(hkl)
    kept = ~np.asarray(absent, dtype=bool)
    hkl, mean = hkl[kept], mean[kept]
    unique = np.unique(to_asu(hkl, cell, group.spacegroup), axis=0).astype(np.int32)
    # Each unique reflection or its mate is an image of some of P1, not always one of them.
    value = np.zeros(len(unique), dtype=np.complex128)
    open_rows = np.ones(len(unique), dtype=bool)
    for rotation, translation in zip(group.rotations, group.translations, strict=True):
        image, mates = to_hemisphere((unique @ rotation).astype(np.int32))
        place, found = match(hkl, image)
        found &= open_rows
        here = np.where(mates, np.conj(mean[place]), mean[place])
        here = here * np.exp(2j * np.pi * (unique @ (translation / DEN)))
        value[found], open_rows = here[found], open_rows & ~found
    return unique, value
