"""Fourier transforms between structure factors and maps; sign conventions are only here.

F(h) = ∫ ρ(x) exp(+2πi h·x) dx and ρ(x) = (1/V) Σ F(h) exp(−2πi h·x). numpy's forward
transform carries exp(−2πi), so both directions conjugate, here and nowhere else.
"""

import gemmi
import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.errors import UserError


def map_from_coefficients(
    coefficients: Coefficients, shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Map over the whole cell, (nu, nv, nw), of coefficients in any space group.

    Equivalent reflections are filled in with their phase shifts, Friedel mates as
    complex conjugates. F(000) is zero unless given.
    """
    expanded = coefficients.expand_to_p1()
    return map_from_terms(expanded.hkl, expanded.f, coefficients.cell, shape)


def map_from_terms(
    hkl: NDArray[np.int32],
    f: ArrayLike,
    cell: gemmi.UnitCell,
    shape: tuple[int, int, int],
) -> NDArray[np.float32]:
    """ρ(x) = (1/V) Σ F(h) exp(−2πi h·x) over `hkl` (n, 3) and their Friedel mates.

    No symmetry is applied. A reflection may be given with its mate or without.
    """
    _refuse_coarse_grid(hkl, shape)
    f = np.asarray(f)
    nu, nv, nw = shape
    half = np.zeros((nu, nv, nw // 2 + 1), dtype=np.complex64)
    h, k, l = np.asarray(hkl).T  # noqa: E741
    # The half-spectrum holds l ≥ 0 only; the plane l = 0 holds both mates.
    upper = l >= 0
    half[h[upper], k[upper], l[upper]] = np.conj(f[upper])
    lower = l <= 0
    half[-h[lower], -k[lower], -l[lower]] = f[lower]
    half *= nu * nv * nw / cell.volume
    return np.asarray(scipy.fft.irfftn(half, shape, overwrite_x=True), dtype=np.float32)


def coefficients_from_map(
    grid: NDArray[np.float32], cell: gemmi.UnitCell, hkl: NDArray[np.int32]
) -> NDArray[np.complex64]:
    """F(h) = (V/N) Σ ρ(x) exp(2πi h·x) at `hkl` (n, 3) of a map over the whole cell."""
    shape = (int(grid.shape[0]), int(grid.shape[1]), int(grid.shape[2]))
    _refuse_coarse_grid(hkl, shape)
    half = scipy.fft.rfftn(np.asarray(grid, dtype=np.float32))
    h, k, l = np.asarray(hkl).T  # noqa: E741
    sign = np.where(l >= 0, 1, -1)
    f = half[sign * h, sign * k, sign * l]
    f = np.where(sign > 0, np.conj(f), f)
    return np.asarray(f * (cell.volume / grid.size), dtype=np.complex64)


def fourier_interpolate(
    grid: NDArray[np.float32], shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """The map on a grid of `shape`, at least as fine along each axis, by Fourier interpolation."""
    nu, nv, nw = grid.shape
    h, k = (np.fft.fftfreq(n, 1 / n).astype(int) for n in (nu, nv))
    half = np.zeros((shape[0], shape[1], shape[2] // 2 + 1), dtype=np.complex64)
    half[np.ix_(h, k, np.arange(nw // 2 + 1))] = scipy.fft.rfftn(grid)
    if nw % 2 == 0 and shape[2] > nw:
        half[:, :, nw // 2] /= 2  # a term on the Nyquist plane is the sum of both mates
    half *= np.prod(shape) / grid.size
    return np.asarray(scipy.fft.irfftn(half, shape, overwrite_x=True), dtype=np.float32)


def shift_grid(
    grid: NDArray[np.float32], shift_frac: tuple[float, float, float]
) -> NDArray[np.float32]:
    """The map shifted by `shift_frac` (3,), fractional, by changing the phases of its terms."""
    spectrum = scipy.fft.rfftn(grid)
    for axis, shift in enumerate(shift_frac):
        n = grid.shape[axis]
        frequency = np.fft.rfftfreq(n, 1 / n) if axis == 2 else np.fft.fftfreq(n, 1 / n)
        turn = np.exp(-2j * np.pi * frequency * shift).astype(np.complex64)
        spectrum *= turn.reshape([-1 if i == axis else 1 for i in range(3)])
    return np.asarray(scipy.fft.irfftn(spectrum, grid.shape), dtype=np.float32)


def _refuse_coarse_grid(hkl: NDArray[np.int32], shape: tuple[int, int, int]) -> None:
    if len(hkl) == 0:
        return
    largest = np.abs(hkl).max(axis=0)
    if np.any(2 * largest >= np.array(shape)):
        needed = " × ".join(str(2 * int(n) + 1) for n in largest)
        raise UserError(
            f"A grid of {' × '.join(map(str, shape))} points is too coarse for these "
            f"reflections, which need at least {needed}: choose a finer spacing."
        )
