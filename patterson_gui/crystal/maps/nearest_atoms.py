"""The atom of a model that is nearest to each of some places, through all symmetry."""

from dataclasses import dataclass

import gemmi
import numpy as np
from numpy.typing import NDArray

_FARTHEST = 12.0  # Å


@dataclass(frozen=True)
class NearestAtom:
    """An atom, as chain, residue and name ("A 12 CA"), and its distance in Å."""

    label: str
    distance: float


def nearest_atoms(
    frac: NDArray[np.float64],
    model: gemmi.Structure,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
) -> tuple[NearestAtom | None, ...]:
    """The nearest atom to each of (n, 3) places of a crystal; None where none is within 12 Å.

    Parameters
    ----------
    model : its atoms and their images by `spacegroup` in `cell` are considered.
    """
    structure = model.clone()
    structure.cell, structure.spacegroup_hm = cell, spacegroup.xhm()
    structure.setup_cell_images()
    search = gemmi.NeighborSearch(structure[0], structure.cell, _FARTHEST / 2).populate(
        include_h=False
    )
    found: list[NearestAtom | None] = []
    for place in np.asarray(frac, dtype=np.float64).reshape(-1, 3):
        position = cell.orthogonalize(gemmi.Fractional(*place))
        mark = search.find_nearest_atom(position, radius=_FARTHEST)
        if mark is None:
            found.append(None)
            continue
        cra = mark.to_cra(structure[0])
        # gemmi searches in single precision; the distance is calculated again.
        distance = structure.cell.find_nearest_image(position, cra.atom.pos, gemmi.Asu.Any).dist()
        label = f"{cra.chain.name} {cra.residue.seqid} {cra.atom.name}".strip()
        found.append(NearestAtom(label, float(distance)))
    return tuple(found)
