"""Search beyond atomic resolution: RAAR on a map that extrapolated reflections sharpen.

Data that end at 1.1 to 1.5 Å do not resolve atoms. Reflections beyond the limit, which take the
values of the constrained density, make the atoms of the map narrower ("free lunch": Caliandro et
al., Acta Cryst. D61, 556, 2005). The density may be positive in few voxels, those of the atoms, and
zero elsewhere; relaxed averaged alternating reflections find such a density
(`solvers/retrieval/projections`).
"""

import gemmi
import torch
from torch import Tensor

from patterson_gui.solvers.phasing.grid import AXES, PhasingGrid
from patterson_gui.solvers.retrieval.constraints import HighestVoxels
from patterson_gui.solvers.retrieval.grids import GridBatch, reciprocal_squares
from patterson_gui.solvers.retrieval.projections import project_moduli

BEYOND = 0.3  # Å by which the extrapolated reflections pass the limit of the data
_BETA = 0.9
_SHARE = 0.08  # of the voxels, that atoms fill: spheres of 0.7 Å where each has 18 Å³


class ExtrapolatingRaar:
    """A batch of starts (S, nu, nv, nw//2+1) on a grid with free reflections beyond the data."""

    name = "RAAR with extrapolated reflections"

    def __init__(self, grid: PhasingGrid, cell: gemmi.UnitCell, spectra: Tensor) -> None:
        s_squared = torch.as_tensor(reciprocal_squares(cell, grid.shape))
        self._batch = GridBatch(
            grid.modulus[None, None],
            grid.free[None, None].to(grid.modulus.dtype),
            False,
            (grid.weight * grid.known)[None, None],
            s_squared[None, None].to(grid.modulus.device),
            torch.tensor([cell.volume], device=grid.modulus.device),
            grid.shape,
        )
        self._constraint = HighestVoxels(torch.tensor([_SHARE]))
        self._x = grid.density(spectra)[None].contiguous()

    def advance(self, iterations: int) -> Tensor:
        """Spectra of the constrained densities after so many more iterations."""
        scratch = torch.empty_like(self._x)
        for _ in range(iterations):
            y = project_moduli(self._x, self._batch)
            self._constraint.relax(self._x, y, _BETA, scratch)
        atoms = self._constraint.project(project_moduli(self._x, self._batch))
        spectra: Tensor = torch.fft.rfftn(atoms[0], dim=AXES)
        return spectra
