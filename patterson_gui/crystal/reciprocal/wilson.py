"""Expected intensity against resolution, normalised amplitudes, absolute scale (Wilson, 1942)."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import form_factor
from patterson_gui.errors import UserError

_PER_SHELL = 60  # reflections in a shell; their mean is accurate to about an eighth
_MOST_SHELLS = 40


def expected_intensity(
    intensity: ArrayLike, d: NDArray[np.float64], epsilon: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) <I>/ε at each reflection: means over resolution shells, joined linearly in 1/d².

    Shells hold equal numbers of reflections. A shell without signal takes a small
    fraction of the strongest shell instead of a mean at or below zero.
    """
    values = np.asarray(intensity, dtype=np.float64) / epsilon
    if len(values) == 0:
        return np.zeros(0)
    s2 = d**-2.0
    n_shells = int(np.clip(len(values) // _PER_SHELL, 1, _MOST_SHELLS))
    shells = np.array_split(np.argsort(s2, kind="stable"), n_shells)
    centres = np.array([s2[shell].mean() for shell in shells])
    means = np.array([values[shell].mean() for shell in shells])
    floor = max(float(means.max()) * 1e-4, float(np.finfo(np.float32).tiny))
    return np.asarray(np.interp(s2, centres, np.maximum(means, floor)))


def normalised(amplitudes: Amplitudes) -> NDArray[np.float64]:
    """(n,) E values, |E|² = |F|²/(ε <|F|²/ε>), whose mean square is one in every shell."""
    intensity = amplitudes.f.astype(np.float64) ** 2
    mean = expected_intensity(intensity, amplitudes.d, amplitudes.epsilon)
    return np.asarray(np.sqrt(intensity / (amplitudes.epsilon * mean)))


def wilson_scale(amplitudes: Amplitudes, composition: Composition) -> tuple[float, float]:
    """Absolute scale and overall B by a Wilson plot.

    Returns
    -------
    scale : |F| in electrons = scale · |F| as given.
    B : Å², from ln(<|F|²>/(ε Σf²)) = −2 ln scale − 2B s², s² = 1/(4d²). Where the data
        allow, the line is fitted between 4.5 and 1.5 Å: coarser, bonded atoms do not
        scatter independently; finer, the atoms of lowest B prevail. The scale of fragments
        with one B comes out within 5 %, of proteins 5 to 20 % too large.
    """
    if composition.n_atoms == 0:
        raise UserError("The composition is empty: give the atoms in the cell.")
    used = amplitudes
    straight = (amplitudes.d < 4.5) & (amplitudes.d > 1.5)
    if straight.sum() >= 3 * _PER_SHELL:
        used = amplitudes.select(straight)
    if len(used) < 3:
        raise UserError("Too few reflections for an absolute scale: at least three are needed.")
    s2 = used.d**-2.0 / 4.0
    atoms = sum(n * form_factor(el, s2) ** 2 for el, n in composition.counts.items())
    ratio = used.f.astype(np.float64) ** 2 / used.epsilon
    n_shells = int(np.clip(len(used) // _PER_SHELL, 2, 20))
    order = np.argsort(s2, kind="stable")
    x, y, w = [], [], []
    for shell in np.array_split(order, n_shells):
        mean, expected = ratio[shell].mean(), np.asarray(atoms)[shell].mean()
        if mean > 0 and len(shell):
            x.append(float(s2[shell].mean()))
            y.append(math.log(mean / expected))
            w.append(math.sqrt(len(shell)))
    if not x:
        raise UserError("All amplitudes are zero: there is nothing to scale.")
    if len(x) == 1 or np.ptp(x) == 0:
        return math.exp(-float(np.average(y)) / 2.0), 0.0
    slope, intercept = np.polyfit(x, y, 1, w=w)
    return math.exp(-float(intercept) / 2.0), float(-slope / 2.0)
