"""Correlation of two densities, independent of their origin and hand."""

import torch
from torch import Tensor

from patterson_gui.solve.retrieval.grids import AXES
from patterson_gui.solve.retrieval.projections import resample


def best_correlation(one: Tensor, other: Tensor) -> float:
    """Pearson r of two densities (nu, nv, nw), best over all grid shifts and both hands.

    Densities on different grids are compared on the coarser one.
    """
    if one.shape != other.shape:
        shape = [min(a, b) for a, b in zip(one.shape, other.shape, strict=True)]
        one, other = (resample(d, (shape[0], shape[1], shape[2])) for d in (one, other))
    one = one - one.mean()
    other = other - other.mean()
    f, g = torch.fft.rfftn(one, dim=AXES), torch.fft.rfftn(other, dim=AXES)
    same = torch.fft.irfftn(f.conj() * g, s=one.shape, dim=AXES).max()
    inverted = torch.fft.irfftn(f * g, s=one.shape, dim=AXES).max()
    norm = torch.linalg.vector_norm(one) * torch.linalg.vector_norm(other)
    return float(torch.maximum(same, inverted) / norm.clamp(min=1e-30))
