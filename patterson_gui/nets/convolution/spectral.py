"""Convolutions that mix all channels, as products in reciprocal space.

The memory order of `reciprocal_space`, (Ku, Kv, Kw, 2, C, B), makes the mixing of the channels one
matrix product per frequency; nothing is transposed.
"""

import torch
from torch import Tensor

from patterson_gui.nets.convolution.fourier_matrices import Geometry, Matrices
from patterson_gui.nets.convolution.reciprocal_space import KernelForm, ReciprocalConvolution
from patterson_gui.nets.convolution.workspace import workspace


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve as `torch.nn.functional.conv3d` does, computed in reciprocal space.

    Parameters
    ----------
    x : (nu / repeat, nv / repeat, nw / repeat, C_in, B)
    weight : (C_out, C_in, *size)
    bias : (C_out,) or None

    Returns
    -------
    (nu, nv, nw, C_out, B)
    """
    y: Tensor = ReciprocalConvolution.apply(  # type: ignore[no-untyped-call]
        x, weight, bias, geometry, _FORM
    )
    return y


class _Kernel:
    """Kernels (C_out, C_in, *size) in reciprocal space, to be applied to spectra.

    At each frequency they are two matrices (2 C_out, C_in): [W_re; W_im] multiplies real parts,
    [−W_im; W_re] multiplies imaginary parts.
    """

    def __init__(self, weight: Tensor, m: Matrices) -> None:
        self.out, self.into, *self.size = weight.shape
        self.m = m
        taps = weight.permute(2, 3, 4, 0, 1).reshape(self.size[0], -1)
        self.planes = torch.mm(m.u, taps).view(m.u.shape[0] // 2, 2 * self.size[1], -1)

    def mix(self, planes: slice, part: Tensor) -> Tensor:
        """(S, Kv, Kw, 2, C_in, B) → (S, Kv, Kw, 2, C_out, B)."""
        n, kv, kw, _, into, batch = part.shape
        m, pairs = self.m, self.out * self.into
        rows = workspace("kernel rows", (n, 2 * kv, self.size[2] * pairs), part)
        torch.bmm(m.v.expand(n, -1, -1), self.planes[planes], out=rows)
        blocks = workspace("kernel", (n * kv, 4 * kw, pairs), part)
        torch.bmm(m.w.expand(n * kv, -1, -1), rows.view(n * kv, -1, pairs), out=blocks)
        blocks = blocks.view(-1, 2, 2 * self.out, into)
        parts = part.view(-1, 2, into, batch)
        mixed = workspace("mixed", (n * kv * kw, 2 * self.out, batch), part)
        torch.bmm(blocks[:, 0], parts[:, 0], out=mixed)
        mixed.baddbmm_(blocks[:, 1], parts[:, 1])
        return mixed.view(n, kv, kw, 2, self.out, batch)


class _KernelGradient:
    """Sums products over the batch and transforms them back at the points of the kernel only."""

    def __init__(self, weight: Tensor, m: Matrices) -> None:
        self.out, self.into, *self.size = weight.shape
        self.back = m.transposed
        by_part = self.back.w.reshape(-1, m.kw, 2, 2)  # (points, kw, input part, output part)
        self.by_part = [by_part[:, :, part].reshape(-1, 2 * m.kw) for part in range(2)]
        shape = (m.u.shape[0] // 2, 2 * self.size[1], self.size[2] * self.out * self.into)
        self.planes = weight.new_empty(shape)

    def add(self, planes: slice, gradient: Tensor, spectrum: Tensor) -> None:
        """Add the products of (S, Kv, Kw, 2, C_out, B) and (S, Kv, Kw, 2, C_in, B)."""
        n, kv, kw, _, out, batch = gradient.shape
        pairs = out * self.into
        made = gradient.view(-1, 2 * out, batch)
        acted = spectrum.view(-1, 2, self.into, batch).transpose(2, 3)
        products = workspace("kernel", (n * kv * kw, 2 * out, self.into), gradient)
        rows = workspace("kernel rows", (n * kv, 2 * self.size[2], pairs), gradient)
        for part in range(2):
            torch.bmm(made, acted[:, part], out=products)
            matrix = self.by_part[part].expand(n * kv, -1, -1)
            rows.baddbmm_(matrix, products.view(n * kv, 2 * kw, pairs), beta=part)
        torch.bmm(self.back.v.expand(n, -1, -1), rows.view(n, 2 * kv, -1), out=self.planes[planes])

    def weight(self) -> Tensor:
        """(C_out, C_in, *size)."""
        taps = torch.mm(self.back.u, self.planes.view(self.back.u.shape[1], -1))
        return taps.view(*self.size, self.out, self.into).permute(3, 4, 0, 1, 2).contiguous()


_FORM = KernelForm(
    kernel=lambda weight, m: _Kernel(weight, m.kernel),
    transposed=lambda weight, m: _Kernel(weight.transpose(0, 1), m.kernel_conjugate),
    gradient=lambda weight, m: _KernelGradient(weight, m.kernel),
    batch_axis=-1,
)
