"""Amplitudes of one crystal on an FFT grid, for many sets of phases at once."""

from dataclasses import dataclass

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.cells import smooth_multiple
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup

AXES = (-3, -2, -1)
_EDGE = 1.0001  # reflections exactly at the limit belong to the sphere


@dataclass(frozen=True, eq=False)
class PhasingGrid:
    """Normalised amplitudes on the half-spectrum of a real (nu, nv, nw) grid.

    The FFT of torch has the sign exp(−2πi h·x), so its spectrum is the conjugate of F(h);
    `values` and `spectrum` convert.

    Attributes
    ----------
    modulus : (nu, nv, nw//2+1) |E|, or what takes its place, zero where nothing was measured.
    known : the same shape, whether measured.
    free : the same shape, not measured but within the limit of resolution or of extrapolation,
        F(000) among them.
    weight : the same shape, 2 where the mate −h is not in the half-spectrum, 1 elsewhere.
    hkl : (n, 3) the measured reflections, one of each Friedel pair.
    """

    modulus: Tensor
    known: Tensor
    free: Tensor
    weight: Tensor
    hkl: NDArray[np.int32]
    shape: tuple[int, int, int]
    _index: tuple[Tensor, Tensor, Tensor]
    _conjugate: Tensor

    def values(self, spectrum: Tensor) -> Tensor:
        """(..., n) F at `hkl` from half-spectra (..., nu, nv, nw//2+1)."""
        u, v, w = self._index
        read = spectrum[..., u, v, w]
        return torch.where(self._conjugate, read, read.conj()).resolve_conj()

    def spectrum(self, values: Tensor) -> Tensor:
        """Half-spectra (..., nu, nv, nw//2+1) that hold F (..., n) at `hkl`, zero elsewhere."""
        u, v, w = self._index
        stored = torch.where(self._conjugate, values, values.conj()).resolve_conj()
        full = stored.new_zeros((*values.shape[:-1], *self.modulus.shape))
        nu, nv, _ = self.shape
        plane = w == 0  # there both mates are stored
        full[..., (-u[plane]) % nu, (-v[plane]) % nv, w[plane]] = stored[..., plane].conj()
        full[..., u, v, w] = stored
        return full

    def density(self, spectrum: Tensor) -> Tensor:
        """Real-space grids (..., nu, nv, nw) of half-spectra, on an arbitrary scale."""
        rho: Tensor = torch.fft.irfftn(spectrum, s=self.shape, dim=AXES)
        return rho


def phasing_grid(
    hkl: NDArray[np.int32],
    modulus: NDArray[np.float64],
    cell: gemmi.UnitCell,
    device: torch.device | None = None,
    extrapolate_to: float | None = None,
    group: ImposedGroup | None = None,
) -> PhasingGrid:
    """A grid just fine enough for the reflections hkl (n, 3) with |E| `modulus` (n,).

    extrapolate_to : Å; reflections up to there are free, on a grid that can hold them; None: up
        to the limit of `hkl`.
    group : its operations map the points of the grid onto one another; None: any grid.
    """
    reach = np.abs(hkl).max(axis=0)
    limit = float(cell.calculate_1_d2_array(hkl).max())
    if extrapolate_to is not None:
        # |h| = a |cos| / d is at most a/d: h is the component of the scattering vector along a.
        reach = np.maximum(reach, np.floor(np.array(cell.parameters[:3]) / extrapolate_to))
        limit = max(limit, extrapolate_to**-2.0)
    fewest = [int(2 * m + 2) for m in reach]
    if group is None:
        nu, nv, nw = (smooth_multiple(n, 1) for n in fewest)
    else:
        nu, nv, nw = group.grid_shape(fewest)
    half = nw // 2 + 1
    other = hkl[:, 2] < 0
    stored = np.where(other[:, None], -hkl, hkl).astype(np.int64)
    index = (stored[:, 0] % nu, stored[:, 1] % nv, stored[:, 2])
    plane = stored[:, 2] == 0
    mate = ((-stored[plane, 0]) % nu, (-stored[plane, 1]) % nv, stored[plane, 2])
    grid = np.zeros((nu, nv, half), dtype=np.float32)
    known = np.zeros((nu, nv, half), dtype=bool)
    grid[mate], known[mate] = modulus[plane], True
    grid[index], known[index] = modulus, True
    axes = (np.fft.fftfreq(nu, 1 / nu), np.fft.fftfreq(nv, 1 / nv), np.arange(half))
    every = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    inverse_d2 = cell.calculate_1_d2_array(every.astype(np.int32)).reshape(nu, nv, half)
    weight = np.full((nu, nv, half), 2.0, dtype=np.float32)
    weight[:, :, 0] = 1.0
    if nw % 2 == 0:
        weight[:, :, -1] = 1.0

    def tensor(values: NDArray[np.generic]) -> Tensor:
        return torch.as_tensor(values, device=device)

    return PhasingGrid(
        tensor(grid),
        tensor(known),
        tensor(~known & (inverse_d2 <= limit * _EDGE)),
        tensor(weight),
        hkl,
        (nu, nv, nw),
        (tensor(index[0]), tensor(index[1]), tensor(index[2])),
        tensor(other),
    )
