"""Real-space constraints of phase retrieval: positivity, and a support or few voxels.

In a mostly empty cell the content fills a compact support whose
volume follows from the number of atoms; it is found from the density itself (shrink-wrap,
Marchesini et al., Phys. Rev. B 68, 140101, 2003). In a crystal filled with molecules at
atomic resolution the density is concentrated in atoms: only the highest few per cent of the
voxels carry it.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from patterson_gui.solve.retrieval.grids import AXES, GridBatch

_SAMPLES = 4096  # voxels that a threshold is read from


class Constraint(Protocol):
    """A projection in real space, as the loop uses it."""

    def renew(self, spectrum: Tensor, progress: float) -> None:
        """Learn from the modulus-projected densities, given by their half-spectra
        (P, S, nu, nv, nw//2+1); progress 0..1, 2 in the tail."""

    def relax(self, x: Tensor, y: Tensor, beta: float, scratch: Tensor) -> None:
        """x ← β (x + P_S(2y − x)) + (1 − 2β) y, in place; `scratch` is like x."""

    def project(self, y: Tensor) -> Tensor:
        """P_S y."""


class CompactSupport:
    """Positive inside a support of known volume, zero outside.

    The support is where the density, smoothed by a Gaussian, is highest. The
    smoothing falls from 2.0 to 0.7 Å and the volume from twice its final size while the run
    goes on; the tail is given `tail_growth` × the volume, which lets the truncation ripples
    near the atoms in.

    Parameters
    ----------
    voxels : (P,) final size of each crystal's support.
    """

    sigma_first = 2.0
    sigma_last = 0.7
    growth = 2.0

    def __init__(self, batch: GridBatch, voxels: Tensor, tail_growth: float = 1.5) -> None:
        self._batch = batch
        self._voxels = voxels
        self.tail_growth = tail_growth
        self.support = torch.ones(1)

    def renew(self, spectrum: Tensor, progress: float) -> None:
        if progress > 1.0:
            sigma, size = self.sigma_last, self.tail_growth
        else:
            sigma = self.sigma_first + (self.sigma_last - self.sigma_first) * progress
            size = self.growth + (1.0 - self.growth) * progress
        kernel = torch.exp(self._batch.s_squared * (-2 * torch.pi**2 * sigma**2))
        smooth = torch.fft.irfftn(spectrum * kernel, s=self._batch.shape, dim=AXES)
        share = self._voxels * (size / self._batch.n_voxels)
        self.support = (smooth > _threshold(smooth, share)).to(smooth.dtype)

    def relax(self, x: Tensor, y: Tensor, beta: float, scratch: Tensor) -> None:
        torch.sub(x, y, alpha=2, out=scratch).clamp_(max=0)  # −max(2y − x, 0)
        x.mul_(beta).add_(y, alpha=1 - 2 * beta).addcmul_(scratch, self.support, value=-beta)

    def project(self, y: Tensor) -> Tensor:
        return y.clamp_(min=0).mul_(self.support)


class HighestVoxels:
    """Positive, and carried by the highest `share` (P,) of the voxels at every step."""

    def __init__(self, share: Tensor) -> None:
        self._share = share

    def renew(self, spectrum: Tensor, progress: float) -> None:
        """Nothing to learn: the voxels are chosen anew at every step."""

    def relax(self, x: Tensor, y: Tensor, beta: float, scratch: Tensor) -> None:
        torch.sub(y.mul(2), x, out=scratch)
        kept = self.project(scratch)
        x.add_(kept).mul_(beta).add_(y, alpha=1 - 2 * beta)

    def project(self, y: Tensor) -> Tensor:
        return torch.where(y > _threshold(y, self._share).clamp(min=0), y, 0.0)


def _threshold(density: Tensor, share: Tensor) -> Tensor:
    """(P, S, 1, 1, 1): what the highest `share` (P,) of the voxels of each density exceed."""
    flat = density.flatten(2)
    # An odd stride walks through all planes, so that a sample stands for the whole cell.
    sample = flat[:, :, :: -(-flat.shape[2] // _SAMPLES) | 1]
    size = sample.shape[2]
    ranks = [min(max(1, round(size * (1.0 - part))), size) for part in share.tolist()]
    if density.device.type == "cpu":
        # numpy's selection is vectorised: ten times faster than kthvalue there.
        rows = [
            torch.from_numpy(np.partition(row.numpy(), rank - 1, axis=1)[:, rank - 1])
            for row, rank in zip(sample, ranks, strict=True)
        ]
    else:
        rows = [row.kthvalue(rank, dim=1).values for row, rank in zip(sample, ranks, strict=True)]
    return torch.stack(rows)[:, :, None, None, None]
