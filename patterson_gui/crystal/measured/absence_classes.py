"""Reflections that centrings, glide planes and screw axes would forbid: how strong they are."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities

Finding = Literal["absent", "present", "not decided"]

# The limits of `crystal/symmetry/group_absences.py`, which judges whole groups.
_FEWEST = 3
_WEAK = 0.05  # of the mean intensity of the reflections that are not forbidden
_INSIGNIFICANT = 3.0  # I/σ


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
    finding : "absent": the forbidden reflections are weak in comparison and insignificant;
        "present": they are neither, so the crystal lacks this element; "not decided": only one of
        the two holds, or fewer than three are measured.
    """

    name: str
    kind: str
    n: int
    i_over_sigma: float
    share: float
    n_allowed: int
    allowed_i_over_sigma: float
    finding: Finding


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


def possible_classes(
    classes: tuple[AbsenceClass, ...], rotations: NDArray[np.int64]
) -> tuple[AbsenceClass, ...]:
    """Those with measured reflections whose element the lattice can have.

    A glide plane needs a mirror of the lattice, a screw axis a rotation of its order, an R
    centring a threefold axis along c. Only F lattices have d glides perpendicular to axes, and only
    I lattices diagonal ones.

    Parameters
    ----------
    rotations : (n, 3, 3) proper ones of the highest Laue class of the lattice; hkl becomes hkl R.
    """
    centred = {row.name[-1] for row in classes if row.n == 0 or row.finding == "absent"}

    def possible(row: AbsenceClass) -> bool:
        if row.name.startswith("d glide"):
            axial = _zone_of(row.name) in ("0kl", "h0l", "hk0")
            if ("F" if axial else "I") not in centred:
                return False
        if row.kind == "centring":
            return " R " not in row.name or _has_axis(rotations, "00l", 3)
        if row.kind == "glide":
            return _has_mirror(rotations, _zone_of(row.name))
        return _has_axis(rotations, _zone_of(row.name), int(row.name[0]))

    return tuple(row for row in classes if row.n and possible(row))


# Two reflections that span each zone, one of each row.
_SPANS = {
    "0kl": ((0, 1, 0), (0, 0, 1)), "h0l": ((1, 0, 0), (0, 0, 1)), "hk0": ((1, 0, 0), (0, 1, 0)),
    "hhl": ((1, 1, 0), (0, 0, 1)), "hkk": ((1, 0, 0), (0, 1, 1)), "hkh": ((1, 0, 1), (0, 1, 0)),
    "h-hl": ((1, -1, 0), (0, 0, 1)),
    "h00": ((1, 0, 0),), "0k0": ((0, 1, 0),), "00l": ((0, 0, 1),),
}  # fmt: skip


def _zone_of(name: str) -> str:
    """'h0l' of 'a glide, h0l: h odd'."""
    return name.split(", ")[1].split(":", maxsplit=1)[0]


def _has_mirror(rotations: NDArray[np.int64], zone: str) -> bool:
    """Whether a twofold rotation with the inversion leaves every reflection of the zone."""
    span = np.array(_SPANS[zone])
    return bool((span @ rotations == -span).all(axis=(1, 2)).any())


def _has_axis(rotations: NDArray[np.int64], row: str, order: int) -> bool:
    """Whether the rotations about a row contain one of this order."""
    span = np.array(_SPANS[row])
    return int((span @ rotations == span).all(axis=(1, 2)).sum()) % order == 0


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
    n, n_allowed = int(np.count_nonzero(out)), int(np.count_nonzero(kept))
    share = mean(intensities.value, out) / allowed if allowed > 0 else float("nan")
    i_over_sigma = mean(ratio, out)
    weak, insignificant = share <= _WEAK, i_over_sigma <= _INSIGNIFICANT
    finding: Finding = "not decided"
    if min(n, n_allowed) >= _FEWEST and weak == insignificant:
        finding = "absent" if weak else "present"
    return AbsenceClass(name, kind, n, i_over_sigma, share, n_allowed, mean(ratio, kept), finding)
