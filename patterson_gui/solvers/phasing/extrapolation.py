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
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup, SymmetryAverage
from patterson_gui.solvers.retrieval.constraints import HighestVoxels
from patterson_gui.solvers.retrieval.grids import GridBatch, reciprocal_squares
from patterson_gui.solvers.retrieval.projections import project_moduli

_BETA = 0.9
SHARE = 0.08  # of the voxels, that atoms fill: spheres of 0.7 Å where each has 18 Å³
_AVERAGED = 10  # iterations after which rounding errors have to be averaged away


class ExtrapolatingRaar:
    """A batch of starts (S, nu, nv, nw//2+1) on a grid with free reflections beyond the data.

    With a group, the density has its symmetry. It keeps it while it is iterated, because measured
    moduli and constraint have it too.
    """

    name = "RAAR with extrapolated reflections"

    def __init__(
        self,
        grid: PhasingGrid,
        cell: gemmi.UnitCell,
        spectra: Tensor,
        group: ImposedGroup | None = None,
        share: float = SHARE,
    ) -> None:
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
        self._constraint = HighestVoxels(torch.tensor([share]))
        self._average = None
        self._x = grid.density(spectra)[None].contiguous()
        if group is not None:
            self.name = f"RAAR in {group.name}"
            self._average = SymmetryAverage(group, grid.shape, self._x.device)

    def advance(self, iterations: int) -> Tensor:
        """Spectra of the constrained densities after so many more iterations."""
        scratch = torch.empty_like(self._x)
        for done in range(iterations):
            if self._average is not None and done % _AVERAGED == 0:
                self._x = self._average(self._x)
            y = project_moduli(self._x, self._batch)
            self._constraint.relax(self._x, y, _BETA, scratch)
        atoms = self._constraint.project(project_moduli(self._x, self._batch))
        spectra: Tensor = torch.fft.rfftn(atoms[0], dim=AXES)
        return spectra
