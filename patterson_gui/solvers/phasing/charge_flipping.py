"""Charge flipping with shifted weak reflections, and the refinement of its phases.

Oszlányi & Sütő, Acta Cryst. A60, 134 (2004) and A61, 147 (2005): the sign of all density below
δ is changed; strong reflections get their measured modulus; the phases of weak ones are shifted
by π/2 and their calculated moduli kept.
"""

import math

import torch
from torch import Tensor

from patterson_gui.solvers.phasing.grid import AXES, PhasingGrid

# Chosen on half of the measured sets by the number of starts that solve: δ as a multiple of
# the standard deviation of the density, and the share of reflections that count as weak.
FLIP_LEVEL = 1.15
WEAK_SHARE = 0.35
# Share of the cell that holds the highest density: what is left of it gives R.
ATOM_SHARE = 0.06
WEAKEST_SHARE = 0.1  # of the measured reflections, whose calculated intensities tell a solution
_TINY = 1e-12


def random_phases(grid: PhasingGrid, n: int, generator: torch.Generator) -> Tensor:
    """(n, nu, nv, nw//2+1) spectra with the measured moduli and random phases."""
    angle = torch.rand((n, *grid.modulus.shape), generator=generator)
    angle = angle.to(grid.modulus.device) * (2 * math.pi)
    spectrum = torch.polar(grid.modulus.expand(n, -1, -1, -1).contiguous(), angle)
    # A real density: one pass through real space makes the plane l = 0 consistent.
    consistent: Tensor = torch.fft.rfftn(grid.density(spectrum), dim=AXES)
    return consistent


def weak_threshold(grid: PhasingGrid) -> float:
    """|E| below which a reflection counts as weak."""
    ordered = grid.modulus[grid.known].sort().values
    return float(ordered[int(WEAK_SHARE * (len(ordered) - 1))])


def flip(grid: PhasingGrid, spectrum: Tensor, iterations: int) -> Tensor:
    """Spectra (S, ...) after `iterations` of charge flipping from spectra (S, ...)."""
    strong = grid.known & (grid.modulus >= weak_threshold(grid))
    weak = grid.known & ~strong
    # What is not measured keeps its calculated value, in phase.
    kept = torch.where(weak, 1j, grid.free.to(torch.complex64))
    rho = grid.density(spectrum)
    for _ in range(iterations):
        delta = FLIP_LEVEL * rho.std(dim=AXES, keepdim=True)
        flipped = torch.where(rho < delta, -rho, rho)
        found = torch.fft.rfftn(flipped, dim=AXES)
        factor = grid.modulus / found.abs().clamp_min(_TINY)
        spectrum = found * torch.where(strong, factor.to(kept.dtype), kept)
        rho = grid.density(spectrum)
    return spectrum


class ChargeFlipping:
    """A batch of starts (S, nu, nv, nw//2+1) that is flipped on and on."""

    name = "charge flipping"

    def __init__(self, grid: PhasingGrid, spectra: Tensor) -> None:
        self._grid, self._spectra = grid, spectra

    def advance(self, iterations: int) -> Tensor:
        """The spectra after so many more iterations."""
        self._spectra = flip(self._grid, self._spectra, iterations)
        return self._spectra


def keep_atoms(grid: PhasingGrid, spectrum: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    """Error reduction: only the highest `ATOM_SHARE` of the density stays in each cycle.

    Returns
    -------
    spectrum : (S, ...) calculated from the density that stays: its phases are better, and its
        moduli weigh them.
    r : (S,) Σ| |E| − k|E_calc| | / Σ|E| over the measured reflections.
    """
    found = spectrum
    for cycle in range(iterations + 1):
        if cycle:
            factor = grid.modulus / found.abs().clamp_min(_TINY)
            found = torch.where(grid.known, found * factor, torch.where(grid.free, found, 0))
        rho = grid.density(found)
        level = _level(rho).clamp_min(0.0)
        found = torch.fft.rfftn(torch.where(rho > level, rho, 0.0), dim=AXES)
    return found, _r_factor(grid, found)


def weak_intensity(grid: PhasingGrid, spectrum: Tensor) -> Tensor:
    """(S,) mean |E_calc|² of the weakest tenth of the measured reflections, of `keep_atoms`.

    E_calc is on the scale of the measured moduli, whose mean square over all reflections is
    taken as 1. It is low where the structure is right: wrong phases give weak reflections
    average intensities (R(weak) of Sheldrick, Acta Cryst. A71, 3, 2015).
    """
    weight = grid.weight * grid.known
    ordered = grid.modulus[grid.known].sort().values
    limit = ordered[int(WEAKEST_SHARE * (len(ordered) - 1))]
    weakest = weight * (grid.modulus <= limit)
    calculated = _scale_to_measured(grid, spectrum) * spectrum.abs()
    mean_square = (grid.modulus.square() * weight).sum() / weight.sum()
    weak: Tensor = (calculated.square() * weakest).sum(AXES) / weakest.sum() / mean_square
    return weak


def _level(rho: Tensor) -> Tensor:
    """(S, 1, 1, 1) the density that a share `ATOM_SHARE` of the voxels exceeds."""
    flat = rho.flatten(1)
    rank = max(1, round(flat.shape[1] * (1.0 - ATOM_SHARE)))
    return flat.kthvalue(rank, dim=1).values[:, None, None, None]


def _scale_to_measured(grid: PhasingGrid, spectrum: Tensor) -> Tensor:
    """(S, 1, 1, 1) the scale of least squares between calculated and measured moduli."""
    weight = grid.weight * grid.known
    calculated = spectrum.abs()
    scale = (grid.modulus * calculated * weight).sum(AXES) / (
        (calculated.square() * weight).sum(AXES).clamp_min(_TINY)
    )
    return scale[:, None, None, None]


def _r_factor(grid: PhasingGrid, spectrum: Tensor) -> Tensor:
    weight = grid.weight * grid.known
    calculated = _scale_to_measured(grid, spectrum) * spectrum.abs()
    difference = (calculated - grid.modulus).abs() * weight
    return difference.sum(AXES) / (grid.modulus * weight).sum()
