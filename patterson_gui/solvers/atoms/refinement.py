"""Joint least squares of positions, weights and displacement parameters.

Levenberg–Marquardt on Σ w (|Fc| − |Fo|)², or on
Σ w |Fc − Fo exp(iφ)|² as long as phases are better known than atoms. The origin is arbitrary in P1;
the damping keeps it in place.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from patterson_gui.solvers.atoms.data import RefinementData
from patterson_gui.solvers.atoms.model import AtomModels, FormFactors, Waves, total, waves

_LONGEST_STEP = 0.3  # Å: for longer steps a wave of 1.5 Å is not linear
_LARGEST_B_STEP = 10.0  # Å²
_LOWEST_B, _HIGHEST_B = 0.5, 120.0  # Å²
_SETTLED = 1e-3  # share of the cost by which a cycle must lower it to continue
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-5, 1e2


@dataclass(frozen=True)
class Freedom:
    """What is refined besides positions.

    `weights`: a weight for every atom, otherwise one scale for all. `each_b`: a B for every
    atom, otherwise one shift of all B.
    """

    weights: bool
    each_b: bool = False


@dataclass(frozen=True, eq=False)
class _Step:
    """State of the refinement: Σ w r² (P,), the normal matrix (P, K, K), and the right-hand side
    `downhill` (P, K) of the normal equations."""

    cost: Tensor
    normal: Tensor
    downhill: Tensor


def refine(
    atoms: AtomModels,
    factors: FormFactors,
    data: RefinementData,
    freedom: Freedom,
    cycles: int,
    target: Tensor | None = None,
) -> AtomModels:
    """Refine for at most `cycles` cycles; the cost of no crystal rises.

    `target` (P, M), complex: fit these coefficients instead of moduli.
    """
    damping = torch.full((len(atoms),), _FIRST_DAMPING, dtype=torch.float64, device=data.q.device)
    now = _step(atoms, factors, data, freedom, target)
    for _ in range(cycles):
        shift = _solve(now, damping)
        trial = _moved(atoms, shift, freedom)
        then = _step(trial, factors, data, freedom, target)
        better = then.cost < now.cost
        settled = better & (now.cost - then.cost < _SETTLED * now.cost)
        atoms = atoms.choose(better, trial)
        now = _Step(
            torch.where(better, then.cost, now.cost),
            torch.where(better[:, None, None], then.normal, now.normal),
            torch.where(better[:, None], then.downhill, now.downhill),
        )
        damping = torch.where(better, damping / 5, damping * 4)
        if bool((settled | (damping > _MOST_DAMPING)).all()):
            break
        damping = damping.clamp(min=_LEAST_DAMPING)
    return atoms


def _step(
    atoms: AtomModels,
    factors: FormFactors,
    data: RefinementData,
    freedom: Freedom,
    target: Tensor | None,
) -> _Step:
    parts = waves(atoms, factors, data)
    f = total(parts, atoms.w)
    root = data.weight.sqrt()
    if target is None:
        modulus = f.abs()
        unit = f / modulus.clamp(min=1e-20)
        residual = (data.fo - modulus) * root
        rows = _derivatives(parts, unit, atoms, data, freedom) * root[:, None]
    else:
        misfit = target - f
        residual = torch.cat([misfit.real * root, misfit.imag * root], dim=1)
        one = torch.ones_like(f)
        rows = torch.cat(
            [
                _derivatives(parts, unit, atoms, data, freedom) * root[:, None]
                for unit in (one, 1j * one)
            ],
            dim=2,
        )
    normal = torch.bmm(rows, rows.transpose(1, 2))
    downhill = torch.bmm(rows, residual[:, :, None])[:, :, 0]
    return _Step(residual.square().sum(1), normal, downhill)


def _derivatives(
    parts: Waves, unit: Tensor, atoms: AtomModels, data: RefinementData, freedom: Freedom
) -> Tensor:
    """(P, K, M) derivatives of Re(F unit*): x, y, z of all atoms, then weights or scale,
    then B."""
    u, v = unit.real[:, None], unit.imag[:, None]
    along = parts.cos * u + parts.sin * v
    across = (parts.cos * v - parts.sin * u) * (2 * math.pi * atoms.w[:, :, None])
    rows = [across * data.q[:, i : i + 1] for i in range(3)]
    weighted = along * atoms.w[:, :, None]
    rows.append(along if freedom.weights else weighted.sum(1, keepdim=True))
    thinned = weighted * -data.s2[:, None]
    rows.append(thinned if freedom.each_b else thinned.sum(1, keepdim=True))
    return torch.cat(rows, dim=1)


def _solve(now: _Step, damping: Tensor) -> Tensor:
    """(P, K) damped shifts of the parameters."""
    normal, downhill = now.normal.double(), now.downhill.double()
    diagonal = normal.diagonal(dim1=1, dim2=2)
    scale = torch.where(diagonal > 0, diagonal, torch.ones_like(diagonal)).rsqrt()
    scaled = normal * scale[:, :, None] * scale[:, None]
    eye = torch.eye(scaled.shape[1], dtype=scaled.dtype, device=scaled.device)
    # An unused place has an empty row; 1 on its diagonal keeps the matrix regular.
    scaled = scaled + eye * (damping[:, None] + (diagonal <= 0))[:, :, None]
    factor, failed = torch.linalg.cholesky_ex(scaled)
    step = torch.cholesky_solve((downhill * scale)[:, :, None], factor)[:, :, 0] * scale
    return torch.where((failed > 0)[:, None] | ~step.isfinite(), 0.0, step).float()


def _moved(atoms: AtomModels, shift: Tensor, freedom: Freedom) -> AtomModels:
    n = atoms.w.shape[1]
    move = torch.stack([shift[:, i * n : (i + 1) * n] for i in range(3)], dim=2)
    length = torch.linalg.vector_norm(move, dim=2, keepdim=True)
    move = move * (_LONGEST_STEP / length.clamp(min=_LONGEST_STEP))
    if freedom.weights:
        w, rest = atoms.w + shift[:, 3 * n : 4 * n], shift[:, 4 * n :]
    else:
        change = shift[:, 3 * n : 3 * n + 1].clamp(-0.5, 0.5)
        w, rest = atoms.w * (1 + change), shift[:, 3 * n + 1 :]
    b = atoms.b + rest.clamp(-_LARGEST_B_STEP, _LARGEST_B_STEP)
    return replace(
        atoms,
        xyz=atoms.xyz + move * atoms.used[:, :, None],
        w=w * atoms.used,
        b=b.clamp(_LOWEST_B, _HIGHEST_B),
    )
