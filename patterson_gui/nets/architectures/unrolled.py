"""An unrolled phase retrieval: learnt steps alternating with the modulus projection.

The paper's network uses the measured amplitudes once, as its Patterson input. Here every step uses
them: it first replaces the moduli of the current density by the measured ones (the projection of
Gerchberg & Saxton, 1972). A small convolutional network, the same in every step, then computes the
next density from the density, its projection, the Patterson, and a few channels of memory from the
step before. It compares to iterated projections as a learnt optimiser compares to gradient descent.

|F| alone does not determine origin and hand. The origin is fixed by training on molecules at the
middle of the cell, and by moving the origin of the input Patterson there. The hand of the steps
depends on the noise they start from. At the end a second network determines whether the density or
its inverse shows L amino acids.
"""

from dataclasses import dataclass, replace
from typing import Self

import torch
import torch.nn.functional as fn
from pydantic import Field
from torch import Tensor, nn

from patterson_gui.nets.architectures.chirality import ChiralityNetwork
from patterson_gui.nets.architectures.patches import depth_to_space, space_to_depth
from patterson_gui.nets.architectures.registry import (
    NetworkConfig,
    NetworkInputs,
    NetworkWithOwnLoss,
    register,
)
from patterson_gui.nets.convolution.layers import CircularConv3d

_TAMING = 0.05  # the input is log(1 + |P|/20), so that the origin peak does not dominate
_FLOOR = 1e-3  # of the largest modulus: weaker terms have no defined phase


class UnrolledConfig(NetworkConfig):
    """Sizes of the two networks, and the number of steps and of starts."""

    channels: int = Field(
        64, ge=8, le=512, description="channels of the step's network, on half the grid"
    )
    blocks: int = Field(4, ge=1, le=32, description="residual blocks of the step's network")
    memory: int = Field(3, ge=0, le=32, description="memory channels passed from step to step")
    steps: int = Field(40, ge=1, le=1000, description="number of steps of a prediction")
    starts: int = Field(
        4, ge=1, le=64, description="random starts; the result with the lowest R is kept"
    )
    taught: int = Field(24, ge=2, le=1000, description="largest number of steps in training")
    remembered: int = Field(2, ge=1, le=16, description="steps of truncated back-propagation")
    gain: float = Field(8.0, gt=0, description="working units = scaled density times this")
    enough: float = Field(0.2, gt=0, description="R below which no further start is tried")
    hand_kinds: int = Field(
        8, ge=1, le=64, description="fields of the network that determines the hand"
    )
    hand_triples: int = Field(16, ge=1, le=256, description="its triple products")


@dataclass(frozen=True, eq=False)
class State:
    """The state between two steps, in working units, with zero mean.

    Attributes
    ----------
    density, patterson : (B, 1, nu, nv, nw); the Patterson is on a logarithmic scale and has its
        origin at the middle of the cell.
    memory : (B, M, nu, nv, nw).
    moduli : (B, 1, nu, nv, nw // 2 + 1) of the transform of the density.
    free : the same shape, true where nothing was measured within the resolution limit.
    """

    density: Tensor
    memory: Tensor
    moduli: Tensor
    free: Tensor
    patterson: Tensor

    def __len__(self) -> int:
        return len(self.density)

    def detached(self) -> Self:
        """A copy through which no gradient flows."""
        return replace(self, density=self.density.detach(), memory=self.memory.detach())

    def projected(self) -> Tensor:
        """The density with the measured moduli and its own phases."""
        return project(self.density, self.moduli, self.free)


def project(density: Tensor, moduli: Tensor, free: Tensor | None = None) -> Tensor:
    """(B, 1, nu, nv, nw) the density with these moduli that is nearest to the given one.

    Terms that are `free` keep their own moduli.
    """
    f = torch.fft.rfftn(density.float(), dim=(-3, -2, -1))
    size = f.abs()
    floor = _FLOOR * moduli.amax(dim=(-3, -2, -1), keepdim=True)
    scale = moduli / (size + floor)
    if free is not None:
        scale = torch.where(free, 1.0, scale)
    projected: Tensor = torch.fft.irfftn(f * scale, density.shape[-3:], dim=(-3, -2, -1))
    return projected


def inverted(density: Tensor) -> Tensor:
    """(…, nu, nv, nw) the inverse ρ(−x), about the middle of the cell."""
    axes = (-3, -2, -1)
    return torch.roll(torch.flip(density, axes), (1, 1, 1), axes)


def centred(density: Tensor) -> Tensor:
    """(B, 1, nu, nv, nw) translated so that the centre of mass of the positive density lies at
    the middle of the cell; the translation need not be a whole number of grid points."""
    shape = density.shape[-3:]
    mass = density.clamp_min(0)
    turns = torch.zeros(len(density), *shape[:2], shape[2] // 2 + 1, device=density.device)
    for axis, n in enumerate(shape):
        others = [2 + i for i in range(3) if i != axis]
        profile = mass.sum(dim=(1, *others))
        where = torch.arange(n, device=density.device) / n
        centre = (profile * where).sum(1) / profile.sum(1).clamp_min(1e-12)
        index = torch.fft.fftfreq(n, 1 / n, device=density.device)
        index = index[: turns.shape[1 + axis]].abs() if axis == 2 else index
        # On an even axis the term at the limit stands for both signs; it is not shifted.
        index = torch.where(2 * index.abs() == n, 0.0, index)
        index = index.reshape([-1 if i == axis else 1 for i in range(3)])
        turns = turns + (0.5 - centre)[:, None, None, None] * index
    f = torch.fft.rfftn(density, dim=(-3, -2, -1))
    f = f * torch.polar(torch.ones_like(turns), -2 * torch.pi * turns)[:, None]
    moved: Tensor = torch.fft.irfftn(f, shape, dim=(-3, -2, -1))
    return moved


def r_factor(density: Tensor, moduli: Tensor, free: Tensor) -> Tensor:
    """(B,) R = Σ| s|Fc| − |Fo| | / Σ|Fo| over the measured terms."""
    fc = torch.fft.rfftn(density.float(), dim=(-3, -2, -1)).abs() * ~free * (moduli > 0)
    fc, fo = fc.flatten(1), moduli.flatten(1)
    scale = (fc * fo).sum(1) / fc.square().sum(1).clamp_min(1e-12)
    r: Tensor = (scale[:, None] * fc - fo).abs().sum(1) / fo.sum(1).clamp_min(1e-12)
    return r


class _ResidualBlock(nn.Module):
    """x + conv(silu(conv(silu(x)))); initialised as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = CircularConv3d(channels, channels, 3)
        self.second = CircularConv3d(channels, channels, 3)
        nn.init.zeros_(self.second.weight)
        if self.second.bias is not None:
            nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.second(fn.silu(self.first(fn.silu(x))))
        return x + change


class _HalfGrid(nn.Module):
    """Residual blocks on half the grid; each 2³ cube of points becomes eight channels."""

    def __init__(self, channels_in: int, channels_out: int, width: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Conv3d(8 * channels_in, width, 1)
        self.blocks = nn.Sequential(*(_ResidualBlock(width) for _ in range(blocks)))
        self.leave = nn.Conv3d(width, 8 * channels_out, 1)

    def coarse(self, x: Tensor) -> Tensor:
        """(B, 8 C_out, nu/2, nv/2, nw/2) float32."""
        x = space_to_depth(x).contiguous(memory_format=torch.channels_last_3d)
        out: Tensor = self.leave(fn.silu(self.blocks(self.enter(x))))
        return out.float()

    def forward(self, x: Tensor) -> Tensor:
        return depth_to_space(self.coarse(x))


@register("unrolled", UnrolledConfig)
class Unrolled(NetworkWithOwnLoss):
    """Learnt steps alternating with modulus projections, then the determination of the hand."""

    multiple = 2
    smallest = 6

    def __init__(self, config: UnrolledConfig) -> None:
        super().__init__()
        self.settings = config
        self.step = _HalfGrid(3 + config.memory, 1 + config.memory, config.channels, config.blocks)
        nn.init.zeros_(self.step.leave.weight)
        if self.step.leave.bias is not None:
            nn.init.zeros_(self.step.leave.bias)
        self.hand = ChiralityNetwork(config.hand_kinds, config.hand_triples)

    def begin(self, inputs: NetworkInputs, noise: Tensor) -> State:
        """The state before the first step: the measured moduli with the phases of random noise.

        Parameters
        ----------
        noise : (B or 1, 1, nu, nv, nw), normally distributed.
        """
        moduli = inputs.amplitudes[:, None].float() * self.settings.gain
        free = torch.zeros_like(moduli, dtype=torch.bool)
        if inputs.observed is not None:
            free = ~inputs.observed[:, None]
        correlation = torch.fft.irfftn(
            moduli.square().to(torch.complex64), inputs.shape, dim=(-3, -2, -1)
        )
        voxel = inputs.cell_volume / correlation[0].numel()
        patterson = correlation * voxel[:, None, None, None, None]
        middle = [n // 2 for n in inputs.shape]
        patterson = torch.roll(patterson, middle, (-3, -2, -1))
        patterson = patterson.sign() * torch.log1p(_TAMING * patterson.abs())
        density = project(noise.expand(len(moduli), -1, -1, -1, -1), moduli)
        memory = density.new_zeros(len(moduli), self.settings.memory, *inputs.shape)
        return State(density, memory, moduli, free, patterson)

    def advance(self, state: State) -> State:
        """One step."""
        projected = state.projected()
        seen = torch.cat([state.density, projected, state.patterson, state.memory], dim=1)
        change = self.step(seen)
        memory = torch.tanh(change[:, 1:])
        return replace(state, density=projected + change[:, :1], memory=memory)

    def own_loss(self, inputs: NetworkInputs, true: Tensor) -> Tensor:
        """The error of every step, for the hand that it converges to, plus the loss of the hand.

        The steps start from noise that is drawn from torch's random state. Gradients go back
        over a few steps only (truncated back-propagation), so that one example trains early and
        late steps in a single pass.

        Parameters
        ----------
        true : (B, 1, nu, nv, nw) scaled density.
        """
        true = true * self.settings.gain
        other = inverted(true)
        power = true.square().flatten(1).mean(1)

        def error(density: Tensor) -> Tensor:
            either = [(density - x).square().flatten(1).mean(1) for x in (true, other)]
            return (torch.minimum(*either) / power).mean()

        state = self.begin(inputs, torch.randn(true.shape).to(true.device))
        most = self.settings.taught
        steps = int(torch.randint(min(4, most), most + 1, ()))
        total = torch.zeros((), device=true.device)
        for step in range(steps):
            if step % self.settings.remembered == 0:
                state = state.detached()
            state = self.advance(state)
            total = total + error(state.density)
            if (step + 1) % self.settings.remembered == 0:
                total = total + 0.5 * error(state.projected())
        total = total / steps
        if inputs.cells is None:
            return total
        # The network for the hand is trained on densities with phase errors, as in use.
        noise = project(torch.randn(true.shape).to(true.device), state.moduli)
        with_errors = project(
            true + 0.8 * torch.rand(len(true), 1, 1, 1, 1).to(true) * noise, state.moduli
        )
        return total + fn.softplus(-self.hand(with_errors, inputs.cells)).mean()

    def forward(self, inputs: NetworkInputs) -> Tensor:
        """(B, 1, nu, nv, nw) scaled density of L amino acids, the molecule at the middle."""
        generator = torch.Generator().manual_seed(0)
        best = inputs.patterson.new_zeros(inputs.patterson.shape, dtype=torch.float32)
        lowest = torch.full((len(best),), torch.inf, device=best.device)
        for _ in range(self.settings.starts):
            # The same noise for the whole batch, so that a prediction does not depend on the
            # other examples of the batch.
            noise = torch.randn(1, 1, *inputs.shape, generator=generator).to(best.device)
            left = torch.nonzero(lowest > self.settings.enough)[:, 0]
            if len(left) == 0:
                break
            state = self.begin(_rows(inputs, left), noise)
            for _ in range(self.settings.steps):
                state = self.advance(state)
            r = r_factor(state.density, state.moduli, state.free)
            better = r < lowest[left]
            best[left[better]] = state.projected()[better]
            lowest[left[better]] = r[better]
        best = centred(best)
        if inputs.cells is not None:
            right = self.hand(best, inputs.cells) < 0
            best = torch.where(right[:, None, None, None, None], inverted(best), best)
        return best / self.settings.gain

    def handedness(self, density: Tensor, cells: Tensor) -> Tensor:
        """(B,) log odds that scaled densities, rather than their inverses, show L amino acids."""
        odds: Tensor = self.hand(density * self.settings.gain, cells)
        return odds


def _rows(inputs: NetworkInputs, rows: Tensor) -> NetworkInputs:
    kept = {name: None if v is None else v[rows] for name, v in vars(inputs).items()}
    return NetworkInputs(**kept)  # type: ignore[arg-type]
