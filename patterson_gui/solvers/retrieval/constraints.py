"""Real-space constraints of phase retrieval: positive density in a support or in few voxels.

In a mostly empty cell the atoms fill a compact support. Its volume follows from the number of
atoms, its shape from the density (shrink-wrap, Marchesini et al., Phys. Rev. B 68, 140101, 2003).
In a crystal full of molecules at atomic resolution the density is concentrated in atoms: only the
highest few per cent of the voxels contain it.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from patterson_gui.solvers.retrieval.grids import AXES, GridBatch

_SAMPLES = 4096  # number of voxels from which a threshold is estimated


class Constraint(Protocol):
    """A projection in real space, for the loop in `projections`."""

    def renew(self, spectrum: Tensor, progress: float) -> None:
        """Adapt to the modulus-projected densities.

        Parameters
        ----------
        spectrum : (P, S, nu, nv, nw//2+1) half-spectra of the densities.
        progress : 0 to 1; 2 in the tail.
        """

    def relax(self, x: Tensor, y: Tensor, beta: float, scratch: Tensor) -> None:
        """x ← β (x + P_S(2y − x)) + (1 − 2β) y, in place; `scratch` is like x."""

    def project(self, y: Tensor) -> Tensor:
        """P_S y."""


class CompactSupport:
    """Positive inside a support of known volume, zero outside.

    The support consists of the highest voxels of the density smoothed by a Gaussian. During the
    run σ decreases from 2.0 to 0.7 Å and the volume from twice its final value. In the tail the
    volume is `tail_growth` × the final one, to include the truncation ripples near the atoms.

    Parameters
    ----------
    voxels : (P,) final number of voxels in the support of each crystal.
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
    """Positive in the highest `share` (P,) of the voxels at every step, zero elsewhere."""

    def __init__(self, share: Tensor) -> None:
        self._share = share

    def renew(self, spectrum: Tensor, progress: float) -> None:
        """Does nothing: the voxels are chosen anew at every step."""

    def relax(self, x: Tensor, y: Tensor, beta: float, scratch: Tensor) -> None:
        torch.sub(y.mul(2), x, out=scratch)
        kept = self.project(scratch)
        x.add_(kept).mul_(beta).add_(y, alpha=1 - 2 * beta)

    def project(self, y: Tensor) -> Tensor:
        return torch.where(y > _threshold(y, self._share).clamp(min=0), y, 0.0)


def _threshold(density: Tensor, share: Tensor) -> Tensor:
    """(P, S, 1, 1, 1): threshold that a `share` (P,) of the voxels of each density exceeds."""
    flat = density.flatten(2)
    # With an odd stride the sample contains voxels of all planes.
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
