"""Isomorphous differences: a derivative scaled to its native."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.differences.derivative import ScaledDerivative
from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs
from patterson_gui.crystal.differences.isomorphism import (
    cell_note,
    isomorphism_warnings,
    refuse_different_crystals,
)
from patterson_gui.crystal.differences.outliers import without_outliers
from patterson_gui.crystal.differences.scaling import local_factors, relative_scale
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError


def scaled_derivative(native: FriedelPairs, derivative: FriedelPairs) -> ScaledDerivative:
    """The amplitudes of a derivative on the scale of its native, one row for each reflection of
    either.

    A scale and a B make the mean squares equal at every resolution (`scaling.relative_scale`),
    then local factors (`scaling.local_factors`). σ are scaled alike.

    Raises
    ------
    UserError : the data sets have different space groups or cells, or too few reflections in
        common.
    """
    names = (native.label or "the native", derivative.label or "the derivative")
    refuse_different_crystals(
        native.cell, native.spacegroup, derivative.cell, derivative.spacegroup, names
    )
    place, found = equivalents.match(native.hkl, derivative.hkl)
    if not found.any():
        raise UserError(
            f"{names[0]} and {names[1]} have no reflections in common: choose two data sets of one "
            "crystal form."
        )
    common = place[found]
    reference, other, d = native.mean[common], derivative.mean[found], native.d[common]
    scale = relative_scale(reference, other, d)
    spacings = np.asarray(native.cell.calculate_d_array(derivative.hkl), dtype=np.float64)
    factor = scale.factors(spacings)
    factor = factor * local_factors(
        reference,
        factor[found] * other,
        derivative.hkl[found],
        derivative.hkl,
        native.cell,
        native.spacegroup,
    )
    hkl = np.concatenate([native.hkl, derivative.hkl[~found]])
    row = np.where(found, place, len(native) + np.cumsum(~found) - 1)

    def of_derivative(values: NDArray[np.float64]) -> NDArray[np.float64]:
        every = np.full(len(hkl), np.nan)
        every[row] = factor * values
        return every

    def of_native(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([values, np.full(len(hkl) - len(native), np.nan)])

    notes = [
        *native.notes,
        *(note for note in derivative.notes if note not in native.notes),
        cell_note(native.cell, derivative.cell),
        f"The amplitudes of the derivative were multiplied by {scale.scale:.4g} · "
        f"exp({-scale.b:+.2f} Å² s²), s² = 1/(4d²), and by local factors.",
    ]
    result = ScaledDerivative(
        hkl,
        of_native(native.mean),
        of_native(native.mean_sigma),
        of_derivative(derivative.plus),
        of_derivative(derivative.plus_sigma),
        of_derivative(derivative.minus),
        of_derivative(derivative.minus_sigma),
        of_derivative(derivative.mean),
        of_derivative(derivative.mean_sigma),
        scale.scale,
        scale.b,
        native.cell,
        native.spacegroup,
        f"{names[1]} − {names[0]}",
    )
    warnings = isomorphism_warnings(native, derivative, r_iso(result))
    return replace(result, notes=(*warnings, *filter(None, notes)), warnings=warnings)


def isomorphous_differences(scaled: ScaledDerivative) -> Differences:
    """k F(derivative) − F(native) of the reflections that both have.

    Those of a probability below 10⁻⁶ are left out (`outliers.impossible_differences`).
    """
    value = scaled.mean - scaled.native
    used = np.isfinite(value)
    found = Differences(
        "isomorphous",
        scaled.hkl[used],
        value[used],
        np.hypot(scaled.mean_sigma, scaled.native_sigma)[used],
        scaled.cell,
        scaled.spacegroup,
        scaled.label,
        scaled.notes,
    )
    return without_outliers(found)


def r_iso(scaled: ScaledDerivative) -> float:
    """Σ|k F(derivative) − F(native)| / ΣF(native) over the reflections that both have."""
    both = np.isfinite(scaled.mean) & np.isfinite(scaled.native)
    native, other = scaled.native[both], scaled.mean[both]
    return float(np.abs(other - native).sum() / native.sum())
