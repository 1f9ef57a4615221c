"""Starting phases from the Patterson function, superposed on itself after a shift.

The Patterson function P(u) has a peak at every vector u between two atoms. Shifted by a vector
between two heavy atoms, it has peaks in common with the unshifted one at the atoms of the
structure, and few others. The lower of both values at each point, the minimum function, shows the
structure and, for a single vector, its inverted image (Buerger, Acta Cryst. 4, 531, 1951).
Sheldrick, Acta Cryst. A71, 3 (2015), starts the search for phases from it.
"""

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from torch import Tensor

from patterson_gui.crystal.lattices import distances
from patterson_gui.solvers.phasing.grid import AXES, PhasingGrid

_SHORTEST = 1.2  # Å; closer to the origin are ripples and single bonds
_APART = 0.4  # Å between two different vectors
_HIGH = 2.0  # standard deviations above the mean: lower peaks are not used
_FINER = 2  # grid points of the map for each point of the grid of phases, along each axis


class SharpenedPatterson:
    """The Patterson function with coefficients |E|², on twice the points of a grid of phases."""

    def __init__(self, grid: PhasingGrid, cell: gemmi.UnitCell) -> None:
        self._modulus = grid.modulus
        self._axes = np.array(cell.orth.mat.tolist()).T
        nu, nv, nw = (_FINER * n for n in grid.shape)
        self.shape = (nu, nv, nw)
        device = grid.modulus.device
        # Where the terms of the coarse grid are in the spectrum of the fine one.
        h, k = (_frequencies(n) % (_FINER * n) for n in grid.shape[:2])
        self._rows = (
            torch.as_tensor(h, device=device)[:, None],
            torch.as_tensor(k, device=device),
            slice(0, grid.modulus.shape[2]),
        )
        self._terms = torch.zeros((nu, nv, nw // 2 + 1), device=device)
        self._terms[self._rows] = grid.modulus.square()
        indices = (_frequencies(nu), _frequencies(nv), np.arange(nw // 2 + 1))
        self._indices = [torch.as_tensor(i, device=device) for i in indices]

    def shifted(self, vector: NDArray[np.float64]) -> Tensor:
        """(nu, nv, nw) P(x − `vector`), the vector in fractions of the cell."""
        h, k, m = (
            torch.exp(-2j * torch.pi * index * float(v))
            for index, v in zip(self._indices, vector, strict=True)
        )
        terms = self._terms * (h[:, None, None] * k[:, None] * m)
        shifted: Tensor = torch.fft.irfftn(terms, s=self.shape, dim=AXES)
        return shifted

    def highest_vectors(self, most: int) -> NDArray[np.float64]:
        """(n, 3) vectors to the highest peaks, at most `most`, highest first; one of u and −u."""
        values = self.shifted(np.zeros(3)).cpu().numpy()
        high = values > values.mean() + _HIGH * values.std()
        voxels = np.argwhere(high & (values == maximum_filter(values, size=3, mode="wrap")))
        order = np.argsort(-values[tuple(voxels.T)], kind="stable")
        kept = np.empty((0, 3))
        for frac in voxels[order] / self.shape:
            if len(kept) == most:
                break
            # The origin counts as a vector that is taken, with more room around it.
            if distances(frac, self._axes) < _SHORTEST:
                continue
            taken = np.concatenate([frac - kept, frac + kept])
            if not len(taken) or distances(taken, self._axes).min() > _APART:
                kept = np.concatenate([kept, frac[None]])
        return kept

    def minimum_function(self, vectors: NDArray[np.float64]) -> Tensor:
        """(nu, nv, nw) the lowest of P(x) and P(x − u) over all `vectors` u (n, 3)."""
        lowest = self.shifted(np.zeros(3))
        for vector in vectors:
            lowest = torch.minimum(lowest, self.shifted(vector))
        return lowest

    def start(self, vectors: NDArray[np.float64]) -> Tensor:
        """The measured moduli with the phases of the minimum function of `vectors` (n, 3).

        Only its positive part is used: there is no atom where P is negative.

        Returns
        -------
        (nu, nv, nw//2+1) a spectrum on the grid of phases.
        """
        found = torch.fft.rfftn(self.minimum_function(vectors).clamp_min(0.0), dim=AXES)
        return torch.polar(self._modulus, found[self._rows].angle().to(self._modulus.dtype))


def _frequencies(n: int) -> NDArray[np.int64]:
    """(n,) indices of the terms of an FFT of n points: 0, 1, … −1."""
    return np.asarray(np.rint(np.fft.fftfreq(n, 1 / n)), dtype=np.int64)
