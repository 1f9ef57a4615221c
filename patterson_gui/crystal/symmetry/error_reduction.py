"""R of a density of P1 after cycles of error reduction: what imposing a symmetry has cost."""

import gemmi
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from patterson_gui.crystal.cells import smooth_multiple
from patterson_gui.crystal.reciprocal.equivalents import to_hemisphere

CYCLES = 12
_THRESHOLD = 1.0  # density below this many rms is set to zero
MOST_REFLECTIONS = 8000


class ErrorReduction:
    """Cycles of low-density elimination against one set of amplitudes.

    A cycle sets the density to zero where it is below its rms, and combines the phases of the
    result with the given amplitudes (Shiono & Woolfson, Acta Cryst. A48, 451, 1992). Symmetry is
    not imposed in the cycles: the density may move away from a wrong one.
    """

    def __init__(
        self, hkl: NDArray[np.int32], amplitude: NDArray[np.float64], cell: gemmi.UnitCell
    ) -> None:
        """Take reflections of P1, one of each Friedel pair (n, 3), and their amplitudes (n,).

        Beyond `MOST_REFLECTIONS` those of the highest resolution are left out.
        """
        d = np.asarray(cell.calculate_d_array(hkl), dtype=np.float64)
        self.used = np.sort(np.argsort(-d, kind="stable")[:MOST_REFLECTIONS])
        half, self._flipped = to_hemisphere(hkl[self.used])
        self._amplitude = amplitude[self.used]
        limit = np.abs(half).max(axis=0)
        self._shape = tuple(smooth_multiple(int(2.3 * i) + 2, 2) for i in limit)
        shape = np.array(self._shape)
        # With l = 0 both mates stand in the half-spectrum of a real transform.
        mates = half[:, 2] == 0
        every = np.concatenate([half, -half[mates]]) % shape
        self._index = (every[:, 0] * shape[1] + every[:, 1]) * (shape[2] // 2 + 1) + every[:, 2]
        self._mates = mates

    def r_after(self, f: NDArray[np.complex128], cycles: int = CYCLES) -> float:
        """R = Σ ||Fo| − k |F|| / Σ |Fo| after the cycles, from the phases of f (n,)."""
        phase = _phase(f[self.used])
        phase = np.where(self._flipped, np.conj(phase), phase)
        r = float("nan")
        for _ in range(cycles):
            density = self._density(self._amplitude * phase)
            density[density < _THRESHOLD * float(density.std())] = 0.0
            f_new = self._coefficients(density)
            size = np.abs(f_new)
            scale = float((size * self._amplitude).sum() / max(float((size**2).sum()), 1e-300))
            r = float(np.abs(self._amplitude - scale * size).sum() / self._amplitude.sum())
            phase = _phase(f_new)
        return r

    def _density(self, f: NDArray[np.complex128]) -> NDArray[np.float32]:
        shape = self._shape
        half = np.zeros(shape[0] * shape[1] * (shape[2] // 2 + 1), dtype=np.complex64)
        # ρ(x) = Σ F exp(−2πi h·x), while the transform has the other sign.
        half[self._index] = np.concatenate([np.conj(f), f[self._mates]])
        spectrum = half.reshape(shape[0], shape[1], shape[2] // 2 + 1)
        return np.asarray(scipy.fft.irfftn(spectrum, s=shape, norm="forward"), dtype=np.float32)

    def _coefficients(self, density: NDArray[np.float32]) -> NDArray[np.complex128]:
        half = scipy.fft.rfftn(density, norm="forward").ravel()
        return np.asarray(np.conj(half[self._index[: len(self._amplitude)]]), dtype=np.complex128)


def _phase(f: NDArray[np.complex128]) -> NDArray[np.complex128]:
    size = np.abs(f)
    return np.where(size > 0, f / np.maximum(size, 1e-300), 1.0 + 0j)
