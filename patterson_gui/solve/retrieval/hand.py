"""Correlate a density and its inverse with a second density, to determine the hand."""

import numpy as np
import torch
from torch import Tensor

from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.solve.retrieval.grids import AXES
from patterson_gui.solve.retrieval.projections import resample

NEAR = 2.0  # Å, largest shift between two densities in the fixed frame


def correlation_by_hand(one: DensityMap, other: DensityMap) -> tuple[float, float]:
    """Pearson r of `one` as it is, and of its inverse, with `other`.

    Both maps are in the fixed frame, so that only shifts of up to 2 Å along each axis are tried,
    by whole grid points.
    """
    first, second = (torch.from_numpy(np.ascontiguousarray(m.grid)) for m in (one, other))
    if first.shape != second.shape:
        shape = [min(a, b) for a, b in zip(first.shape, second.shape, strict=True)]
        first, second = (resample(m, (shape[0], shape[1], shape[2])) for m in (first, second))
    f, g = (torch.fft.rfftn(m - m.mean(), dim=AXES) for m in (first, second))
    same = torch.fft.irfftn(f.conj() * g, s=first.shape, dim=AXES)
    inverse = torch.fft.irfftn(f * g, s=first.shape, dim=AXES)
    norm = torch.linalg.vector_norm(first - first.mean()) * torch.linalg.vector_norm(
        second - second.mean()
    )
    lengths = (one.cell.a, one.cell.b, one.cell.c)
    highest = [
        float(_near_origin(c, lengths).max() / norm.clamp(min=1e-30)) for c in (same, inverse)
    ]
    return highest[0], highest[1]


def _near_origin(correlation: Tensor, lengths: tuple[float, float, float]) -> Tensor:
    """The values at shifts of up to `NEAR` Å along each axis."""
    for axis, length in enumerate(lengths):
        n = correlation.shape[axis]
        reach = min((n - 1) // 2, int(NEAR / length * n))
        steps = torch.arange(-reach, reach + 1) % n
        correlation = correlation.index_select(axis, steps)
    return correlation
