"""Absolute structure from Friedel differences, and the inversion of a model."""

from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.reciprocal.equivalents import packed

_FEWEST_PAIRS = 20
_OUTLIER = 6.0  # pairs that differ by so many σ from the fit are left out


@dataclass(frozen=True)
class Flack:
    """Share x of inverted domains with its standard uncertainty."""

    x: float
    sigma: float
    n_pairs: int


def flack_from_quotients(
    merged: MergedIntensities, calculated: NDArray[np.float64], goof: float = 1.0
) -> Flack | None:
    """x from the quotients (I⁺ − I⁻)/(I⁺ + I⁻) of Friedel pairs.

    Observed quotients are (1 − 2x) times those calculated with x = 0 (Parsons, Flack & Wagner,
    Acta Cryst. B69, 249, 2013). `calculated` (n,) are intensities of the model with x = 0.
    None where the space group is centrosymmetric, the mates are merged or there are too few
    pairs.
    """
    if merged.friedel_merged:
        return None
    plus, minus = _pairs(merged.hkl)
    total = merged.value[plus] + merged.value[minus]
    # σ of a quotient grows without limit for weak pairs; these say nothing.
    strong = total > 2 * np.hypot(merged.sigma[plus], merged.sigma[minus])
    plus, minus, total = plus[strong], minus[strong], total[strong]
    if len(plus) < _FEWEST_PAIRS:
        return None
    measured = (merged.value[plus] - merged.value[minus]) / total
    model = (calculated[plus] - calculated[minus]) / (calculated[plus] + calculated[minus])
    sigma = 2 * np.hypot(
        merged.value[minus] * merged.sigma[plus], merged.value[plus] * merged.sigma[minus]
    )
    sigma = np.maximum(sigma / total**2, 1e-9)
    keep = np.ones(len(plus), dtype=bool)
    for _ in range(3):
        weight = keep / sigma**2
        information = float((weight * model**2).sum())
        if information <= 0:
            return None
        slope = float((weight * measured * model).sum()) / information
        residual = (measured - slope * model) / sigma
        spread = max(1.0, float(np.sqrt((residual[keep] ** 2).mean())))
        keep = np.abs(residual) < _OUTLIER * spread
    return Flack((1 - slope) / 2, 0.5 * max(spread, goof) / float(np.sqrt(information)), len(plus))


def flack_from_intensities(
    merged: MergedIntensities,
    calculated: NDArray[np.float64],
    weight: NDArray[np.float64],
    by_x: NDArray[np.float64],
    goof: float = 1.0,
) -> Flack | None:
    """x from single intensities, where there are no Friedel pairs: a fit of x and the scale to
    the residuals (Flack, Acta Cryst. A39, 876, 1983), other parameters fixed.

    `calculated` and its derivative `by_x` (n,) on the scale of the measurement, at x = 0;
    `weight` (n,) of the refinement. With x of about ½ the data are means of Friedel mates.
    """
    root = np.sqrt(weight)
    design = np.column_stack([calculated, by_x]) * root[:, None]
    norms = np.linalg.norm(design, axis=0)
    if not norms.all():
        return None
    design /= norms
    solution, *_ = np.linalg.lstsq(design, (merged.value - calculated) * root, rcond=None)
    sigma = goof * np.sqrt(np.linalg.pinv(design.T @ design)[1, 1])
    return Flack(float(solution[1] / norms[1]), float(sigma / norms[1]), 0)


def _pairs(hkl: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of reflections and of their inverses, each pair once."""
    keys, inverse = packed(hkl), packed(-hkl)
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys[order], inverse), len(keys) - 1)
    mate = order[place]
    found = (keys[mate] == inverse) & (mate > np.arange(len(keys)))
    return np.flatnonzero(found), mate[found]


def invert(
    model: AsymmetricUnit, spacegroup: gemmi.SpaceGroup
) -> tuple[AsymmetricUnit, gemmi.SpaceGroup]:
    """The mirror image of a model, in the enantiomorphic space group where there is one.

    Positions become −x, in a few groups (Fdd2, I4₁, I4₁md, ...) about another point than the
    origin.
    """
    change = spacegroup.change_of_hand_op()
    rotation = np.array(change.rot, dtype=np.float64) / gemmi.Op.DEN
    translation = np.array(change.tran, dtype=np.float64) / gemmi.Op.DEN
    operations = spacegroup.operations()
    operations.change_basis_forward(change)
    other = gemmi.find_spacegroup_by_ops(operations)
    frac = model.frac @ rotation.T + translation
    return replace(model, frac=frac), other if other is not None else spacegroup
