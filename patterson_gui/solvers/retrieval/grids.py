"""Amplitudes on FFT grids, for a batch of crystals that share a grid shape.

Phase retrieval works on the *conjugate* spectrum that an FFT with exp(−2πi) makes; only
moduli are used here, which are the same for both, so no sign convention enters. Phases
are read from the final map by `reciprocal.fourier`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.reciprocal.reflections import Amplitudes

AXES = (-3, -2, -1)  # the three axes of a grid, after any batch dimensions


@dataclass(frozen=True)
class GridBatch:
    """P crystals on (nu, nv, nw) grids.

    Attributes
    ----------
    modulus : (P, 1, nu, nv, nw//2+1) |F| in the unit of the data; zero where unmeasured.
    free : the same shape, 1 where a term lies within the resolution limit but was not
        measured, F(000) among them; these keep the values of the density.
    only_f000_free : every `free` is F(000) alone, which allows a faster loop.
    weight : the same shape, how often each term counts in R: 2 with its Friedel mate.
    s_squared : the same shape, 1/d², Å⁻².
    volume : (P,) cell volumes, Å³.
    """

    modulus: Tensor
    free: Tensor
    only_f000_free: bool
    weight: Tensor
    s_squared: Tensor
    volume: Tensor
    shape: tuple[int, int, int]

    def __len__(self) -> int:
        return int(self.modulus.shape[0])

    @property
    def n_voxels(self) -> int:
        nu, nv, nw = self.shape
        return nu * nv * nw

    def part(self, first: int, last: int) -> "GridBatch":
        """Crystals first..last−1."""
        return GridBatch(
            self.modulus[first:last],
            self.free[first:last],
            self.only_f000_free,
            self.weight[first:last],
            self.s_squared[first:last],
            self.volume[first:last],
            self.shape,
        )


def grid_batch(
    data: Sequence[Amplitudes], shape: tuple[int, int, int], device: torch.device
) -> GridBatch:
    """P1 amplitudes (one hemisphere each) on grids of `shape`.

    Terms within the resolution limit of a data set that it does not contain are free.
    """
    layers = [_layer(amplitudes, shape) for amplitudes in data]
    modulus, free, weight, s_squared = (
        torch.from_numpy(np.stack(arrays)[:, None]).to(device)
        for arrays in zip(*layers, strict=True)
    )
    volume = torch.tensor([a.cell.volume for a in data], device=device)
    only_f000 = bool((free.sum(dim=(1, 2, 3, 4)) == 1).all())
    return GridBatch(modulus, free, only_f000, weight, s_squared, volume, shape)


def _layer(amplitudes: Amplitudes, shape: tuple[int, int, int]) -> tuple[NDArray[np.float32], ...]:
    nu, nv, nw = shape
    half = (nu, nv, nw // 2 + 1)
    modulus = np.zeros(half, dtype=np.float32)
    measured = np.zeros(half, dtype=bool)
    for mates in (amplitudes.hkl, -amplitudes.hkl):
        upper = mates[:, 2] >= 0
        h, k, l = mates[upper].T  # noqa: E741
        modulus[h, k, l] = amplitudes.f[upper]
        measured[h, k, l] = True
    s_squared = reciprocal_squares(amplitudes.cell, shape)
    inside = s_squared <= 1.0 / amplitudes.d_min**2 + 1e-6
    free = inside & ~measured
    free[0, 0, 0] = True
    weight = np.full(half, 2.0, dtype=np.float32)
    weight[:, :, 0] = 1.0
    weight[~measured] = 0.0
    return modulus, free.astype(np.float32), weight, s_squared


def reciprocal_squares(cell: gemmi.UnitCell, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """(nu, nv, nw//2+1) 1/d² of every term of a half-spectrum, Å⁻²."""
    nu, nv, nw = shape
    indices = np.stack(
        np.meshgrid(
            np.fft.fftfreq(nu, 1 / nu),
            np.fft.fftfreq(nv, 1 / nv),
            np.arange(nw // 2 + 1.0),
            indexing="ij",
        ),
        axis=-1,
    )
    # h·M⁻¹ with M the orthogonalisation matrix is the scattering vector, Å⁻¹.
    s = indices @ np.array(cell.frac.mat.tolist())
    return np.asarray((s**2).sum(axis=-1), dtype=np.float32)
