"""Scales that a CIF states for its groups of reflections, such as the frames of a rotation series.

The core dictionary relates each group to the others by a factor in `_reflns_scale_meas_intensity`
(`_F`, `_F_squared`). Programs for dynamical refinement write one group for each frame, and put the
factor of the amplitudes where that of intensities belongs. Reflections that several groups hold
tell which it is.
"""

import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.reciprocal.equivalents import packed, to_hemisphere
from patterson_gui.io.formats.cif_blocks import column, numbers
from patterson_gui.io.reflections.columns import Measurements

_POWERS = (1.0, 2.0, 0.0)  # of the factor, that intensities may have been multiplied by
_FEWEST_SHARED = 20  # measurements of reflections in several groups, which the choice needs


def stated_factors(block: cif.Block, codes: NDArray[np.str_]) -> NDArray[np.float64] | None:
    """(n,) the factor of the group of each reflection; None where one is not stated, or all are
    alike."""
    names = column(block, "_reflns_scale", "group_code")
    for item in ("meas_intensity", "meas_F_squared", "meas_F"):
        stated = column(block, "_reflns_scale", item)
        if names is None or stated is None or len(names) != len(stated):
            continue
        factor = dict(zip(names, numbers(stated).tolist(), strict=True))
        found = np.array([factor.get(code, np.nan) for code in codes.tolist()])
        if len(found) and (found > 0).all() and np.ptp(found) > 0:
            return found
    return None


def on_stated_scale(data: Measurements, factor: NDArray[np.float64]) -> Measurements | None:
    """The measurements divided by that power of the factors (n,) of their groups by which
    reflections of several groups agree best, Friedel mates alike; None: too few are in several."""
    measured = np.isfinite(data.value)
    value = data.value[measured]
    intensity = value**2 if data.kind == "amplitude" else value
    half = to_hemisphere(data.hkl[measured])[0]
    _, group = np.unique(packed(half), return_inverse=True)
    count = np.bincount(group)
    several = count[group] > 1
    if np.count_nonzero(several) < _FEWEST_SHARED:
        return None
    relative = factor / np.median(factor[measured])

    def difference(power: float) -> float:
        scaled = intensity / relative[measured] ** power
        mean = np.bincount(group, weights=scaled) / count
        total = float(np.abs(scaled[several]).sum())
        return float(np.abs(scaled - mean[group])[several].sum()) / max(total, 1e-300)

    divisor = relative ** min(_POWERS, key=difference)
    if data.kind == "amplitude":
        divisor = np.sqrt(divisor)
    note = (
        f"The list holds {len(np.unique(factor))} groups of reflections on different scales: they "
        "were put on one scale by the factors that it states (_reflns_scale)."
    )
    return data.scaled(1.0 / divisor, note)
