"""Reflections that centrings, glide planes and screw axes would forbid: how strong they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities


@dataclass(frozen=True)
class AbsenceClass:
    """The measured reflections that one element of symmetry forbids.

    Attributes
    ----------
    name : "centring C", "a glide, h0l: h odd", "21 along b, 0k0: k odd".
    kind : "centring", "glide" or "screw".
    n : number of measurements, equivalents counted separately; 0 where the file has none.
    i_over_sigma : their mean I/σ; NaN where there are none.
    share : their mean intensity over that of the reflections of the same zone or row that are
        not forbidden; NaN where either is missing.
    n_allowed, allowed_i_over_sigma : the same of the reflections that are not forbidden.
    """

    name: str
    kind: str
    n: int
    i_over_sigma: float
    share: float
    n_allowed: int
    allowed_i_over_sigma: float


def absence_classes(intensities: Intensities) -> tuple[AbsenceClass, ...]:
    """Every centring, glide plane and screw axis along the axes and their diagonals."""
    h, k, l = (column.astype(np.int64) for column in intensities.hkl.T)  # noqa: E741
    everywhere = np.ones(len(h), dtype=bool)
    rows: list[tuple[str, str, NDArray[np.bool_], NDArray[np.bool_]]] = [
        ("centring A", "centring", everywhere, (k + l) % 2 != 0),
        ("centring B", "centring", everywhere, (h + l) % 2 != 0),
        ("centring C", "centring", everywhere, (h + k) % 2 != 0),
        ("centring I", "centring", everywhere, (h + k + l) % 2 != 0),
        ("centring F", "centring", everywhere, ((h + k) % 2 != 0) | ((k + l) % 2 != 0)),
        ("centring R (obverse)", "centring", everywhere, (-h + k + l) % 3 != 0),
        ("centring R (reverse)", "centring", everywhere, (h - k + l) % 3 != 0),
    ]
    zones = (
        ("0kl", h == 0, (("b", "k odd", k), ("c", "l odd", l)), "k + l odd", k + l),
        ("h0l", k == 0, (("a", "h odd", h), ("c", "l odd", l)), "h + l odd", h + l),
        ("hk0", l == 0, (("a", "h odd", h), ("b", "k odd", k)), "h + k odd", h + k),
    )
    for zone, inside, axial, odd, total in zones:
        for letter, rule, index in axial:
            rows.append((f"{letter} glide, {zone}: {rule}", "glide", inside, index % 2 != 0))
        rows.append((f"n glide, {zone}: {odd}", "glide", inside, total % 2 != 0))
        rule = odd.replace("odd", "not 4n")
        rows.append((f"d glide, {zone}: {rule}", "glide", inside, total % 4 != 0))
    diagonals = (
        ("hhl", h == k, l, "l", 2 * h + l, "2h + l"),
        ("hkk", k == l, h, "h", 2 * k + h, "2k + h"),
        ("hkh", h == l, k, "k", 2 * h + k, "2h + k"),
        ("h-hl", h == -k, l, "l", 2 * h + l, "2h + l"),
    )
    for zone, inside, index, letter, total, of_d in diagonals:
        rows.append((f"c glide, {zone}: {letter} odd", "glide", inside, index % 2 != 0))
        rows.append((f"d glide, {zone}: {of_d} not 4n", "glide", inside, total % 4 != 0))
    axes = (
        ("a", "h00", "h", h, (k == 0) & (l == 0)),
        ("b", "0k0", "k", k, (h == 0) & (l == 0)),
        ("c", "00l", "l", l, (h == 0) & (k == 0)),
    )
    for axis, row, letter, index, inside in axes:
        rows.append((f"21 along {axis}, {row}: {letter} odd", "screw", inside, index % 2 != 0))
        rows.append((f"41 along {axis}, {row}: {letter} not 4n", "screw", inside, index % 4 != 0))
    along_c = (h == 0) & (k == 0)
    rows.append(("31 along c, 00l: l not 3n", "screw", along_c, l % 3 != 0))
    rows.append(("61 along c, 00l: l not 6n", "screw", along_c, l % 6 != 0))
    return tuple(_measured(intensities, *row) for row in rows)


def _measured(
    intensities: Intensities,
    name: str,
    kind: str,
    inside: NDArray[np.bool_],
    forbidden: NDArray[np.bool_],
) -> AbsenceClass:
    out, kept = inside & forbidden, inside & ~forbidden
    ratio = intensities.value / intensities.sigma

    def mean(values: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
        return float(values[rows].mean()) if rows.any() else float("nan")

    allowed = mean(intensities.value, kept)
    return AbsenceClass(
        name,
        kind,
        int(np.count_nonzero(out)),
        mean(ratio, out),
        mean(intensities.value, out) / allowed if allowed > 0 else float("nan"),
        int(np.count_nonzero(kept)),
        mean(ratio, kept),
    )
