"""Compare and superimpose sets of P1 phases, which differ by origin and hand."""

import numpy as np
from numpy.typing import NDArray


def superimpose(
    hkl: NDArray[np.int32],
    moving: NDArray[np.complex128],
    fixed: NDArray[np.complex128],
) -> tuple[NDArray[np.complex128], float]:
    """Move F (n,) in origin and hand so that its density fits that of `fixed` (n,) best.

    The correlation over all shifts t, Re Σ F₁(h) F₂*(h) exp(−2πi h·t), is one FFT; its highest
    point is then refined by Newton's method. Both hands are tried.

    Returns
    -------
    moved : (n,) `moving` at the origin and in the hand of `fixed`.
    correlation : 0..1, Σ Re(moved · fixed*) / √(Σ|moved|² Σ|fixed|²).
    """
    reach = np.abs(hkl).max(axis=0)
    shape = tuple(int(3 * m + 2) for m in reach)
    norm = float(np.sqrt((np.abs(moving) ** 2).sum() * (np.abs(fixed) ** 2).sum()))
    best: tuple[float, NDArray[np.complex128]] = (-np.inf, moving)
    for candidate in (moving, moving.conj()):
        terms = fixed * candidate.conj()
        grid = np.zeros(shape, dtype=np.complex128)
        np.add.at(grid, tuple((hkl % shape).T), terms)
        # The mates −h add the conjugate, so the real part of one hemisphere is enough.
        correlation = np.fft.fftn(grid).real
        at = np.unravel_index(int(correlation.argmax()), shape)
        shift = _refined(hkl, terms, np.array(at) / shape)
        moved = candidate * np.exp(2j * np.pi * (hkl @ shift))
        value = float((moved * fixed.conj()).real.sum())
        if value > best[0]:
            best = (value, moved)
    return best[1], best[0] / norm if norm > 0 else 0.0


def _refined(
    hkl: NDArray[np.int32], terms: NDArray[np.complex128], shift: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The maximum of Re Σ terms exp(−2πi h·t) near `shift`."""
    h = 2 * np.pi * hkl.astype(np.float64)
    for _ in range(4):
        wave = terms * np.exp(-1j * (h @ shift))
        gradient = h.T @ wave.imag
        curvature = -(h * wave.real[:, None]).T @ h
        try:
            step = -np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError:
            break
        if np.abs(step).max() > 0.1:
            break
        shift = shift + step
    return shift
