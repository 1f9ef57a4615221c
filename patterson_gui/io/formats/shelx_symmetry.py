"""Write a space group as SHELX does: LATT and SYMM, with the centre of symmetry at the origin."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

_DEN = gemmi.Op.DEN
_LATTICES = {"P": 1, "I": 2, "R": 3, "F": 4, "A": 5, "B": 6, "C": 7}


@dataclass(frozen=True, eq=False)
class ShelxSymmetry:
    """The symmetry instructions of a space group.

    Attributes
    ----------
    spacegroup : the setting in which they are written.
    origin : (3,) fractional, in the given setting, of the point that becomes the origin: x of
        the file = x − origin. Zero unless the centre of symmetry was elsewhere.
    latt : number of the LATT instruction, negative without a centre of symmetry.
    operations : of the SYMM instructions: 'x+1/2, -y+1/2, z'.
    """

    spacegroup: gemmi.SpaceGroup
    origin: NDArray[np.float64]
    latt: int
    operations: tuple[str, ...]


def shelx_symmetry(spacegroup: gemmi.SpaceGroup) -> ShelxSymmetry:
    """The instructions of a space group in any setting.

    SHELX requires a centre of symmetry at the origin, which origin choice 1 of some groups does
    not have: the origin is moved there.
    """
    group, origin = _with_centre_at_origin(spacegroup)
    operations = group.operations()
    centred = operations.is_centrosymmetric()
    # What LATT generates from the operations written so far.
    translations = [tuple(cen) for cen in operations.cen_ops]
    seen: set[str] = set()
    written = []
    for op in operations.sym_ops:
        if op.triplet() in seen:
            continue
        if op.triplet() != "x,y,z":
            written.append(_triplet(op))
        images = [op, _inverted(op)] if centred else [op]
        seen |= {_moved(image, move).triplet() for image in images for move in translations}
    number = _LATTICES[group.centring_type()]
    return ShelxSymmetry(group, origin, number if centred else -number, tuple(written))


def _triplet(op: gemmi.Op) -> str:
    return ", ".join(part.strip() for part in op.triplet().upper().split(","))


def _inverted(op: gemmi.Op) -> gemmi.Op:
    image = gemmi.Op(op.triplet())
    image.rot = [[-value for value in row] for row in op.rot]
    image.tran = [-value for value in op.tran]
    return image.wrap()


def _moved(op: gemmi.Op, move: tuple[int, ...]) -> gemmi.Op:
    image = gemmi.Op(op.triplet())
    image.tran = [value + step for value, step in zip(op.tran, move, strict=True)]
    return image.wrap()


def _with_centre_at_origin(
    spacegroup: gemmi.SpaceGroup,
) -> tuple[gemmi.SpaceGroup, NDArray[np.float64]]:
    """The setting with a centre of symmetry at the origin, and that centre."""
    nowhere = np.zeros(3)
    inversion = [[-_DEN, 0, 0], [0, -_DEN, 0], [0, 0, -_DEN]]
    centres = [
        [value / 2 for value in op.tran] for op in spacegroup.operations() if op.rot == inversion
    ]
    if not centres or [0, 0, 0] in centres:
        return spacegroup, nowhere
    for centre in centres:
        # Centres lie at half the translation, and half a lattice vector away from there.
        for half in np.ndindex(2, 2, 2):
            point = [c + _DEN // 2 * h for c, h in zip(centre, half, strict=True)]
            if any(value != int(value) for value in point):
                continue
            moved = _about(spacegroup, [int(value) for value in point])
            found = gemmi.find_spacegroup_by_ops(moved)
            if found is not None:
                return found, np.array(point) / _DEN
    return spacegroup, nowhere


def _about(spacegroup: gemmi.SpaceGroup, point: list[int]) -> gemmi.GroupOps:
    """The operations with the origin moved to `point`, in units of 1/24."""
    moved = []
    for op in spacegroup.operations():
        turned = [sum(op.rot[i][j] * point[j] for j in range(3)) // _DEN for i in range(3)]
        image = gemmi.Op(op.triplet())
        image.tran = [op.tran[i] + turned[i] - point[i] for i in range(3)]
        moved.append(image.wrap())
    return gemmi.GroupOps(moved)
