"""A variational autoencoder of crystals, and the segmentation of the decoded density.

After Hoffmann et al., arXiv:1909.00949: density in a 10 Å cube → 300 numbers → density → elements,
with a loss of squared error, Kullback–Leibler divergence and segmentation. Theirs has 100 million
weights, nearly all in one dense layer between voxels and the vector. Here the density is first
written in products of ten functions of each coordinate, which lose less than a thousandth of an
atom's square, and the dense layer begins at the principal components of the training set. The
encoder stays linear: what a crystal becomes is the sum of what its atoms become, so that atoms can
be refined against the vector.

Of the 300 numbers 291 are the density's and 9 the lattice's. Unit cells and windows have linear
layers of their own, and share everything else.
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from patterson_gui.crystal.materials.cube import POINTS
from patterson_gui.crystal.materials.latent import DIMENSIONS
from patterson_gui.io.training.model_cards import Role
from patterson_gui.nets.architectures.attention_unet import AttentionUNet
from patterson_gui.nets.architectures.registry import MapInputs, NetworkConfig, SelfTaught, register
from patterson_gui.nets.forward_model.crystal_grids import (
    along_axes,
    principal_functions,
    sharpening,
)

OF_LATTICE = 9
OF_DENSITY = DIMENSIONS - OF_LATTICE
CLASSES = 95  # 0: empty, else the atomic number
_FROM_DECODED = 0.6  # share of examples whose atoms are looked for in what was decoded
_BRIGHTEN = (2.0, 1.0, 0.3)  # the density, and the same sharpened twice
_SLOWNESS = 0.01
_LEAST_SPREAD = 1e-3  # of the strongest component


class CrystalsConfig(NetworkConfig):
    """How large, and what training weighs.

    Attributes
    ----------
    functions : of each coordinate; their products carry the density into the dense layers.
    widths : channels of the segmentation's levels.
    repair : channels of what mends the decoded density.
    divergence : weight of the Kullback–Leibler term, for each number of the latent.
    segmentation : how much the decoder heeds the cross-entropy of the elements found in what it
        decodes.
    """

    functions: int = Field(10, ge=7, le=POINTS)  # 7³ > 291
    widths: tuple[int, int, int] = (16, 48, 96)
    repair: int = Field(32, ge=8)
    divergence: float = Field(1e-4, ge=0)
    segmentation: float = Field(0.1, ge=0)


class _Affine(nn.Module):
    """A dense layer that changes slowly: it begins where it is nearly right."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.hundredfold = nn.Parameter(torch.randn(made, given) * given**-0.5 / _SLOWNESS)
        self.bias = nn.Parameter(torch.zeros(made))

    @property
    def weight(self) -> Tensor:
        """(made, given)."""
        return _SLOWNESS * self.hundredfold

    def put(self, weight: Tensor, bias: Tensor) -> None:
        """Set both."""
        self.hundredfold.copy_(weight / _SLOWNESS)
        self.bias.copy_(bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


class _Linear(nn.Module):
    """Density coefficients to a latent and back, for one kind of sample."""

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        self.encode = _Affine(coefficients, OF_DENSITY)
        self.decode = _Affine(OF_DENSITY, coefficients)
        self.log_variance = nn.Parameter(torch.full((DIMENSIONS,), -4.0))
        self.register_buffer("lattice_mean", torch.zeros(OF_LATTICE))
        self.register_buffer("lattice_scale", torch.ones(OF_LATTICE))
        self.lattice_mean: Tensor
        self.lattice_scale: Tensor

    def begin_at(self, coefficients: Tensor, lattices: Tensor) -> None:
        """Principal components of (n, K³) coefficients, of unit variance, and the lattices' mean
        and spread; float64."""
        mean = coefficients.mean(0)
        centred = coefficients - mean
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
        # Where there are few examples the last are zero, or by rounding a little less.
        values, vectors = values.flip(0)[:OF_DENSITY].clamp_min(0), vectors.flip(1)[:, :OF_DENSITY]
        # Components that some few examples cannot show must not be blown up.
        spread = values.clamp_min(float(values[0]) * _LEAST_SPREAD**2).sqrt()
        flat = lattices.flatten(1)
        with torch.no_grad():
            self.encode.put((vectors / spread).T, -mean @ (vectors / spread))
            self.decode.put(vectors * spread, mean)
            lost = (centred.square().sum() / len(centred) - values.sum()).clamp_min(1e-12)
            noise = lost / (centred.shape[1] - OF_DENSITY)
            self.log_variance[:OF_DENSITY].copy_((noise / (values + noise)).log())
            self.lattice_mean.copy_(flat.mean(0))
            self.lattice_scale.copy_(flat.std(0).clamp_min(0.5))


class _Repair(nn.Module):
    """What is wrong with a density decoded linearly, seen at half the resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.into = nn.Conv3d(16, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv3d(width, width, 3, padding=1) for _ in range(4))
        self.out = nn.Conv3d(width, 8, 1)
        nn.init.zeros_(self.out.weight)
        if self.out.bias is not None:
            nn.init.zeros_(self.out.bias)

    def forward(self, density: Tensor, sharp: Tensor) -> Tensor:
        x = torch.cat((_halved(density), _halved(sharp)), 1)
        x = self.into(x).relu()
        for first, second in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            x = x + second(first(x).relu())
            x = x.relu()
        return _doubled(self.out(x))


def _halved(maps: Tensor) -> Tensor:
    """(B, 8, n/2, n/2, n/2) from (B, 1, n, n, n): neighbouring points as channels."""
    b, _, n = maps.shape[:3]
    split = maps.reshape(b, n // 2, 2, n // 2, 2, n // 2, 2)
    return split.permute(0, 2, 4, 6, 1, 3, 5).reshape(b, 8, n // 2, n // 2, n // 2)


def _doubled(maps: Tensor) -> Tensor:
    """The inverse of `_halved`."""
    b, _, n = maps.shape[:3]
    split = maps.reshape(b, 2, 2, 2, n, n, n)
    return split.permute(0, 4, 1, 5, 2, 6, 3).reshape(b, 1, 2 * n, 2 * n, 2 * n)


@register("crystals", CrystalsConfig)
class Crystals(SelfTaught):
    """Encoder, decoder and segmentation in one; densities in e/Å³."""

    takes = MapInputs
    role: ClassVar[Role] = "crystals"
    multiple = POINTS
    smallest = POINTS
    begins_with = 12_000

    def __init__(self, config: CrystalsConfig) -> None:
        super().__init__()
        n = config.functions
        self.unit_cells = _Linear(n**3)
        self.windows = _Linear(n**3)
        self.repair = _Repair(config.repair)
        self.segmentation = AttentionUNet(3, CLASSES, config.widths, (2, 3))
        self.config: CrystalsConfig = config
        functions = torch.from_numpy(principal_functions(n).T).float()
        self.register_buffer("functions", functions, persistent=False)
        for name, noise in (("sharp", 0.1), ("sharper", 0.03)):
            matrix = torch.from_numpy(sharpening(noise)).float()
            self.register_buffer(name, matrix, persistent=False)
        self.functions: Tensor
        self.sharp: Tensor
        self.sharper: Tensor

    # ------------------------------------------------------------------ linear part

    def coefficients(self, density: Tensor) -> Tensor:
        """(B, K³) of densities (B, 1, 30, 30, 30)."""
        with _exactly(density):
            return along_axes(density[:, 0].float(), self.functions).flatten(1)

    def encode(self, inputs: MapInputs) -> Tensor:
        """(B, 300) means of the latent."""
        with _exactly(inputs.density):
            given = self.coefficients(inputs.density)
            windows = _windows(inputs)[:, None]
            density = torch.where(
                windows, self.windows.encode(given), self.unit_cells.encode(given)
            )
            if inputs.lattices is None:
                lattice = density.new_zeros(len(density), OF_LATTICE)
            else:
                flat = inputs.lattices.flatten(1).float()
                lattice = torch.where(
                    windows,
                    (flat - self.windows.lattice_mean) / self.windows.lattice_scale,
                    (flat - self.unit_cells.lattice_mean) / self.unit_cells.lattice_scale,
                )
            return torch.cat((density, lattice), 1)

    def lattices(self, latent: Tensor, windows: Tensor) -> Tensor:
        """(B, 3, 3) Å, rows a, b, c."""
        of = latent[:, OF_DENSITY:]
        chosen = torch.where(
            windows[:, None],
            of * self.windows.lattice_scale + self.windows.lattice_mean,
            of * self.unit_cells.lattice_scale + self.unit_cells.lattice_mean,
        )
        return chosen.reshape(-1, 3, 3)

    def decode(self, latent: Tensor, windows: Tensor) -> Tensor:
        """(B, 1, 30, 30, 30) e/Å³."""
        with _exactly(latent):
            of = latent[:, :OF_DENSITY].float()
            coefficients = torch.where(
                windows[:, None], self.windows.decode(of), self.unit_cells.decode(of)
            )
            n = self.config.functions
            linear = along_axes(coefficients.reshape(-1, 1, n, n, n), self.functions.T)
            sharp = along_axes(linear, self.sharp)
        decoded: Tensor = linear + self.repair(linear, sharp).float()
        return decoded

    # ------------------------------------------------------------------ atoms

    def logits(self, density: Tensor) -> Tensor:
        """(B, 95, 30, 30, 30) of the elements at each point of densities (B, 1, 30, 30, 30)."""
        logits: Tensor = self.segmentation(self._channels(density))
        return logits

    def _channels(self, density: Tensor) -> Tensor:
        with _exactly(density):
            density = density.float()
            channels = torch.cat(
                (density, along_axes(density, self.sharp), along_axes(density, self.sharper)), 1
            )
            # Of one order of magnitude, and light atoms beside heavy ones are still seen.
            channels = torch.asinh(channels * channels.new_tensor(_BRIGHTEN)[:, None, None, None])
        return channels

    # ------------------------------------------------------------------ as all networks

    def forward(self, inputs: MapInputs) -> Tensor:
        """(B, 1, 30, 30, 30) atomic numbers found in what becomes of densities when they are
        encoded and decoded, 0 for none."""
        self.check_grid(_shape(inputs.density))
        decoded = self.decode(self.encode(inputs), _windows(inputs))
        return self.logits(decoded).argmax(1, keepdim=True).float()

    def begin_from(self, inputs: Iterable[MapInputs]) -> None:
        """Put the linear layers at the principal components of some examples."""
        kept: dict[bool, tuple[list[Tensor], list[Tensor]]] = {False: ([], []), True: ([], [])}
        for given in inputs:
            coefficients, windows = self.coefficients(given.density), _windows(given)
            assert given.lattices is not None
            for kind, (c, lattices) in kept.items():
                c.append(coefficients[windows == kind].double())
                lattices.append(given.lattices[windows == kind].double())
        for kind, linear in ((False, self.unit_cells), (True, self.windows)):
            seen, seen_lattices = (torch.cat(parts) for parts in kept[kind])
            if len(seen) > 1:
                linear.begin_at(seen, seen_lattices)

    def own_loss(self, inputs: MapInputs, true: Tensor) -> Tensor:
        """Squared error, divergence and segmentation, as the paper weighs them in kind.

        Parameters
        ----------
        true : (B, 1, 30, 30, 30) atomic numbers, 0 where there is no atom.
        """
        windows, density = _windows(inputs), inputs.density
        mean = self.encode(inputs)
        log_variance = torch.where(
            windows[:, None], self.windows.log_variance, self.unit_cells.log_variance
        )
        latent = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        decoded = self.decode(latent, windows)
        # Relative to how much there is, so that heavy crystals do not drown the others.
        error = (decoded - density).square().mean((1, 2, 3, 4))
        size = density.square().mean((1, 2, 3, 4)) + 0.02
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        labels = true[:, 0].long()
        c = self.config
        # One or the other, at random: each half as often, at half the cost. The decoder heeds what
        # can be found in it only a little, while the segmentation learns from it in full.
        heeded = c.segmentation * decoded + (1 - c.segmentation) * decoded.detach()
        from_decoded = torch.rand(len(density), 1, 1, 1, 1, device=density.device) < _FROM_DECODED
        seen = torch.where(from_decoded, heeded, density)
        found = self.segmentation.losses(self._channels(seen), labels)
        return 10 * (error / size).mean() + c.divergence * divergence.mean() + found.mean()


def _windows(inputs: MapInputs) -> Tensor:
    if inputs.windows is None:
        return torch.zeros(len(inputs.density), dtype=torch.bool, device=inputs.density.device)
    return inputs.windows


def _shape(density: Tensor) -> tuple[int, int, int]:
    nu, nv, nw = density.shape[-3:]
    return nu, nv, nw


def _exactly(like: Tensor) -> torch.autocast:
    """Single precision, whatever the training's."""
    return torch.autocast(like.device.type, enabled=False)
