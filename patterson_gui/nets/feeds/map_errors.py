"""Errors of measured moduli and of retrieved phases, put on the maps of boxes of molecules.

Moduli get errors and gaps as in measured data. Phases get two kinds of error: a wave of random
phase added to each term, stronger at high resolution, and the phases of a model with misplaced
and missing atoms.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from patterson_gui.io.training.setting_groups import Augmentation
from patterson_gui.nets.forward_model.synthesis import (
    AtomBatch,
    Shape,
    form_factors,
    inverse_d2,
    structure_factors,
)

# Amplitude of the added waves at the resolution limit, relative to the expected |F|.
_NOISE = (0.03, 1.3)
_MISPLACED, _LOST = (0.02, 0.45), 0.2  # Å; largest fraction of the model's atoms


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes of one size, each with one molecule and others around it.

    frac (B, A, 3); numbers (B, A), 0 is padding; `guest` (A,) true for atoms of the other
    molecules; `cell` (6,) Å and degrees; `shape` of the grid.
    """

    frac: Tensor
    numbers: Tensor
    guest: Tensor
    cell: Tensor
    shape: Shape

    def to(self, device: torch.device) -> "Boxes":
        """A copy on another device."""
        frac, numbers, guest, cell = (
            x.to(device) for x in (self.frac, self.numbers, self.guest, self.cell)
        )
        return Boxes(frac, numbers, guest, cell, self.shape)


def with_errors(
    boxes: Boxes,
    b: tuple[Tensor, Tensor],
    d_min: Tensor,
    augmentation: Augmentation,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Moduli and phases (B, nu, nv, nw//2+1) of the boxes, with errors."""
    n, device, shape = len(boxes.frac), boxes.frac.device, boxes.shape
    cells = boxes.cell.expand(n, 6)

    def uniform(low: float, high: float, *size: int) -> Tensor:
        return uniform_in((n, *size), (low, high), generator).to(device)

    def chance(p: float) -> Tensor:
        drawn: Tensor = (torch.rand(n, generator=generator) < p).to(device)
        return drawn

    def factors(frac: Tensor, numbers: Tensor) -> Tensor:
        total: Tensor | None = None
        for own, values in ((~boxes.guest, b[0]), (boxes.guest, b[1])):
            if bool(own.any()):
                positions = (frac[:, own] - 0.5) * boxes.cell[:3]
                part = AtomBatch(positions, numbers[:, own], cells, values.to(device))
                f = structure_factors(part, shape, d_min.to(device))
                total = f if total is None else total + f
        assert total is not None
        return total

    f = factors(boxes.frac, boxes.numbers)
    s2 = inverse_d2(cells, shape)
    share = (s2 * d_min.to(device)[:, None, None, None] ** 2).clamp(0, 1)
    expected = _expected(boxes.numbers, s2 / 4, b[0].to(device))

    # Some maps get the phases of a model with misplaced and missing atoms.
    misplaced = uniform(*_MISPLACED, 1, 1) * torch.randn(boxes.frac.shape, generator=generator).to(
        device
    )
    lost = torch.rand(boxes.numbers.shape, generator=generator).to(device) < uniform(0, _LOST, 1)
    model = factors(boxes.frac + misplaced / boxes.cell[:3], boxes.numbers.masked_fill(lost, 0))
    phased = torch.where(chance(0.35)[:, None, None, None], model, f)

    # Add waves of random phase, stronger at high resolution.
    low, high = np.log(_NOISE)
    height = uniform(float(low), float(high), 1, 1, 1).exp()
    height = height * share ** (uniform(0, 1.5, 1, 1, 1))
    height = torch.where(chance(0.6)[:, None, None, None], height, 0.0)
    noise = torch.fft.rfftn(torch.randn((n, *shape), generator=generator), dim=(1, 2, 3))
    noise = noise.to(device) / float(np.prod(shape)) ** 0.5
    phased = phased + height * expected * noise

    relative = torch.fft.rfftn(torch.randn((n, *shape), generator=generator), dim=(1, 2, 3)).real
    relative = relative.to(device) * (2 / float(np.prod(shape))) ** 0.5
    moduli = f.abs() * (1 + uniform(0, augmentation.noise, 1, 1, 1) * relative)
    weight = phased.abs().square()
    weight = weight / (weight + (height * expected).square() + 1e-12)
    weighted = chance(0.3)[:, None, None, None]
    moduli = moduli.clamp_min(0) * torch.where(weighted, weight, 1.0)

    gone = torch.fft.rfftn(torch.randn((n, *shape), generator=generator), dim=(1, 2, 3)).real
    gone = gone.to(device) * (2 / float(np.prod(shape))) ** 0.5
    missing = torch.special.ndtr(gone) < uniform(0, augmentation.missing, 1, 1, 1)
    # Terms at low resolution that the beam stop hides.
    shaded = s2 < torch.where(chance(0.15), uniform(6.0, 12.0) ** -2, 0.0)[:, None, None, None]
    return moduli.masked_fill(missing | shaded, 0.0), phased.angle()


def _expected(numbers: Tensor, s2: Tensor, b: Tensor) -> Tensor:
    """(B, …) √Σf² of the atoms (B, A) at s² = 1/4d² (B, …), electrons (Wilson, 1942)."""
    total = torch.zeros_like(s2)
    elements = torch.unique(numbers)
    elements = elements[elements > 0]
    for number, f in zip(elements, form_factors(elements, s2), strict=True):
        total += (numbers == number).sum(1)[:, None, None, None] * f.square()
    faded: Tensor = total.sqrt() * torch.exp(-s2 * b[:, None, None, None])
    return faded


def uniform_in(size: tuple[int, ...], limits: tuple[float, float], g: torch.Generator) -> Tensor:
    """Random numbers of a shape, uniform within limits."""
    return limits[0] + (limits[1] - limits[0]) * torch.rand(size, generator=g)
