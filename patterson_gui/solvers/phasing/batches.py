"""What each batch of starts does: the amplitudes, the method, and the symmetry it imposes.

The first batch is without symmetry: data to atomic resolution by charge flipping with E, others
by RAAR with extrapolated reflections. Where no two of its starts agree, every second batch imposes
one of the likely space groups on the density: a right one leaves fewer phases to find. The batches
between go on without, because the group may be wrong; at atomic resolution every second of these
is RAAR with √(E|F|) and extrapolated reflections.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.solvers.phasing.charge_flipping import ChargeFlipping, random_phases
from patterson_gui.solvers.phasing.extrapolation import SHARE, ExtrapolatingRaar
from patterson_gui.solvers.phasing.grid import PhasingGrid, phasing_grid
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup
from patterson_gui.solvers.phasing.starts import Starts, Superpose, Vectors

ATOMIC_RESOLUTION = 1.05  # Å; data that end before are searched with extrapolated reflections
# Å by which the extrapolated reflections pass the limit of the data, for data that end before
# 1.4 Å, before atomic resolution, and at it.
_BEYOND = {1.4: 0.45, ATOMIC_RESOLUTION: 0.3, 0.0: 0.15}
_BEYOND_WITHOUT_GROUP = 0.3  # before atomic resolution
_SHARE_IN_GROUP = 0.1  # of the voxels, that atoms fill, before atomic resolution


class Improving(Protocol):
    """A batch of starts that iterations improve."""

    name: str

    def advance(self, iterations: int) -> Tensor:
        """Spectra (S, nu, nv, nw//2+1) after so many more iterations."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Starts that are improved at once.

    Attributes
    ----------
    vectors : of each start, the Patterson vectors it begins from.
    grid : of its spectra.
    group : the space group that is imposed; "" for none.
    """

    starts: Improving
    vectors: tuple[Vectors, ...]
    grid: PhasingGrid
    group: str = ""


class Batches:
    """The batches of one search.

    Attributes
    ----------
    modulus : (n,) amplitudes of the batches without symmetry: E at atomic resolution, √(E|F|)
        where the data end before, because E alone weighs reflections near the limit, which are
        noise of the others, too much.
    grid : of these batches.
    """

    def __init__(
        self,
        hkl: NDArray[np.int32],
        e: NDArray[np.float64],
        f: NDArray[np.float64] | None,
        cell: gemmi.UnitCell,
        *,
        superpose: Superpose = "auto",
        groups: Callable[[], Sequence[ImposedGroup]] = tuple,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        """Take the reflections of one hemisphere that are used; see `search.find_phases`."""
        self._hkl, self._e, self._cell, self._device = hkl, e, cell, device
        self._find_groups = groups
        self._groups: Sequence[ImposedGroup] | None = None
        self._limit = float(cell.calculate_d_array(hkl).min())
        self.atomic = self._limit < ATOMIC_RESOLUTION
        self._e_and_f = e if f is None else np.sqrt(e * f / np.sqrt((f**2).mean()))
        self.modulus = e if self.atomic else self._e_and_f
        extended = None if self.atomic else self._limit - _BEYOND_WITHOUT_GROUP
        self.grid = phasing_grid(hkl, self.modulus, cell, device, extended)
        self._starts = Starts(self.grid, cell, superpose, seed)
        self._generator = torch.Generator().manual_seed(seed)
        self._made = 0

    def next(self, number: int) -> Batch:
        """The next batch, of `number` starts."""
        turn, second = divmod(self._made, 2)
        self._made += 1
        if second:
            if self._groups is None:
                self._groups = self._find_groups()
            if self._groups:
                turn, which = divmod(turn, len(self._groups))
                return self._in_group(self._groups[which], number, with_e=turn % 2 == 0)
        spectra, vectors = self._starts.batch(number)
        if not self.atomic:
            return Batch(ExtrapolatingRaar(self.grid, self._cell, spectra), vectors, self.grid)
        if turn % 2 == 0:
            return Batch(ChargeFlipping(self.grid, spectra), vectors, self.grid)
        grid = self._extended(self._e_and_f)
        spectra = grid.spectrum(self.grid.values(spectra))
        return Batch(ExtrapolatingRaar(grid, self._cell, spectra), vectors, grid)

    def _in_group(self, group: ImposedGroup, number: int, *, with_e: bool) -> Batch:
        grid = self._extended(self._e if with_e and self.atomic else self._e_and_f, group)
        spectra = random_phases(grid, number, self._generator)
        share = SHARE if self.atomic else _SHARE_IN_GROUP
        starts = ExtrapolatingRaar(grid, self._cell, spectra, group, share)
        return Batch(starts, ((),) * number, grid, group.name)

    def _extended(
        self, modulus: NDArray[np.float64], group: ImposedGroup | None = None
    ) -> PhasingGrid:
        beyond = next(value for limit, value in _BEYOND.items() if self._limit >= limit)
        return phasing_grid(
            self._hkl, modulus, self._cell, self._device, self._limit - beyond, group
        )
