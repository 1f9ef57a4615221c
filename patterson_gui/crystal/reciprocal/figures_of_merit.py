"""Figures of merit of phases by the method of Sim, Acta Cryst. 12 (1959) 813."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import i0e, i1e

from patterson_gui.crystal.reciprocal.scaling import best_scale

_PER_SHELL = 100
_MOST_SHELLS = 20


def sim_fom(fo: ArrayLike, fc: ArrayLike, d: ArrayLike) -> NDArray[np.float64]:
    """(n,) figure of merit <cos Δφ> = I₁(X)/I₀(X), X = 2|Fo||Fc|/Σ, of acentric phases.

    Parameters
    ----------
    fo, fc, d : (n,) measured and calculated amplitudes (any scale) and spacings, Å.

    Σ, the mean intensity that the calculated structure does not explain, is
    <| |Fo|² − |s Fc|² |> in shells of resolution with a scale s each.
    """
    observed = np.abs(np.asarray(fo, dtype=np.float64))
    calculated = np.abs(np.asarray(fc, dtype=np.float64))
    fom = np.zeros(len(observed))
    if len(observed) == 0:
        return fom
    order = np.argsort(-np.asarray(d, dtype=np.float64), kind="stable")
    n_shells = int(np.clip(len(order) // _PER_SHELL, 1, _MOST_SHELLS))
    for shell in np.array_split(order, n_shells):
        o, c = observed[shell], calculated[shell]
        c = c * best_scale(c, o)
        unexplained = float(np.abs(o**2 - c**2).mean())
        # Σ is 0 for a perfect match: keep the quotient finite.
        unexplained = max(unexplained, 1e-6 * float((o**2).mean()), np.finfo(np.float64).tiny)
        x = 2.0 * o * c / unexplained
        fom[shell] = i1e(x) / i0e(x)
    return fom
