"""Correlate a density and its inverse with a second density, to determine the hand."""

import numpy as np
import torch
from torch import Tensor

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.solvers.retrieval.map_similarity import correlations_by_shift

NEAR = 2.0  # Å, largest shift between two densities in the fixed frame


def correlation_by_hand(one: DensityMap, other: DensityMap) -> tuple[float, float]:
    """Pearson r of `one` as it is, and of its inverse, with `other`.

    Both maps are in the fixed frame, so that only shifts of up to 2 Å along each axis are tried,
    by whole grid points.
    """
    grids = (torch.from_numpy(np.ascontiguousarray(m.grid)) for m in (one, other))
    lengths = (one.cell.a, one.cell.b, one.cell.c)
    same, inverse = (float(_near_origin(r, lengths).max()) for r in correlations_by_shift(*grids))
    return same, inverse


def _near_origin(correlation: Tensor, lengths: tuple[float, float, float]) -> Tensor:
    """The values at shifts of up to `NEAR` Å along each axis."""
    for axis, length in enumerate(lengths):
        n = correlation.shape[axis]
        reach = min((n - 1) // 2, int(NEAR / length * n))
        steps = torch.arange(-reach, reach + 1) % n
        correlation = correlation.index_select(axis, steps)
    return correlation
