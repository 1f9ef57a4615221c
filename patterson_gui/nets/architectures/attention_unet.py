"""A small attention U-Net that classifies each grid point by element.

The architecture is that of Oktay et al. (2018), as used by Hoffmann et al. (2019), with a hundredth
of their weights. It can be smaller because its input maps are sharpened, so that atoms are already
separate peaks. The same weights work on periodic maps and on boxes cut out of a larger map.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_FEWEST = 0.02  # least fraction of a map's points that enter the loss as empty


class _PeriodicPadding(torch.autograd.Function):
    """Pad a map periodically by one point on each side.

    torch's circular padding takes three times as long as the convolution that follows it.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        batch, channels, *sides = x.shape
        size = (batch, channels, *(n + 2 for n in sides))
        out = torch.empty(
            size, dtype=x.dtype, device=x.device, memory_format=torch.channels_last_3d
        )
        out[:, :, 1:-1, 1:-1, 1:-1] = x
        # One axis after the other: the later axes copy the padding of the earlier ones, which
        # fills edges and corners.
        for axis in (4, 3, 2):
            n = out.shape[axis]
            out.select(axis, 0).copy_(out.select(axis, n - 2))
            out.select(axis, n - 1).copy_(out.select(axis, 1))
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        whole = gradients[0].clone(memory_format=torch.channels_last_3d)
        for axis in (2, 3, 4):
            n = whole.shape[axis]
            whole.select(axis, n - 2).add_(whole.select(axis, 0))
            whole.select(axis, 1).add_(whole.select(axis, n - 1))
        return whole[:, :, 1:-1, 1:-1, 1:-1]


def pad_by_one_point(x: Tensor) -> Tensor:
    """Pad a periodic map (B, C, nu, nv, nw) by one point on each side: (B, C, nu + 2, …)."""
    padded: Tensor = _PeriodicPadding.apply(x)  # type: ignore[no-untyped-call]
    return padded


class _Convolution(nn.Module):
    """A 3³ convolution, batch norm and ReLU; the convolution is circular for periodic maps."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(given, made, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm3d(made)

    def forward(self, x: Tensor, periodic: bool) -> Tensor:
        x = functional.conv3d(pad_by_one_point(x), self.conv.weight) if periodic else self.conv(x)
        made: Tensor = self.norm(x)
        return made.relu_()


class _Double(nn.Module):
    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.first = _Convolution(given, made)
        self.second = _Convolution(made, made)

    def forward(self, x: Tensor, periodic: bool) -> Tensor:
        made: Tensor = self.second(self.first(x, periodic), periodic)
        return made


class _Gate(nn.Module):
    """Attention gate: weight each point of a skip connection by features of the coarser level."""

    def __init__(self, coarse: int, fine: int, within: int) -> None:
        super().__init__()
        self.of_coarse = nn.Conv3d(coarse, within, 1)
        self.of_fine = nn.Conv3d(fine, within, 1, bias=False)
        self.open = nn.Conv3d(within, 1, 1)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        passed = torch.sigmoid(self.open((self.of_coarse(coarse) + self.of_fine(fine)).relu()))
        return fine * passed


class Head(nn.Module):
    """Logits of classes that are ordered like atomic numbers.

    Neighbouring elements have similar densities. The head therefore predicts a number and its
    uncertainty, which give logits to all classes, and adds a learnt correction for each class.
    """

    def __init__(self, given: int, classes: int) -> None:
        super().__init__()
        self.apart = nn.Linear(given, classes)
        self.guess = nn.Linear(given, 2)
        nn.init.normal_(self.guess.weight, std=0.02)
        nn.init.zeros_(self.guess.bias)
        self.register_buffer("classes", torch.arange(classes).float(), persistent=False)
        self.classes: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """(..., classes) from (..., given) features, in single precision."""
        guess = self.guess(features).float()
        middle, spread = (3.0 + guess[..., :1]).exp(), 0.3 + (2.0 + guess[..., 1:]).exp()
        near = -0.5 * ((self.classes - middle) / spread).square().clamp_max(1e4)
        near = near - spread.log()
        logits: Tensor = self.apart(features).float() + torch.where(self.classes > 0, near, 0.0)
        return logits


class AttentionUNet(nn.Module):
    """Logits of classes for each point of a map.

    Parameters
    ----------
    given : number of input channels.
    classes : number of classes; class 0 is empty.
    widths : channels of each level, the finest level first.
    strides : factor by which each level is coarser than the one before; every side of a map must
        be a multiple of their product.
    head : module that turns features (..., widths[0]) into logits (..., classes); None: `Head`.
    """

    def __init__(
        self,
        given: int,
        classes: int,
        widths: Sequence[int],
        strides: Sequence[int],
        head: nn.Module | None = None,
    ) -> None:
        super().__init__()
        if len(strides) != len(widths) - 1:
            raise ValueError("there is a stride between every two levels")
        self.strides = tuple(strides)
        self.down = nn.ModuleList(
            _Double(a, b) for a, b in zip([given, *widths[:-1]], widths, strict=True)
        )
        levels = list(pairwise(widths))
        self.gates = nn.ModuleList(_Gate(coarse, fine, fine // 2) for fine, coarse in levels)
        self.up = nn.ModuleList(_Double(fine + coarse, fine) for fine, coarse in levels)
        self.head = Head(widths[0], classes) if head is None else head
        for weight in self.parameters():
            if weight.dim() == 5:  # convolutions are several times faster with channels last
                weight.data = weight.data.contiguous(memory_format=torch.channels_last_3d)

    def forward(self, x: Tensor, periodic: bool = False) -> Tensor:
        """(B, classes, nu, nv, nw) from (B, given, nu, nv, nw)."""
        logits: Tensor = self.head(self.features(x, periodic).movedim(1, -1))
        return logits.movedim(-1, 1)

    def losses(self, x: Tensor, labels: Tensor, periodic: bool = False) -> Tensor:
        """(B,) mean cross-entropy of atom points plus mean cross-entropy of empty points.

        Most points are empty and similar, so only a random sample of them is used, about as many
        as there are points with atoms.

        Parameters
        ----------
        labels : (B, nu, nv, nw) true classes.
        """
        features = self.features(x, periodic).movedim(1, -1).flatten(1, 3)
        labels = labels.flatten(1)
        atom = labels > 0
        share = (atom.sum(1, keepdim=True) / labels.shape[1]).clamp(_FEWEST, 0.5)
        drawn = atom | (torch.rand(labels.shape, device=labels.device) < share)
        batch, place = torch.nonzero(drawn, as_tuple=True)
        right = labels[batch, place]
        every = functional.cross_entropy(self.head(features[batch, place]), right, reduction="none")
        which = 2 * batch + (right > 0)
        sums, n = every.new_zeros(2, 2 * len(labels))
        sums = sums.index_add(0, which, every)
        n = n.index_add(0, which, torch.ones_like(every))
        losses: Tensor = (sums / n.clamp_min(1)).reshape(-1, 2).sum(1)
        return losses

    def features(self, x: Tensor, periodic: bool = False) -> Tensor:
        """(B, widths[0], nu, nv, nw) the input of the head."""
        skipped = []
        for down, stride in zip(self.down, (*self.strides, 0), strict=True):
            x = down(x, periodic)
            if stride:
                skipped.append(x)
                x = functional.max_pool3d(x, stride)
        for level in range(len(skipped) - 1, -1, -1):
            fine = skipped[level]
            x = functional.interpolate(x, size=fine.shape[-3:], mode="nearest")
            x = torch.cat((self.gates[level](x, fine), x), 1)
            x = self.up[level](x, periodic)
        return x
