"""R of a density of P1 on which a symmetry is imposed, after some cycles of error reduction."""

import gemmi
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from patterson_gui.crystal.cells import smooth_multiple
from patterson_gui.crystal.symmetry.average import P1Reflections
from patterson_gui.crystal.symmetry.operations import GroupOperations

CYCLES = 4
_THRESHOLD = 1.0  # density below this many rms is set to zero
MOST_REFLECTIONS = 6000


class ErrorReduction:
    """Cycles of low-density elimination against measured moduli, with and without symmetry.

    A cycle sets the density to zero where it is below its rms, averages the structure factors of
    the result over the operations of a group, and combines their phases with the measured moduli
    (Shiono & Woolfson, Acta Cryst. A48, 451, 1992). A wrong symmetry lays images of the structure
    over one another, which cannot explain the moduli: R is higher than without.
    """

    def __init__(
        self, hkl: NDArray[np.int32], f: NDArray[np.complex128], cell: gemmi.UnitCell
    ) -> None:
        """Take structure factors of P1 with measured moduli: (n, 3) in the hemisphere of
        `P1Reflections`, (n,). Beyond `MOST_REFLECTIONS` those of the highest resolution are left
        out."""
        d = np.asarray(cell.calculate_d_array(hkl), dtype=np.float64)
        used = np.sort(np.argsort(-d, kind="stable")[:MOST_REFLECTIONS])
        hkl, self._f = hkl[used], f[used]
        self._modulus = np.abs(self._f)
        self._reflections = P1Reflections(hkl)
        limit = np.abs(hkl).max(axis=0)
        self._shape = tuple(smooth_multiple(int(2.3 * i) + 2, 2) for i in limit)
        shape = np.array(self._shape)
        # With l = 0 both mates stand in the half-spectrum of a real transform.
        self._mates = hkl[:, 2] == 0
        every = np.concatenate([hkl, -hkl[self._mates]]) % shape
        self._index = (every[:, 0] * shape[1] + every[:, 1]) * (shape[2] // 2 + 1) + every[:, 2]
        self.r_p1 = self._r(_phase(self._f), None)

    def r_ratio(self, group: GroupOperations, shift: NDArray[np.float64]) -> float:
        """R with the operations of a group imposed in each cycle over R of P1 without.

        Parameters
        ----------
        shift : (3,) fractional; x_group = x_P1 + shift.
        """
        if len(group) == 1:
            return 1.0
        moved = self._reflections.moved(self._f, shift)
        symmetric = _phase(self._reflections.symmetrised(moved, group))
        return self._r(symmetric, group) / max(self.r_p1, 1e-9)

    def _r(self, phase: NDArray[np.complex128], group: GroupOperations | None) -> float:
        """R = Σ ||Fo| − k |F|| / Σ |Fo| after the cycles."""
        r = float("nan")
        for _ in range(CYCLES):
            density = self._density(self._modulus * phase)
            density[density < _THRESHOLD * float(density.std())] = 0.0
            f = self._coefficients(density)
            size = np.abs(f)
            scale = float((size * self._modulus).sum() / max(float((size**2).sum()), 1e-300))
            r = float(np.abs(self._modulus - scale * size).sum() / self._modulus.sum())
            phase = _phase(f if group is None else self._reflections.symmetrised(f, group))
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
        return np.asarray(np.conj(half[self._index[: len(self._f)]]), dtype=np.complex128)


def _phase(f: NDArray[np.complex128]) -> NDArray[np.complex128]:
    size = np.abs(f)
    return np.where(size > 0, f / np.maximum(size, 1e-300), 1.0 + 0j)
