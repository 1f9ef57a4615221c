"""How well a unit cell fits the symmetry of a space group."""

from collections.abc import Iterable, Sequence

import gemmi
import numpy as np

from patterson_gui.crystal.symmetry_images import operation_arrays

# Rounding in files and errors of measurement stay below the first figure; beyond the second, no
# crystal of the group has the cell.
ROUNDED = 0.003
IMPOSSIBLE = 0.03


def cell_misfit(cell: gemmi.UnitCell, operations: Iterable[gemmi.Op]) -> float:
    """How far a cell is from having the symmetry of `operations`; 0: it has it exactly.

    The metric tensor G of the axes must not change under any rotation, RᵀGR = G (International
    Tables A, chapter 1.5). The misfit is the largest change of an element Gᵢⱼ, divided by the
    lengths of axes i and j: about 2 % for an edge that is 1 % too long or an angle that is 1°
    off.
    """
    orth = np.array(cell.orth.mat.tolist())
    metric = orth.T @ orth
    rotations, _ = operation_arrays(operations)
    turned = rotations.swapaxes(1, 2) @ metric @ rotations
    lengths = np.sqrt(np.diag(metric))
    return float((np.abs(turned - metric) / np.outer(lengths, lengths)).max())


def fitting_settings(
    settings: Sequence[gemmi.SpaceGroup], cell: gemmi.UnitCell | None
) -> list[gemmi.SpaceGroup]:
    """The settings that a cell can have, in their order; all where the cell is unknown.

    Where some have it but for rounding, those that do not are left out.
    """
    if cell is None or not settings:
        return list(settings)
    misfit = [cell_misfit(cell, group.operations()) for group in settings]
    limit = ROUNDED if min(misfit) <= ROUNDED else IMPOSSIBLE
    return [group for group, value in zip(settings, misfit, strict=True) if value <= limit]
