"""Determine the hand of a density from local geometry, with a rotation-invariant network.

Triple products of bond vectors tell L amino acids from D: seen from H to Cα, the groups CO, R and N
follow clockwise in L. The network evaluates such products at every point of the map.

1. The surroundings of a point are described by scalars and vectors that rotate with the map (as in
   tensor field networks, Thomas et al., arXiv 1802.08219): averages of the density over shells of
   given radii, the gradients of these averages, and the inner products of the gradients.
2. A small perceptron turns the scalars into new fields, for example "there is a carbonyl carbon
   here". The gradients of their shell averages point to neighbours of one kind.
3. Triple products of three such vectors, weighted by the scalars, are summed over the cell.

The sum has the same value for every orientation of the map, and the opposite sign for the inverse
map. Both hold exactly, for any weights and any cell angles.
"""

import math

import torch
from torch import Tensor, nn

from patterson_gui.nets.forward_model.synthesis import Shape, reciprocal_vectors

_FIRST_SHELLS = (0.0, 0.8, 1.4, 2.0, 2.6)  # Å
_SECOND_SHELLS = (0.0, 1.2, 1.5, 2.4, 3.0)  # Å: bonds, and atoms two bonds away
_WIDTH = 0.35  # Å, of every shell
_EVIDENCE = 0.02  # scales the sum over the cell to the size of a logit


class ChiralityNetwork(nn.Module):
    """Log odds that a density, rather than its inverse, shows L amino acids.

    Parameters
    ----------
    kinds : number of fields that the first perceptron computes.
    triples : number of triple products, each with its own weight at every point.
    hidden : width of the perceptrons.
    """

    def __init__(self, kinds: int = 8, triples: int = 16, hidden: int = 48) -> None:
        super().__init__()
        self.kinds, self.triples = kinds, triples
        first, second = len(_FIRST_SHELLS), kinds * len(_SECOND_SHELLS)
        scalars = first + first * (first + 1) // 2
        self.scale_first = nn.BatchNorm1d(scalars, affine=False)
        self.scale_second = nn.BatchNorm1d(second)
        self.kind = nn.Sequential(
            nn.Linear(scalars, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, kinds),
        )  # fmt: skip
        self.mix = nn.Linear(second, 3 * triples, bias=False)
        self.weigh = nn.Sequential(
            nn.Linear(scalars + second, hidden), nn.SiLU(), nn.Linear(hidden, triples)
        )
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.register_buffer("pairs", torch.triu_indices(first, first), persistent=False)

    pairs: Tensor

    def forward(self, density: Tensor, cells: Tensor) -> Tensor:
        """(B,) log odds for densities (B, 1, nu, nv, nw) in cells (B, 6), Å and degrees.

        The densities must have the units that the network was trained with.
        """
        # Half precision is too coarse for triple products, which are small differences.
        with torch.autocast(density.device.type, enabled=False):
            return self._evidence(density.float(), cells.float())

    def _evidence(self, density: Tensor, cells: Tensor) -> Tensor:
        shape: Shape = (density.shape[2], density.shape[3], density.shape[4])
        b, n = len(density), math.prod(shape)
        q = reciprocal_vectors(cells, shape)
        around, gradients = _shells_and_gradients(density, q, _FIRST_SHELLS, shape)
        inner = torch.einsum("bixn,bjxn->bnij", gradients, gradients)
        inner = inner[:, :, self.pairs[0], self.pairs[1]]
        scalars = torch.cat([around, inner.sign() * torch.log1p(inner.abs())], dim=2)
        scalars = self.scale_first(scalars.reshape(b * n, -1)).reshape(b, n, -1)
        kinds = self.kind(scalars).transpose(1, 2).reshape(b, self.kinds, *shape)
        around, gradients = _shells_and_gradients(kinds, q, _SECOND_SHELLS, shape)
        around = self.scale_second(around.reshape(b * n, -1)).reshape(b, n, -1)
        mixed = self.mix(gradients.permute(0, 3, 2, 1)).reshape(b, n, 3, 3, self.triples)
        one, two, three = mixed.unbind(3)
        triple = (one * torch.linalg.cross(two, three, dim=2)).sum(2)
        weights = self.weigh(torch.cat([scalars, around], dim=2))
        evidence = (triple / (1 + triple.abs()) * weights).sum((1, 2))
        total: Tensor = evidence * (_EVIDENCE * self.log_scale.exp())
        return total


def _shells_and_gradients(
    fields: Tensor, q: Tensor, radii: tuple[float, ...], shape: Shape
) -> tuple[Tensor, Tensor]:
    """Averages of (B, C, nu, nv, nw) over smoothed shells, and their gradients.

    The transform of a shell of radius a and width σ is exp(−2π²σ²q²) sin(2πqa)/(2πqa).

    Returns
    -------
    averages : (B, n, C·K) at the n points.
    gradients : (B, C·K, 3, n), 1/Å.
    """
    length = q.square().sum(1, keepdim=True).sqrt()
    smooth = torch.exp(-2 * math.pi**2 * _WIDTH**2 * length.square())
    shells = torch.cat([smooth * torch.sinc(2 * length * a) for a in radii], dim=1)
    f = torch.fft.rfftn(fields.float(), dim=(-3, -2, -1))[:, :, None] * shells[:, None]
    f = f.flatten(1, 2)
    averages = torch.fft.irfftn(f, shape, dim=(-3, -2, -1)).flatten(2).transpose(1, 2)
    # torch's inverse transform has exp(+2πi q·x), so the gradient is a factor of 2πi q.
    slopes = f[:, :, None] * (2j * math.pi * q)[:, None]
    gradients = torch.fft.irfftn(slopes, shape, dim=(-3, -2, -1)).flatten(3)
    return averages, gradients
