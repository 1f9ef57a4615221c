"""Iterations of phase retrieval: relaxed averaged alternating reflections, error reduction.

RAAR (Luke, Inverse Problems 21, 37–50, 2005) for the projections P_M onto the measured
moduli and P_S onto densities that satisfy a constraint in real space (`constraints`):

    x ← β/2 (R_S R_M + 1) x + (1 − β) P_M x,      R = 2P − 1.

With y = P_M x and s = P_S(2y − x) this is x ← β (x + s) + (1 − 2β) y: two FFTs and a few
passes over memory.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from patterson_gui.solvers.retrieval.constraints import Constraint
from patterson_gui.solvers.retrieval.grids import AXES, GridBatch


@dataclass(frozen=True)
class Schedule:
    """Iterations of one run: `iterations` of RAAR with `beta`, then `tail` of error reduction.

    The constraint is renewed every `renew_every` iterations, with the progress of the run
    (0 → 1 over the first 70 % of the RAAR iterations, above 1 in the tail).
    """

    iterations: int
    tail: int
    beta: float = 0.9
    renew_every: int = 10
    watch_every: int = 20


def random_densities(batch: GridBatch, seeds: list[list[int]]) -> Tensor:
    """(P, S, nu, nv, nw): the measured moduli with random phases, one seed each.

    The random numbers are always drawn on the processor, so that a seed means the same
    start on every device and in every batch.
    """
    rows = []
    for row in seeds:
        starts = []
        for seed in row:
            generator = torch.Generator().manual_seed(seed)
            starts.append(torch.rand(batch.modulus.shape[2:], generator=generator))
        rows.append(torch.stack(starts))
    angle = torch.stack(rows).to(batch.modulus.device) * (2 * torch.pi)
    spectrum = torch.polar(batch.modulus.expand_as(angle).contiguous(), angle)
    densities: Tensor = torch.fft.irfftn(spectrum, s=batch.shape, dim=AXES)
    return densities


def project_moduli(x: Tensor, batch: GridBatch) -> Tensor:
    """P_M: set measured terms to their measured modulus, keep free ones, set others to zero."""
    return _density(_projected_spectrum(x, batch), batch)


def _projected_spectrum(x: Tensor, batch: GridBatch) -> Tensor:
    spectrum = torch.fft.rfftn(x, dim=AXES)
    projected = torch.sgn(spectrum).mul_(batch.modulus)
    if batch.only_f000_free:
        projected[..., 0, 0, 0] = spectrum[..., 0, 0, 0]
    else:
        projected.addcmul_(spectrum, batch.free.to(spectrum.dtype))
    return projected


def _density(spectrum: Tensor, batch: GridBatch) -> Tensor:
    density: Tensor = torch.fft.irfftn(spectrum, s=batch.shape, dim=AXES)
    return density


def r_factors(density: Tensor, batch: GridBatch) -> Tensor:
    """(P, S) R = Σ|k|Fc| − |Fo|| / Σ|Fo| of densities (P, S, nu, nv, nw), k by least squares."""
    fc = torch.fft.rfftn(density, dim=AXES).abs()
    fo = batch.modulus
    dims = (2, 3, 4)
    scale = (fc * fo * batch.weight).sum(dims) / (fc * fc * batch.weight).sum(dims).clamp(min=1e-20)
    misfit = ((fc * scale[..., None, None, None] - fo).abs() * batch.weight).sum(dims)
    answer: Tensor = misfit / (fo * batch.weight).sum(dims)
    return answer


def run(
    x: Tensor,
    batch: GridBatch,
    constraint: Constraint,
    schedule: Schedule,
    watch: Callable[[int, Tensor], bool] = lambda iteration, y: False,
    tick: Callable[[], None] = lambda: None,
) -> Tensor:
    """Iterate densities x (P, S, nu, nv, nw) in place; returns the constrained densities.

    Every `schedule.watch_every` iterations `watch(iteration, y)` sees the modulus-projected
    densities; if it returns true the run continues with its tail at once. `tick` is called every
    iteration and may raise to stop the run.
    """
    scratch = torch.empty_like(x)
    ramp = max(1.0, 0.7 * schedule.iterations)
    for iteration in range(schedule.iterations):
        tick()
        spectrum = _projected_spectrum(x, batch)
        y = _density(spectrum, batch)
        if iteration % schedule.renew_every == 0:
            constraint.renew(spectrum, min(1.0, iteration / ramp))
        if iteration and iteration % schedule.watch_every == 0 and watch(iteration, y):
            break
        constraint.relax(x, y, schedule.beta, scratch)
    for iteration in range(schedule.tail):
        tick()
        spectrum = _projected_spectrum(x, batch)
        y = _density(spectrum, batch)
        if iteration % schedule.renew_every == 0:
            constraint.renew(spectrum, 2.0)
        x = constraint.project(y)
    return x


def resample(density: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """The same band-limited density (…, nu, nv, nw) on another grid, finer or coarser."""
    spectrum = torch.fft.fftshift(torch.fft.fftn(density, dim=AXES), dim=AXES)
    old = density.shape[-3:]
    target = torch.zeros((*density.shape[:-3], *shape), dtype=spectrum.dtype, device=density.device)
    take: list[slice] = []
    put: list[slice] = []
    for n_old, n_new in zip(old, shape, strict=True):
        reach = (min(n_old, n_new) - 1) // 2  # leaves out an unpaired Nyquist plane
        take.append(slice(n_old // 2 - reach, n_old // 2 + reach + 1))
        put.append(slice(n_new // 2 - reach, n_new // 2 + reach + 1))
    target[..., put[0], put[1], put[2]] = spectrum[..., take[0], take[1], take[2]]
    ratio = math.prod(shape) / math.prod(old)
    back = torch.fft.ifftn(torch.fft.ifftshift(target, dim=AXES), dim=AXES).real
    answer: Tensor = (back * ratio).contiguous()
    return answer
