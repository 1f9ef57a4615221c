"""Absolute scale, overall B and normalised amplitudes of merged intensities (Wilson, 1942)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.contents import ORGANIC_VOLUME_PER_ATOM, Contents
from patterson_gui.crystal.measured.intensities import MergedIntensities, Radiation
from patterson_gui.crystal.reciprocal.scattering_factors import scattering_factor
from patterson_gui.crystal.reciprocal.wilson import expected_intensity
from patterson_gui.errors import UserError

# Atoms for each non-hydrogen atom of an average organic crystal.
_ORGANIC = {"C": 0.8, "N": 0.08, "O": 0.12, "H": 1.1}
_PER_SHELL = 60
_MOST_SHELLS = 20
_MOST_CORRECTION = 10.0  # by which a shell may differ from the Wilson line
_COARSEST = 4.0  # Å; bonded atoms do not scatter independently at lower resolution


@dataclass(frozen=True)
class WilsonScale:
    """Absolute scale and overall displacement parameter.

    Attributes
    ----------
    scale : I on absolute scale (e² for X-rays) = scale × I as measured.
    b : Å², in ⟨I⟩ = ε Σf² exp(−2 B s²) / scale, s² = 1/(4d²).
    """

    scale: float
    b: float


def atoms_in_cell(contents: Contents | None, volume: float) -> dict[str, float]:
    """Numbers of atoms in the cell, as stated or, without counts, of an average organic crystal
    with 18 Å³ for each atom that is not hydrogen."""
    if contents is not None and contents.counts:
        return dict(contents.counts)
    atoms = volume / ORGANIC_VOLUME_PER_ATOM
    return {element: share * atoms for element, share in _ORGANIC.items()}


def scattering_power(
    atoms: dict[str, float], radiation: Radiation, s2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) Σ f² over the atoms of the cell at s² = 1/(4d²), Å⁻²."""
    total = np.zeros(len(s2))
    for element, number in atoms.items():
        total += number * scattering_factor(element, radiation, s2) ** 2
    return total


def wilson_scale(merged: MergedIntensities, contents: Contents | None = None) -> WilsonScale:
    """Scale and B by a straight line through ln(⟨I/ε⟩/Σf²) against s² = 1/(4d²).

    Shells hold about 60 reflections each. Those coarser than 4 Å are left out where enough
    remain. Each shell weighs as the inverse variance of its logarithm, by the scatter of I in it.

    Raises
    ------
    UserError : there are fewer than three reflections, or no shell has a positive mean.
    """
    if len(merged) < 3:
        raise UserError("Too few reflections for an absolute scale: at least three are needed.")
    s2 = merged.d**-2.0 / 4.0
    fine = merged.d < _COARSEST
    rows = np.flatnonzero(fine) if np.count_nonzero(fine) >= 2 * _PER_SHELL else np.arange(len(s2))
    rows = rows[np.argsort(s2[rows], kind="stable")]
    power = scattering_power(atoms_in_cell(contents, merged.cell.volume), merged.radiation, s2)
    ratio = merged.value / (_epsilon(merged) * power)
    x, y, w = [], [], []
    for shell in np.array_split(rows, int(np.clip(len(rows) // _PER_SHELL, 2, _MOST_SHELLS))):
        mean = float(ratio[shell].mean())
        error = float(ratio[shell].std()) / math.sqrt(len(shell))
        if mean > 0:
            x.append(float(s2[shell].mean()))
            y.append(math.log(mean))
            w.append(mean / max(error, 0.05 * mean))
    if not x:
        raise UserError("No resolution shell has a positive mean intensity: check the data.")
    if len(x) == 1 or np.ptp(x) == 0:
        return WilsonScale(math.exp(-float(np.average(y))), 0.0)
    slope, intercept = np.polyfit(x, y, 1, w=w)
    return WilsonScale(math.exp(-float(intercept)), float(-slope / 2.0))


def normalised_intensities(
    merged: MergedIntensities, contents: Contents | None = None
) -> NDArray[np.float64]:
    """(n,) E² = I/⟨I⟩ with ⟨I⟩ = ε Σf² exp(−2Bs²) times a smooth correction; may be negative.

    The correction follows the means of shells of 60 reflections, so that the mean of E² is one
    at every resolution. The Wilson line below it makes E² usable for small sets too. ⟨I⟩ is at
    least the mean σ of the shell: without that, noise beyond the limit of the crystal would give
    the largest E.
    """
    if len(merged) == 0:
        return np.zeros(0)
    epsilon = _epsilon(merged)
    s2 = merged.d**-2.0 / 4.0
    wilson = _wilson_or_none(merged, contents)
    b = 0.0 if wilson is None else wilson.b
    power = scattering_power(atoms_in_cell(contents, merged.cell.volume), merged.radiation, s2)
    line = power * np.exp(-2.0 * b * s2)
    ratio = merged.value / line
    correction = expected_intensity(ratio, merged.d, epsilon)
    if wilson is not None:
        line_mean = 1.0 / wilson.scale
        correction = np.clip(correction, line_mean / _MOST_CORRECTION, line_mean * _MOST_CORRECTION)
    noise = expected_intensity(merged.sigma, merged.d, np.ones(len(merged)))
    squares = merged.value / np.maximum(epsilon * line * correction, noise)
    mean = float(squares.mean())
    return np.asarray(squares / mean if mean > 0 else squares)


def _wilson_or_none(merged: MergedIntensities, contents: Contents | None) -> WilsonScale | None:
    try:
        return wilson_scale(merged, contents)
    except UserError:
        return None


def normalise(merged: MergedIntensities, contents: Contents | None = None) -> NDArray[np.float64]:
    """(n,) |E| of merged intensities, zero where the intensity is negative."""
    return np.asarray(np.sqrt(np.maximum(normalised_intensities(merged, contents), 0.0)))


def _epsilon(merged: MergedIntensities) -> NDArray[np.float64]:
    factors = merged.spacegroup.operations().epsilon_factor_array(merged.hkl)
    return np.asarray(factors, dtype=np.float64)
