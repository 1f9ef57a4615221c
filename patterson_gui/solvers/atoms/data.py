"""Amplitudes of a batch of crystals, as tensors for the refinement of atoms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

Shape = tuple[int, int, int]

_MODEL_ERROR = 0.02  # error of a model, as a share of |F|, added to sigma


@dataclass(frozen=True, eq=False)
class RefinementData:
    """P crystals of at most M reflections, one hemisphere each, padded with weight zero.

    Attributes
    ----------
    q : (P, 3, M) Cartesian scattering vectors, Å⁻¹, |q| = 1/d.
    s2 : (P, M) 1/(4d²), Å⁻².
    fo : (P, M) measured |F|, on any scale.
    weight : (P, M) in least squares; mean 1 over the reflections, 0 for padding.
    orth : (P, 3, 3) fractional to Cartesian coordinates (columns a, b, c, Å).
    places : (P, 2, M) index in a flat half-spectrum of each term and, in the plane l = 0, of its
        Friedel mate; the index past the end stands for no place.
    upper : (P, M) whether the term with l ≥ 0 is F itself and not its conjugate.
    shape : grid of all maps.
    """

    q: Tensor
    s2: Tensor
    fo: Tensor
    weight: Tensor
    orth: Tensor
    places: Tensor
    upper: Tensor
    shape: Shape

    def __len__(self) -> int:
        return len(self.q)

    @property
    def there(self) -> Tensor:
        """(P, M) 1 for a reflection, 0 for padding."""
        return (self.weight > 0).to(self.fo.dtype)

    @property
    def volume(self) -> Tensor:
        """(P,) Å³."""
        volume: Tensor = torch.linalg.det(self.orth).abs()
        return volume

    def take(self, cases: Tensor) -> "RefinementData":
        """The crystals with these indices, in this order; indices may repeat."""
        parts = (self.q, self.s2, self.fo, self.weight, self.orth, self.places, self.upper)
        q, s2, fo, weight, orth, places, upper = (part[cases] for part in parts)
        return RefinementData(q, s2, fo, weight, orth, places, upper, self.shape)

    def map_of(self, f: Tensor) -> Tensor:
        """(P, nu, nv, nw) ρ(x) = 1/V Σ F exp(−2πi h·x) of coefficients (P, M)."""
        nu, nv, nw = self.shape
        size = nu * nv * (nw // 2 + 1)
        flat = torch.zeros((len(f), size + 1), dtype=torch.complex64, device=f.device)
        # torch's transform has the opposite sign, so the half l ≥ 0 holds the conjugate.
        at_place = torch.where(self.upper, f.conj(), f)
        flat.scatter_(1, self.places[:, 0], at_place)
        flat.scatter_(1, self.places[:, 1], at_place.conj())
        half = flat[:, :size].reshape(-1, nu, nv, nw // 2 + 1)
        density: Tensor = torch.fft.irfftn(half, s=self.shape, dim=(1, 2, 3))
        return density * (nu * nv * nw / self.volume)[:, None, None, None]


def refinement_data(
    amplitudes: Sequence[Amplitudes], shape: Shape, device: torch.device
) -> RefinementData:
    """Tensors of P1 amplitudes, with maps on grids of `shape`."""
    most = max(len(a) for a in amplitudes)
    layers = [_layer(a, shape, most) for a in amplitudes]
    parts = (torch.from_numpy(np.stack(arrays)).to(device) for arrays in zip(*layers, strict=True))
    q, s2, fo, weight, orth, places, upper = parts
    return RefinementData(q, s2, fo, weight, orth, places, upper, shape)


def _layer(data: Amplitudes, shape: Shape, most: int) -> tuple[NDArray[np.generic], ...]:
    nu, nv, nw = shape
    n = len(data)
    q = data.hkl @ np.array(data.cell.frac.mat.tolist())
    h, k, l = (data.hkl * np.where(data.hkl[:, 2:] >= 0, 1, -1)).T  # noqa: E741
    size, row = nu * nv * (nw // 2 + 1), nw // 2 + 1
    place = ((h % nu) * nv + k % nv) * row + l
    mate = np.where(l == 0, ((-h % nu) * nv + -k % nv) * row, size)
    places = np.full((2, most), size, dtype=np.int64)
    places[0, :n], places[1, :n] = place, mate

    def padded(values: NDArray[np.generic], fill: float = 0.0) -> NDArray[np.float32]:
        out = np.full((*values.shape[:-1], most), fill, dtype=np.float32)
        out[..., :n] = values
        return out

    upper = np.ones(most, dtype=bool)
    upper[:n] = data.hkl[:, 2] >= 0
    s2 = (q**2).sum(axis=1) / 4
    return (
        padded(q.T),
        padded(s2, float(s2.max())),
        padded(data.f),
        padded(_weights(data)),
        orthogonalization(data.cell).astype(np.float32),
        places,
        upper,
    )


def _weights(data: Amplitudes) -> NDArray[np.float64]:
    if data.sigma is None:
        return np.ones(len(data))
    f = data.f.astype(np.float64)
    variance = data.sigma.astype(np.float64) ** 2 + (_MODEL_ERROR * f) ** 2
    positive = variance > 0
    if not positive.any():
        return np.ones(len(data))
    variance[~positive] = variance[positive].max()
    return np.asarray(1.0 / variance / np.mean(1.0 / variance))
