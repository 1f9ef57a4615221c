"""Fourier transforms of short grids and kernels as matrices of cosines and sines.

A matrix may have fewer input points than its period: where zeros pad a grid, for a kernel of few
points, or where each point of a grid is repeated. The matrix leaves out the zeros and repeated
points, so that they need not be stored. Rows and columns are numbered as follows: a real axis by
point; a complex axis by (part, point) on the grid side and by (frequency, part) on the spectrum
side, where part means real or imaginary.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Shape = tuple[int, int, int]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Geometry:
    """The grid of a convolution, its boundary (periodic or zeros), and the kernel's size.

    Attributes
    ----------
    shape : (nu, nv, nw) of the output.
    periods : lengths of the transforms: `shape` where the grid is periodic, longer by at least
        the kernel's reach where zeros follow it.
    size : points of the kernel along each axis, odd.
    dilation : distance between neighbouring points of the kernel.
    repeat : factor of the nearest up-sampling of the input along each axis.
    """

    shape: Shape
    periods: Shape
    size: Shape
    dilation: int = 1
    repeat: int = 1


def circular(shape: Shape, size: Shape, dilation: int = 1) -> Geometry:
    """A periodic grid."""
    return Geometry(shape, shape, size, dilation)


def zero_padded(shape: Shape, size: Shape, dilation: int = 1, repeat: int = 1) -> Geometry:
    """A grid padded with zeros, as many as the kernel reaches; the padded grid is periodic."""
    nu, nv, nw = (n + dilation * (k // 2) for n, k in zip(shape, size, strict=True))
    return Geometry(shape, (nu, nv, nw), size, dilation, repeat)


class Matrices(NamedTuple):
    """One matrix for each axis; `kw` frequencies along the last."""

    u: Tensor
    v: Tensor
    w: Tensor
    kw: int

    @property
    def transposed(self) -> "Matrices":
        """The transposed matrices, for the backward pass."""
        return Matrices(self.u.T, self.v.T, self.w.T, self.kw)


class ConvolutionMatrices(NamedTuple):
    """All matrices of one geometry.

    Attributes
    ----------
    forward : grid → spectrum, e^{−iθ}.
    inverse : spectrum → grid (rows: grid points), e^{+iθ} / period; the missing half of axis u is
        included by Friedel's law.
    kernel : kernel → spectrum, e^{+iθ} about the kernel's middle, because a network's convolution
        is a correlation; rows of the last axis: (frequency, input part, output part).
    kernel_conjugate : the same with e^{−iθ}.
    kernel_alone : as `kernel`, with rows (frequency, part).
    """

    forward: Matrices
    inverse: Matrices
    kernel: Matrices
    kernel_conjugate: Matrices
    kernel_alone: Matrices


@lru_cache(maxsize=64)
def matrices(geometry: Geometry, device: torch.device, dtype: torch.dtype) -> ConvolutionMatrices:
    """The matrices of a geometry; computed once and cached."""
    periods, kw = geometry.periods, geometry.periods[2]
    half = periods[0] // 2 + 1
    # A term that is its own Friedel mate counts once, all others twice.
    mates = np.full(half, 2.0)
    mates[0] = 1.0
    if periods[0] % 2 == 0:
        mates[-1] = 1.0

    def kept(u: Array, v: Array, w: Array) -> Matrices:
        with torch.inference_mode(False):  # a training may use them after a prediction
            a, b, c = (torch.tensor(m, dtype=dtype, device=device) for m in (u, v, w))
        return Matrices(a, b, c, kw)

    points = [np.arange(n) for n in geometry.shape]
    u, v, w = (_wave(p, x, -1) for p, x in zip(periods, points, strict=True))
    grid = kept(
        (_of_real(u[:half]) * np.repeat(mates, 2)[:, None]).T / periods[0],
        _of_complex(v).T / periods[1],
        _of_complex(w).T / periods[2],
    )
    u, v, w = (_repeated(wave, geometry.repeat) for wave in (u, v, w))
    forward = kept(_of_real(u[:half]), _of_complex(v), _of_complex(w))

    taps = [geometry.dilation * (np.arange(k) - k // 2) for k in geometry.size]
    u, v, w = (_wave(p, x, +1) for p, x in zip(periods, taps, strict=True))
    kernel = kept(_of_real(u[:half]), _of_complex(v), _both_actions(w))
    alone = kept(_of_real(u[:half]), _of_complex(v), _of_complex(w))
    u, v, w = u.conj(), v.conj(), w.conj()
    conjugate = kept(_of_real(u[:half]), _of_complex(v), _both_actions(w))
    return ConvolutionMatrices(forward, grid, kernel, conjugate, alone)


def _wave(period: int, points: NDArray[np.int64], sign: int) -> NDArray[np.complex128]:
    """(period, n): exp(± 2πi k x / period)."""
    # Reduce modulo the period while still integer, so that the phase is exact at any distance.
    turns = np.outer(np.arange(period), points) % period / period
    wave: NDArray[np.complex128] = np.exp(sign * 2j * np.pi * turns)
    return wave


def _repeated(wave: NDArray[np.complex128], times: int) -> NDArray[np.complex128]:
    """(period, n) → (period, n / times): sum neighbouring points, which hold the same value."""
    summed: NDArray[np.complex128] = wave.reshape(len(wave), -1, times).sum(-1)
    return summed


def _of_real(wave: NDArray[np.complex128]) -> Array:
    """(2 K, n): rows (frequency, part)."""
    return np.stack((wave.real, wave.imag), 1).reshape(-1, wave.shape[1])


def _of_complex(wave: NDArray[np.complex128]) -> Array:
    """(2 K, 2 n): rows (frequency, part), columns (part, point)."""
    real = np.stack((wave.real, -wave.imag), 1)
    imaginary = np.stack((wave.imag, wave.real), 1)
    return np.stack((real, imaginary), 1).reshape(2 * len(wave), -1)


def _both_actions(wave: NDArray[np.complex128]) -> Array:
    """(4 K, 2 n): rows (frequency, input part, output part); see `spectral.py`."""
    parts = _of_complex(wave).reshape(len(wave), 2, -1)
    re, im = parts[:, 0], parts[:, 1]
    return np.stack((re, im, -im, re), 1).reshape(4 * len(wave), -1)
