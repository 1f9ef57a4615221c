"""Loss, Pearson's r and phase errors of a batch of predicted maps against the true ones.

All are in the fixed frame: nothing is aligned to the truth.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from patterson_gui.io.training.run_folder import N_SHELLS
from patterson_gui.nets.forward_model.synthesis import Shape, inverse_d2, resolution_mask


def pearson(predicted: Tensor, true: Tensor) -> Tensor:
    """(B,) Pearson's r over the whole cell of (B, 1, nu, nv, nw) maps; 0 for a flat map."""
    p, t = (x.flatten(1) - x.flatten(1).mean(1, keepdim=True) for x in (predicted, true))
    norm = p.square().sum(1) * t.square().sum(1)
    return (p * t).sum(1) / norm.clamp_min(torch.finfo(norm.dtype).tiny).sqrt()


def loss(predicted: Tensor, true: Tensor, mse_weight: float, correlation_weight: float) -> Tensor:
    """() weighted sum of the mean squared error and of 1 − r, over the batch (Pan et al., 2023)."""
    total = mse_weight * (predicted - true).square().mean()
    if correlation_weight:
        total = total + correlation_weight * (1 - pearson(predicted, true)).mean()
    return total


@dataclass(frozen=True, eq=False)
class PhaseErrors:
    """Sums from which mean phase errors follow; the sums of several batches can be added.

    Attributes
    ----------
    degrees : (n_shells,) sum of |Δφ|, folded to 0..180°.
    number : (n_shells,) number of reflections; Friedel mates count separately.
    """

    degrees: Tensor
    number: Tensor

    def __add__(self, other: Self) -> Self:
        return type(self)(self.degrees + other.degrees, self.number + other.number)

    def by_shell(self) -> list[float]:
        """Mean |Δφ| of each shell, degrees; NaN in a shell without reflections."""
        return (self.degrees / self.number).tolist()

    def overall(self) -> float:
        """Mean |Δφ| of all reflections, degrees."""
        return float(self.degrees.sum() / self.number.sum())


def phase_errors(predicted: Tensor, true: Tensor, cells: Tensor, d_min: float) -> PhaseErrors:
    """Unweighted phase differences of two batches of maps (B, 1, nu, nv, nw), by resolution.

    The shells are those of `io/training/run_folder.py: shell_limits` to `d_min`, Å. Terms that are
    zero in the true maps are not counted.
    """
    shape: Shape = (true.shape[-3], true.shape[-2], true.shape[-1])
    # Both have the same sign of the transform, so it cancels in the difference.
    f_predicted, f_true = (
        torch.fft.rfftn(x[:, 0].float(), dim=(1, 2, 3)) for x in (predicted, true)
    )
    difference = torch.angle(f_predicted * f_true.conj()).abs().double() * (180 / torch.pi)
    strongest = f_true.abs().amax(dim=(1, 2, 3), keepdim=True)
    counted = (resolution_mask(cells, shape, d_min) > 0) & (f_true.abs() > 1e-5 * strongest)
    # Most terms of the half spectrum count twice: for themselves and for their Friedel mates.
    counts = torch.full_like(difference, 2.0)
    counts[..., 0] = 1
    if shape[2] % 2 == 0:
        counts[..., -1] = 1
    counts = counts * counted
    volume = (inverse_d2(cells, shape).double() * d_min**2) ** 1.5
    shell = (volume * N_SHELLS * (1 - 1e-5)).long().clamp(0, N_SHELLS - 1).flatten()
    zeros = difference.new_zeros(N_SHELLS)
    return PhaseErrors(
        zeros.index_add(0, shell, (difference * counts).flatten()),
        zeros.index_add(0, shell, counts.flatten()),
    )
