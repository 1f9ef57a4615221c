"""Correlation of two densities, for all shifts and both hands."""

import torch
from torch import Tensor

from patterson_gui.solvers.retrieval.grids import AXES
from patterson_gui.solvers.retrieval.projections import resample


def best_correlation(one: Tensor, other: Tensor) -> float:
    """Pearson r of two densities (nu, nv, nw), best over all grid shifts and both hands."""
    same, inverse = correlations_by_shift(one, other)
    return float(torch.maximum(same.max(), inverse.max()))


def correlations_by_shift(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Pearson r of a density, and of its inverse, with another, for every shift by grid points.

    Parameters
    ----------
    one, other : (nu, nv, nw). Densities on different grids are compared on the coarser one.

    Returns
    -------
    (nu, nv, nw) for `one` as it is, and for its inverse; the first point is no shift.
    """
    if one.shape != other.shape:
        shape = [min(a, b) for a, b in zip(one.shape, other.shape, strict=True)]
        one, other = (resample(d, (shape[0], shape[1], shape[2])) for d in (one, other))
    one = one - one.mean()
    other = other - other.mean()
    f, g = torch.fft.rfftn(one, dim=AXES), torch.fft.rfftn(other, dim=AXES)
    norm = torch.linalg.vector_norm(one) * torch.linalg.vector_norm(other)
    same, inverse = (
        torch.fft.irfftn(product, s=one.shape, dim=AXES) / norm.clamp(min=1e-30)
        for product in (f.conj() * g, f * g)
    )
    return same, inverse
