"""Find hydrogen atoms with neutrons: holes of the difference map, one bond from another atom.

The scattering length of ¹H is negative (-3.74 fm; Sears, Neutron News 3(3), 26, 1992).
"""

from dataclasses import replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit, numbered_labels
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.sites.neighbours import neighbours
from patterson_gui.solvers.refinement.difference import DifferenceMap

_SHORTEST, _LONGEST = 0.8, 1.3  # Å, of a bond to hydrogen
_APART = 1.2  # Å between hydrogen atoms
_LEAST_DEPTH = 4.0  # rms of the map
_SHARE = 0.4  # of the usual depth that each must have
_MORE_U = 1.5  # times the U of the atom it is bonded to


def add_by_holes(
    model: AsymmetricUnit,
    difference: DifferenceMap,
    cell: gemmi.UnitCell,
    spacegroup: gemmi.SpaceGroup,
    usual: float | None = None,
) -> tuple[AsymmetricUnit, float]:
    """`model` with hydrogen atoms that refine freely at the deepest holes of `difference`, a map
    of `model`, that are 0.8 to 1.3 Å from one other atom; the hydrogen atoms it has stay.

    `usual` is the depth of a hydrogen atom in an earlier map, if there was one. Also returns this
    depth.
    """
    to_frac = np.linalg.inv(orthogonalization(cell))
    added: list[NDArray[np.float64]] = []
    u_iso: list[float] = []
    depths: list[float] = []
    for hole in difference.holes(3 * len(model) + 10, _LEAST_DEPTH):
        frac = np.concatenate([model.frac, np.array([*added, hole.frac])])
        every = neighbours(frac, cell, spacegroup, _LONGEST)
        near = every.of(len(frac) - 1)
        is_hydrogen = np.append(model.is_hydrogen, np.ones(len(added) + 1, dtype=bool))
        hydrogen = is_hydrogen[near.other]
        bonded = near.other[~hydrogen]
        if len(bonded) != 1 or near.distance[~hydrogen][0] < _SHORTEST:
            continue
        if (near.distance[hydrogen] < _APART).any():
            continue
        parent = int(bonded[0])
        around = every.of(parent)
        vector = around.vector[around.other == len(frac) - 1][0]  # the image beside the parent
        added.append(model.frac[parent] + to_frac @ vector)
        u_iso.append(_MORE_U * float(model.u_iso[parent]))
        depths.append(-hole.height)
    usual = usual if usual is not None else float(np.median(depths or [0.0]))
    kept = np.array(depths) > _SHARE * usual
    if not kept.any():
        return model, usual
    n = int(kept.sum())
    elements = (*model.elements, *["H"] * n)
    larger = replace(
        AsymmetricUnit.isotropic(
            elements,
            np.concatenate([model.frac, np.array(added)[kept]]),
            np.concatenate([model.u_iso, np.array(u_iso)[kept]]),
            numbered_labels(elements),
        ),
        occ=np.concatenate([model.occ, np.ones(n)]),
        u_aniso=np.concatenate([model.u_aniso, np.full((n, 6), np.nan)]),
        parent=np.concatenate([model.parent, np.full(n, -1)]),
        part=np.concatenate([model.part, np.zeros(n, dtype=model.part.dtype)]),
    )
    return larger, usual
