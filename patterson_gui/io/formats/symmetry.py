"""Make unit cells and space groups from the numbers, triplets and names in files."""

import math
from collections.abc import Iterable

import gemmi
import numpy as np


def sane_cell(values: Iterable[float]) -> gemmi.UnitCell | None:
    """The cell of six numbers (Å, °); None: they are impossible or a placeholder."""
    six = [float(v) for v in values]
    if len(six) != 6 or not all(math.isfinite(v) and v > 0 for v in six):
        return None
    if min(six[:3]) < 1.5 or max(six[:3]) > 1e5 or max(six[3:]) >= 180:
        return None
    cell = gemmi.UnitCell(*six)
    largest = float(np.prod(six[:3]))
    return cell if math.isfinite(cell.volume) and cell.volume > 1e-3 * largest else None


def spacegroup_named(name: str, cell: gemmi.UnitCell | None) -> gemmi.SpaceGroup | None:
    """Group of a Hermann-Mauguin name; None: unknown. The cell gives the setting of R groups."""
    alpha, gamma = (cell.alpha, cell.gamma) if cell else (0.0, 0.0)
    return gemmi.find_spacegroup_by_name(name, alpha, gamma)


def operations_of_triplets(triplets: Iterable[str]) -> gemmi.GroupOps | None:
    """The group that triplets ('x,y,z', '-x,y+1/2,-z') generate; None: they are not valid.

    The identity must be among them.
    """
    try:
        ops = [gemmi.Op(triplet) for triplet in triplets]
        if not ops:
            return None
        group = gemmi.GroupOps(ops)
        group.add_missing_elements()
    except (RuntimeError, ValueError):
        return None
    return group


def spacegroup_of_triplets(triplets: Iterable[str]) -> gemmi.SpaceGroup | None:
    """The space group with these operations; None: it is in no table."""
    operations = operations_of_triplets(triplets)
    return None if operations is None else gemmi.find_spacegroup_by_ops(operations)
