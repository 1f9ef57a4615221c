"""A variational autoencoder of crystals, and the segmentation of the decoded density.

After Hoffmann et al., arXiv:1909.00949: density in a 10 Å cube → 300 numbers → density → elements.
The loss is the sum of a squared error, a Kullback–Leibler divergence and a segmentation loss.

The published network has 100 million weights, nearly all of them in the dense layer between voxels
and latent. Here the density is first expanded in products of ten functions of each coordinate,
which lose less than a thousandth of an atom's squared density. The dense layer is initialised with
the principal components of the training set. The encoder stays linear: the latent of a crystal is
the sum of the latents of its atoms, so that atoms can be refined against it.

291 of the 300 numbers describe the density and 9 the lattice. Unit cells and windows have separate
linear layers and share everything else.
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
from patterson_gui.nets.architectures.patches import depth_to_space, space_to_depth
from patterson_gui.nets.architectures.registry import (
    MapInputs,
    NetworkConfig,
    NetworkWithOwnLoss,
    register,
)
from patterson_gui.nets.forward_model.crystal_grids import (
    along_axes,
    principal_functions,
    sharpening,
)

OF_LATTICE = 9
OF_DENSITY = DIMENSIONS - OF_LATTICE
CLASSES = 95  # 0: empty, else the atomic number
_FROM_DECODED = 0.6  # fraction of examples whose decoded density is segmented, not the true one
_BRIGHTEN = (2.0, 1.0, 0.3)  # the density, and the same sharpened twice
_SLOWNESS = 0.01
_LEAST_SPREAD = 1e-3  # of the strongest component


class CrystalsConfig(NetworkConfig):
    """Sizes of the layers, and weights of the terms of the loss.

    Attributes
    ----------
    functions : number of functions of each coordinate; their products expand the density.
    widths : channels of each level of the segmentation.
    repair : channels of the convolutions that correct the decoded density.
    divergence : weight of the Kullback–Leibler term, for each number of the latent.
    segmentation : weight of the segmentation's cross-entropy in the gradient of the decoder.
    """

    functions: int = Field(10, ge=7, le=POINTS)  # 7³ > 291
    widths: tuple[int, int, int] = (16, 48, 96)
    repair: int = Field(32, ge=8)
    divergence: float = Field(1e-4, ge=0)
    segmentation: float = Field(0.1, ge=0)


class _Affine(nn.Module):
    """A dense layer that trains slowly, because its initial weights are nearly right."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.hundredfold = nn.Parameter(torch.randn(made, given) * given**-0.5 / _SLOWNESS)
        self.bias = nn.Parameter(torch.zeros(made))

    @property
    def weight(self) -> Tensor:
        """(made, given)."""
        return _SLOWNESS * self.hundredfold

    def put(self, weight: Tensor, bias: Tensor) -> None:
        """Set the weight and the bias."""
        self.hundredfold.copy_(weight / _SLOWNESS)
        self.bias.copy_(bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


class _Linear(nn.Module):
    """Linear encoder and decoder between density coefficients and latent, for one sample kind."""

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        self.encode = _Affine(coefficients, OF_DENSITY)
        self.decode = _Affine(OF_DENSITY, coefficients)
        self.log_variance = nn.Parameter(torch.full((DIMENSIONS,), -4.0))
        self.register_buffer("lattice_mean", torch.zeros(OF_LATTICE))
        self.register_buffer("lattice_scale", torch.ones(OF_LATTICE))
        self.lattice_mean: Tensor
        self.lattice_scale: Tensor

    def initialise_from(self, coefficients: Tensor, lattices: Tensor) -> None:
        """Initialise with the principal components of (n, K³) coefficients, scaled to unit
        variance, and with the mean and standard deviation of the lattices; all float64."""
        mean = coefficients.mean(0)
        centred = coefficients - mean
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
        # With few examples the last eigenvalues are zero, or slightly negative by rounding.
        values, vectors = values.flip(0)[:OF_DENSITY].clamp_min(0), vectors.flip(1)[:, :OF_DENSITY]
        # Components that do not vary in a few examples must not be scaled to unit variance.
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
    """Convolutions on half the grid that predict the error of a linearly decoded density."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.into = nn.Conv3d(16, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv3d(width, width, 3, padding=1) for _ in range(4))
        self.out = nn.Conv3d(width, 8, 1)
        nn.init.zeros_(self.out.weight)
        if self.out.bias is not None:
            nn.init.zeros_(self.out.bias)

    def forward(self, density: Tensor, sharp: Tensor) -> Tensor:
        x = torch.cat((space_to_depth(density), space_to_depth(sharp)), 1)
        x = self.into(x).relu()
        for first, second in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            x = x + second(first(x).relu())
            x = x.relu()
        return depth_to_space(self.out(x))


@register("crystals", CrystalsConfig)
class Crystals(NetworkWithOwnLoss):
    """The encoder, the decoder and the segmentation; densities in e/Å³."""

    takes = MapInputs
    role: ClassVar[Role] = "crystals"
    multiple = POINTS
    smallest = POINTS
    n_initial_examples = 12_000

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
        """(B, 95, 30, 30, 30) element logits at each point of densities (B, 1, 30, 30, 30)."""
        logits: Tensor = self.segmentation(self._channels(density))
        return logits

    def _channels(self, density: Tensor) -> Tensor:
        with _exactly(density):
            density = density.float()
            channels = torch.cat(
                (density, along_axes(density, self.sharp), along_axes(density, self.sharper)), 1
            )
            # Brings all channels to one order of magnitude and keeps light atoms visible beside
            # heavy ones.
            channels = torch.asinh(channels * channels.new_tensor(_BRIGHTEN)[:, None, None, None])
        return channels

    # ------------------------------------------------------------------ interface of networks

    def forward(self, inputs: MapInputs) -> Tensor:
        """Encode and decode densities and segment the result: (B, 1, 30, 30, 30) atomic numbers,
        0 where there is no atom."""
        self.check_grid(_shape(inputs.density))
        decoded = self.decode(self.encode(inputs), _windows(inputs))
        return self.logits(decoded).argmax(1, keepdim=True).float()

    def initialise_from(self, inputs: Iterable[MapInputs]) -> None:
        """Initialise the linear layers with the principal components of some examples."""
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
                linear.initialise_from(seen, seen_lattices)

    def own_loss(self, inputs: MapInputs, true: Tensor) -> Tensor:
        """The sum of squared error, divergence and segmentation loss, the three terms of the paper.

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
        # Relative to the squared density, so that crystals of heavy atoms do not dominate.
        error = (decoded - density).square().mean((1, 2, 3, 4))
        size = density.square().mean((1, 2, 3, 4)) + 0.02
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        labels = true[:, 0].long()
        c = self.config
        # Segment either the decoded or the true density, chosen at random, at half the cost of
        # both. The gradient of the segmentation loss is scaled down before it enters the decoder.
        weakened = c.segmentation * decoded + (1 - c.segmentation) * decoded.detach()
        from_decoded = torch.rand(len(density), 1, 1, 1, 1, device=density.device) < _FROM_DECODED
        seen = torch.where(from_decoded, weakened, density)
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
    """Compute in single precision even under autocast."""
    return torch.autocast(like.device.type, enabled=False)
