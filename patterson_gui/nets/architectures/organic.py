"""The network that finds C, N, O and S in densities of organic molecules, and their positions.

Hoffmann et al. (2019) use an attention U-Net to predict the element of every voxel near an atom.
This network works on X-ray densities at 1.0–2.5 Å with the errors of phase retrieval. It also
predicts the vector from the voxel to the atom, and treats the cell as periodic. It is trained on
molecules of both hands, so that the hand of a map does not matter.

Scale and F(000) of a map do not matter: the network subtracts the mean and divides by √(Σρ⁴/Σρ²).
This divisor is the same for a few peaks in a large cell and for many in a small one.
"""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from patterson_gui.io.training.model_cards import Role
from patterson_gui.nets.architectures.attention_unet import AttentionUNet
from patterson_gui.nets.architectures.registry import (
    MapInputs,
    NetworkConfig,
    NetworkWithOwnLoss,
    register,
)
from patterson_gui.nets.forward_model.synthesis import squares

ELEMENTS = (0, 6, 7, 8, 16)  # atomic number of each class; 0: no atom
SPACING = 0.5  # Å, the largest distance of grid points
RADIUS = 0.65  # Å: a voxel nearer to an atom than this carries its element
_SHARPENED = (0.0, 20.0, 50.0)  # Å², B subtracted from the map in each channel
_FAINTEST = 0.05  # sharpening restores terms down to this fraction of their amplitude
_FEWEST = 0.02  # least fraction of a map's points that enter the loss as empty
_HIDDEN = 32


class OrganicConfig(NetworkConfig):
    """Sizes of the layers, and weights of the terms of the loss.

    Attributes
    ----------
    widths : channels of each level.
    offsets : weight of the position error (Å) relative to the cross-entropy of the elements.
    """

    widths: tuple[int, int, int] = (16, 48, 48)
    offsets: float = Field(2.0, ge=0)


def channels(density: Tensor, lattices: Tensor) -> Tensor:
    """(B, 3, nu, nv, nw) the network's input channels: a periodic map, and two sharpened copies.

    Parameters
    ----------
    density : (B, 1, nu, nv, nw) on any scale.
    lattices : (B, 3, 3) Å, rows a, b, c.
    """
    nu, nv, nw = density.shape[-3:]
    reciprocal = torch.linalg.inv(lattices).transpose(1, 2)
    d2 = squares(reciprocal, (nu, nv, nw))[:, None]
    terms = torch.fft.rfftn(density, dim=(2, 3, 4))
    terms[:, :, 0, 0, 0] = 0
    faded = [torch.exp(-b / 4 * d2) for b in _SHARPENED]
    sharp = torch.cat([t / (t * t + _FAINTEST**2) for t in faded], 1)
    maps = torch.fft.irfftn(terms * sharp, s=(nu, nv, nw), dim=(2, 3, 4))
    second = maps.square()
    height = (second.square().sum((2, 3, 4)) / second.sum((2, 3, 4)).clamp_min(1e-30)).sqrt()
    scaled: Tensor = maps / height.clamp_min(1e-15)[:, :, None, None, None]
    return scaled


class _Head(nn.Module):
    """Logits of the classes, and the vector from the point to the atom, Å."""

    def __init__(self, given: int) -> None:
        super().__init__()
        self.into = nn.Linear(given, _HIDDEN)
        self.out = nn.Linear(_HIDDEN, len(ELEMENTS) + 3)

    def forward(self, features: Tensor) -> Tensor:
        made: Tensor = self.out(self.into(features).relu()).float()
        return made


@register("organic", OrganicConfig)
class Organic(NetworkWithOwnLoss):
    """Predicts the element, and the vector to the atom, for each point of a map."""

    takes = MapInputs
    role: ClassVar[Role] = "atoms"
    multiple = 4
    smallest = 8

    def __init__(self, config: OrganicConfig) -> None:
        super().__init__()
        self.weight_of_offsets = config.offsets
        head = _Head(config.widths[0])
        self.unet = AttentionUNet(len(_SHARPENED), len(ELEMENTS) + 3, config.widths, (2, 2), head)

    def found(self, maps: Tensor, periodic: bool) -> tuple[Tensor, Tensor]:
        """Element probabilities and offsets for maps (B, 3, nu, nv, nw) from `channels`.

        Returns
        -------
        probabilities : (B, 5, nu, nv, nw) of `ELEMENTS`.
        offsets : (B, 3, nu, nv, nw) Å along x, y, z from the point to the atom; meaningless where
            there is no atom.
        """
        made = self.unet(maps, periodic)
        return made[:, : len(ELEMENTS)].softmax(1), made[:, len(ELEMENTS) :]

    def forward(self, inputs: MapInputs) -> Tensor:
        """(B, 4, nu, nv, nw) the atomic number, and the offset (Å) where it is not 0."""
        probabilities, offsets = self.found(*_given(inputs))
        numbers = probabilities.new_tensor(ELEMENTS)[probabilities.argmax(1, keepdim=True)]
        return torch.cat((numbers, torch.where(numbers > 0, offsets, 0.0)), 1)

    def own_loss(self, inputs: MapInputs, true: Tensor) -> Tensor:
        """Cross-entropy of the elements plus the mean error of the offsets.

        Most points are empty and similar, so only a random sample of them is used, about as many
        as there are points with atoms.

        Parameters
        ----------
        true : (B, 4, nu, nv, nw), arranged as the result of `forward`.
        """
        maps, periodic = _given(inputs)
        features = self.unet.features(maps, periodic).movedim(1, -1).flatten(1, 3)
        numbers = true[:, 0].flatten(1)
        offsets = true[:, 1:].movedim(1, -1).flatten(1, 3)
        labels = class_of(numbers.long())
        atom = labels > 0
        share = (atom.sum(1, keepdim=True) / labels.shape[1]).clamp(_FEWEST, 0.5)
        drawn = atom | (torch.rand(labels.shape, device=labels.device) < 2 * share)
        batch, place = torch.nonzero(drawn, as_tuple=True)
        right = labels[batch, place]
        made = self.unet.head(features[batch, place])
        every = functional.cross_entropy(made[:, : len(ELEMENTS)], right, reduction="none")
        some = right > 0
        missed = functional.smooth_l1_loss(
            made[some, len(ELEMENTS) :], offsets[batch, place][some], beta=0.1
        )
        elements = every[some].mean() + every[~some].mean() if bool(some.any()) else every.mean()
        return elements + self.weight_of_offsets * missed.nan_to_num(0.0)


def class_of(numbers: Tensor) -> Tensor:
    """(…) the class of each atomic number; one that is not in `ELEMENTS` gets the nearest."""
    distance = (numbers[..., None] - numbers.new_tensor(ELEMENTS[1:])).abs()
    return torch.where(numbers > 0, 1 + distance.argmin(-1), 0)


def _given(inputs: MapInputs) -> tuple[Tensor, bool]:
    """The input channels, and whether the map is periodic."""
    if inputs.lattices is None:
        raise ValueError("this network must know the lattice")
    with torch.autocast(inputs.density.device.type, enabled=False):
        maps = channels(inputs.density.float(), inputs.lattices.float())
    return maps, True
