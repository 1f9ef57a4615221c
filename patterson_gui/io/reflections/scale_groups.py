"""Put groups of measurements, each on a scale of its own, on one scale."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.io.reflections.columns import Measurements

_FEWEST_COMMON = 20  # reflections in common that give a scale
_FEWEST = 100  # reflections of a group whose scale follows from mean intensities
_SHELLS = 10
_SIGNIFICANT = 4.0  # standard uncertainties
_SPAN = 4001  # more than the number of values that an index can have
_ONE_SCALE = 0.05  # by which the factors of groups on one scale may miss 1


def on_one_scale(
    data: Measurements,
    groups: NDArray[np.int64],
    cell: gemmi.UnitCell | None,
    differing: float = _ONE_SCALE,
) -> Measurements:
    """The measurements of all groups on the scale of the largest.

    A group has one factor of scale (mmCIF dictionary, `_refln.scale_group_code`). It follows from
    the reflections that the group has in common with those on the scale already, Friedel mates
    alike: k = Σ I₁/Σ I₂. Where these are fewer than 20, it is the ratio of the mean intensities
    in shells of resolution, which Wilson statistics expect to be equal for any two random parts of
    the data, with a variance of ⟨I⟩² (acentric) to 2⟨I⟩² (centric) for each reflection. A
    group that is too small for both is left out. A note says so. Values on one scale already, as
    files of several frames have them, are not changed.

    Parameters
    ----------
    groups : (n,) the number of the group of each value.
    cell : None: scales follow from reflections in common alone, and a group that has too few
        stays as it is.
    differing : by how much a factor must miss 1 for the groups to be on different scales.
    """
    measured = np.isfinite(data.value)
    numbers, counts = np.unique(groups[measured], return_counts=True)
    if len(numbers) < 2:
        return data
    intensity = np.where(measured, data.value, np.nan)
    if data.kind == "amplitude":
        intensity = intensity**2
    shell = None if cell is None else _shells(data.hkl, cell)
    factor = np.full(len(intensity), np.nan)
    order = numbers[np.argsort(-counts, kind="stable")]
    factor[groups == order[0]] = 1.0
    left_out, factors, by_common, uncertain = 0, [], 0, 0.0
    for number in order[1:]:
        group = groups == number
        known = measured & np.isfinite(factor)
        k = _by_common(data.hkl, intensity, factor, known, measured & group)
        by_common += k is not None
        if k is None and shell is not None:
            k = _by_means(shell, intensity * factor, intensity, known, measured & group)
            n, m = np.count_nonzero(known), np.count_nonzero(measured & group)
            uncertain = max(uncertain, float(np.sqrt(2 / n + 2 / m)))
        if k is None and shell is None:
            factor[group] = 1.0
            continue
        if k is None:
            left_out += int(np.count_nonzero(measured & group))
            continue
        factor[group] = k
        factors.append(k)
    if not left_out and all(abs(np.log(k)) < differing for k in factors):
        return data
    scale = np.sqrt(factor) if data.kind == "amplitude" else factor
    return data.scaled(scale, _note(len(order), factors, by_common, uncertain, left_out))


def _shells(hkl: NDArray[np.int32], cell: gemmi.UnitCell) -> NDArray[np.int64]:
    """(n,) shells of equal numbers of reflections by resolution."""
    s2 = cell.calculate_1_d2_array(np.ascontiguousarray(hkl, dtype=np.int32))
    edges = np.quantile(s2, np.linspace(0, 1, _SHELLS + 1)[1:-1])
    return np.searchsorted(edges, s2)


def _by_common(
    hkl: NDArray[np.int32],
    intensity: NDArray[np.float64],
    factor: NDArray[np.float64],
    known: NDArray[np.bool_],
    group: NDArray[np.bool_],
) -> float | None:
    h, k_index, l_index = hkl.T.astype(np.int64)
    key = np.abs((h * _SPAN + k_index) * _SPAN + l_index)  # h and −h alike
    of_known, place = np.unique(key[known], return_inverse=True)
    total = np.bincount(place, (intensity * factor)[known])
    mean = total / np.bincount(place)
    common = np.isin(key, of_known) & group
    if np.count_nonzero(common) < _FEWEST_COMMON:
        return None
    other = mean[np.searchsorted(of_known, key[common])]
    own = intensity[common]
    if own.sum() <= 0 or other.sum() <= 0:
        return None
    k = float(other.sum() / own.sum())
    uncertainty = float(np.sqrt(((k * own - other) ** 2).sum()) / other.sum())
    return k if abs(np.log(k)) > _SIGNIFICANT * uncertainty else 1.0


def _by_means(
    shell: NDArray[np.int64],
    scaled: NDArray[np.float64],
    intensity: NDArray[np.float64],
    known: NDArray[np.bool_],
    group: NDArray[np.bool_],
) -> float | None:
    if np.count_nonzero(group) < _FEWEST:
        return None
    ratios, weights = [], []
    for number in range(_SHELLS):
        one, other = known & (shell == number), group & (shell == number)
        n, m = np.count_nonzero(one), np.count_nonzero(other)
        if not n or not m:
            continue
        means = scaled[one].mean(), intensity[other].mean()
        if min(means) > 0:
            ratios.append(np.log(means[0] / means[1]))
            weights.append(n * m / (n + m))
    return float(np.exp(np.average(ratios, weights=weights))) if ratios else None


def _note(n: int, factors: list[float], by_common: int, uncertain: float, left_out: int) -> str:
    how = [
        "reflections in common" if by_common else "",
        f"mean intensities with a standard uncertainty of {uncertain:.0%}"
        if len(factors) > by_common
        else "",
    ]
    note = f"The list holds {n} groups of reflections on different scales"
    if factors:
        few = ", ".join(f"{k:.3g}" for k in factors[:6]) + (" …" if len(factors) > 6 else "")
        note += (
            f": they were put on the scale of the largest by {' and '.join(filter(None, how))} "
            f"(factors of the intensities {few})"
        )
    if left_out:
        note += f"; {left_out:,} reflections of groups too small to be scaled are left out"
    return note + "."
