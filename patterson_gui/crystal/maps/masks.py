"""Masks on the grid of a map: points within a distance of atoms or of lattice points."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization, p1
from patterson_gui.crystal.reciprocal.structure_factors import with_ncs_copies
from patterson_gui.crystal.symmetry_images import symmetry_images


def cell_atoms(structure: gemmi.Structure) -> NDArray[np.float64]:
    """(n, 3) fractional coordinates of the non-hydrogen atoms of the whole cell."""
    structure = with_ncs_copies(structure)
    positions = [
        cra.atom.pos.tolist()
        for cra in structure[0].all()
        if not cra.atom.is_hydrogen() and cra.atom.occ > 0
    ]
    frac = np.array(positions, dtype=np.float64).reshape(-1, 3) @ np.array(
        structure.cell.frac.mat.tolist()
    ).T + np.array(structure.cell.frac.vec.tolist())
    spacegroup = structure.find_spacegroup() or p1()
    return symmetry_images(frac, spacegroup.operations()).reshape(-1, 3) % 1.0


def ball_mask(
    cell: gemmi.UnitCell,
    shape: tuple[int, int, int],
    centres: NDArray[np.float64],
    radius: float,
) -> NDArray[np.bool_]:
    """(nu, nv, nw) true within `radius` Å of any of the (n, 3) fractional `centres`."""
    size = np.array(shape)
    to_cartesian = orthogonalization(cell)
    reciprocal = cell.reciprocal()
    # A ball of radius r spans r·a* of the fractional axis, whatever the angles.
    reach = np.array([reciprocal.a, reciprocal.b, reciprocal.c]) * radius * size
    # Off-grid centres lie up to half a grid diagonal from their nearest point.
    slack = 0.5 * float(np.linalg.norm(np.abs(to_cartesian) @ (1.0 / size)))
    first, *others = (np.arange(-int(r) - 1, int(r) + 2) for r in reach)
    near = []
    for i in first:  # by layers: in a flat cell the box around the ball is far larger than the ball
        layer = np.stack(np.meshgrid([i], *others, indexing="ij"), axis=-1).reshape(-1, 3)
        layer_squared = (((layer / size) @ to_cartesian.T) ** 2).sum(axis=1)
        near.append(layer[layer_squared <= (radius + slack) ** 2])
    steps = np.concatenate(near)
    mask = np.zeros(shape, dtype=bool)
    grid_centres = np.asarray(centres, dtype=np.float64) * size
    for start in range(0, len(grid_centres), 256):
        part = grid_centres[start : start + 256]
        nearest = np.rint(part)
        offsets = ((nearest - part)[:, None] + steps) / size @ to_cartesian.T
        inside = np.einsum("ijk,ijk->ij", offsets, offsets) <= radius**2
        points = (nearest[:, None] + steps)[inside].astype(np.intp) % size
        mask[points[:, 0], points[:, 1], points[:, 2]] = True
    return mask


def lattice_points(spacegroup: gemmi.SpaceGroup) -> NDArray[np.float64]:
    """(n, 3) fractional: the origin and the centring translations."""
    operations = spacegroup.operations()
    return np.array(operations.cen_ops, dtype=np.float64) / gemmi.Op.DEN


def origin_mask(
    cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, shape: tuple[int, int, int], radius: float
) -> NDArray[np.bool_]:
    """(nu, nv, nw) true nearer than `radius` Å to a lattice point, centring included."""
    return ball_mask(cell, shape, lattice_points(spacegroup), radius)
