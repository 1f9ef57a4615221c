"""Check measured intensities and stated contents: doubts become notes, the impossible an error."""

from collections.abc import Iterator

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.display.words import cell_words
from patterson_gui.crystal.measured.absence_classes import absence_classes
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.measured.laue_classes import laue_agreement, laue_classes
from patterson_gui.crystal.measured.merging import merge, statistics_of_groups
from patterson_gui.crystal.measured.normalise import normalised_intensities, wilson_scale
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.orbits import orbit_keys, rotations_of
from patterson_gui.errors import UserError

_SMALLEST_CELL = 8.0  # Å³; beryllium and diamond, the densest, have 16 and 11 in a primitive cell
_FEWEST = 12  # unique reflections in P-1
_FINEST, _COARSEST = 0.1, 5.0  # Å
_SIGNIFICANT = 3.0  # standard deviations that chance seldom gives
_MOST_REFLECTIONS = 5e6  # possible ones in one hemisphere
_DENSEST = 5.0  # Å³ for each atom that is not hydrogen: diamond 5.7, corundum 8.5
_DENSE, _LOOSE, _LOOSEST = 8.0, 25.5, 30.0  # molecular crystals have 15 to 22
_UNEVEN = 1.35  # ratio of limits of resolution along the axes; 1.22 at most in good data
_INCOMPLETE = 0.6
_CELL_TOLERANCE = 0.01  # relative
_CONTRADICTION = 0.2  # R_int, if it is also twice that of a lower class
_ATOMIC = 1.2  # Å; beyond, methods for atomic resolution rarely succeed
_LARGEST_SLOPE = 0.35  # d ln σ / d ln I; see `_amplitude_notes`


def check(intensities: Intensities, contents: Contents | None = None) -> tuple[str, ...]:
    """Doubts about data, cell, group and contents, each a sentence with a suggestion.

    Raises
    ------
    UserError : the cell or the data are impossible, or the contents do not fit into the cell.
    """
    refuse_impossible(intensities)
    notes = [
        *_contents_notes(contents, intensities.cell),
        *_wavelength_notes(intensities),
        *_group_notes(intensities),
        *_extent_notes(intensities),
        *_value_notes(intensities),
        *_scale_notes(intensities),
        *_amplitude_notes(intensities),
    ]
    return tuple(dict.fromkeys(notes))


def refuse_impossible(data: Intensities) -> None:
    """Raise `UserError` where the cell or the data are such that nothing can be done with them."""
    cell = data.cell
    if cell.volume < _SMALLEST_CELL:
        raise UserError(
            f"The cell of {cell_words(cell)} has a volume of {cell.volume:.1f} Å³, in which no "
            "crystal has an atom: correct the cell."
        )
    d_min = float(data.d.min()) if len(data) else 1.0
    possible = 2.0 / 3.0 * np.pi * cell.volume / d_min**3
    if d_min < _FINEST or possible > _MOST_REFLECTIONS:
        raise UserError(
            f"The cell of {cell_words(cell)} does not fit the indices: reflections would reach "
            f"{d_min:.2g} Å and number {possible:.0e}; correct the cell."
        )
    if d_min > _COARSEST:
        raise UserError(
            f"With the cell of {cell_words(cell)} the reflections end at {d_min:.1f} Å and show no "
            "atoms: correct the cell, or choose the complete list of reflections."
        )
    n = len(np.unique(orbit_keys(data.hkl, rotations_of(gemmi.SpaceGroup("P 1")), friedel=True)))
    if n < _FEWEST:
        raise UserError(
            f"Only {n} different reflections were measured, too few for a structure: choose the "
            "complete list of reflections."
        )
    if np.ptp(data.value) <= 1e-3 * np.abs(data.value).max():
        raise UserError(
            "All intensities are alike: the column is not that of intensities; choose another."
        )
    # Both must say so: σ may be wrong, and a few strong reflections make the mean uncertain.
    noise = data.value.mean() < _SIGNIFICANT * data.value.std() / len(data) ** 0.5
    strong = int(np.count_nonzero(data.value > _SIGNIFICANT * data.sigma))
    if noise and strong < max(_FEWEST, 0.01 * len(data)):
        raise UserError(
            f"Only {strong:,} of {len(data):,} intensities exceed 3σ, as many as noise gives: "
            "choose the column of intensities, or measure longer."
        )


def _contents_notes(contents: Contents | None, cell: gemmi.UnitCell) -> Iterator[str]:
    if contents is None or not contents.counts:
        return
    heavy = sum(n for element, n in contents.counts.items() if element not in ("H", "D"))
    n = heavy or sum(contents.counts.values())
    if not n > 0:
        return
    each = cell.volume / n
    atoms = "atoms that are not hydrogen" if heavy else "atoms"
    stated = f"{n:.0f} {atoms} in {cell.volume:.0f} Å³ ({contents.source})"
    if each < _DENSEST:
        raise UserError(
            f"The contents do not fit into the cell: {stated} leave {each:.1f} Å³ for each; "
            "correct the formula, Z or the cell."
        )
    if each < _DENSE:
        yield (
            f"The contents are very dense: {stated} leave {each:.1f} Å³ for each, where 15 to 22 "
            "are usual: check the formula and Z."
        )
    elif each > _LOOSEST:
        yield (
            f"The contents do not fill the cell: {stated} leave {each:.0f} Å³ for each, where 15 "
            "to 22 are usual: give a formula and Z, or only the elements."
        )
    elif each > _LOOSE:
        yield (
            f"The contents fill the cell loosely: {stated} leave {each:.0f} Å³ for each; atoms or "
            "solvent may be missing from the formula, or Z may be too small."
        )


def _wavelength_notes(data: Intensities) -> Iterator[str]:
    d_min = float(data.d.min())
    if data.wavelength is not None and d_min < 0.49 * data.wavelength:
        yield (
            f"Reflections to {d_min:.2f} Å cannot be measured with {data.wavelength:.4f} Å, which "
            f"reaches {data.wavelength / 2:.2f} Å: check the wavelength and the cell."
        )
    if d_min > _ATOMIC:
        yield (
            f"The data end at {d_min:.2f} Å. Structures are seldom solved without a model from "
            f"data coarser than {_ATOMIC} Å: measure to higher resolution if you can."
        )


def _group_notes(data: Intensities) -> Iterator[str]:
    """Contradictions between the data and the stated space group, completeness included."""
    group, name = data.spacegroup, data.spacegroup.xhm()
    classes = laue_agreement(data, laue_classes(data.cell, group.centring_type()))
    figures = {row.laue.rotations.tobytes(): row.statistics for row in classes}
    if data.stated:
        if not data.cell.is_compatible_with_spacegroup(group, _CELL_TOLERANCE):
            yield (
                f"The cell of {cell_words(data.cell)} does not have the symmetry of {name}: check "
                "cell and space group."
            )
        absent = np.asarray(group.operations().systematic_absences(data.hkl), dtype=bool)
        if np.count_nonzero(absent) >= 3 and not absent.all():
            ratio = float((data.value / data.sigma)[absent].mean())
            share = float(data.value[absent].mean() / data.value[~absent].mean())
            if ratio > 3.0 and share > 0.05:
                yield (
                    f"{name} forbids {np.count_nonzero(absent):,} of the measured reflections, but "
                    f"their mean I/σ is {ratio:.1f}: the space group or the cell is wrong, or the "
                    "crystal is a twin."
                )
        merged = merge(data, group, True)
        keys = orbit_keys(data.hkl, rotations_of(group), friedel=True)
        _, place = np.unique(keys, return_inverse=True)
        r_int = statistics_of_groups(data.value, data.sigma, place, int(place.max()) + 1).r_int
        lowest = min((f.r_int for f in figures.values() if f.n_repeated > 20), default=np.nan)
        # Dynamical scattering of electrons makes equivalents differ in right groups too.
        if data.radiation != "electron" and r_int > max(_CONTRADICTION, 2.0 * lowest):
            yield (
                f"Reflections that {name} makes equivalent differ (R_int {r_int:.2f}, against "
                f"{lowest:.2f} in a lower Laue class): the symmetry is probably lower."
            )
        possible = len(unique_reflections(data.cell, group, float(data.d.min())))
        complete = len(merged) / possible if possible else 1.0
    else:
        # The class in which the file was merged, if any, is the one in which it is complete.
        hemisphere = 2.0 / 3.0 * np.pi * data.cell.volume / float(data.d.min()) ** 3
        hemisphere /= _lattice_points(data)
        complete = max(
            row.statistics.n_unique * row.laue.order / 2.0 / hemisphere for row in classes
        )
    if complete < _INCOMPLETE:
        yield (
            f"Only {complete:.0%} of the reflections to {data.d.min():.2f} Å were measured: cut "
            "the data where they become incomplete, or measure more; a solution may fail."
        )


def _lattice_points(data: Intensities) -> int:
    """Lattice points in the cell, by the centring whose forbidden reflections are all missing."""
    points = {"A": 2, "B": 2, "C": 2, "I": 2, "F": 4, "R (obverse)": 3, "R (reverse)": 3}
    rows = {row.name.removeprefix("centring "): row.n for row in absence_classes(data)}
    return max((number for name, number in points.items() if rows[name] == 0), default=1)


def _extent_notes(data: Intensities) -> Iterator[str]:
    """A doubt where the measured part of reciprocal space is no sphere: the cell is wrong.

    Along an axis a the largest h/a is the largest component of s = h a* + k b* + l c* in the
    direction of a, which is 1/d_min for a full sphere, whatever the angles.
    """
    classes = laue_classes(data.cell, data.spacegroup.centring_type())
    images = np.abs(np.einsum("ni,mij->mnj", data.hkl, classes[-1].rotations)).max(axis=(0, 1))
    edges = np.array(data.cell.parameters[:3])
    limits = edges / np.maximum(images, 1)
    if limits.max() > _UNEVEN * limits.min():
        along = ", ".join(
            f"{limit:.2f} Å along {axis}" for axis, limit in zip("abc", limits, strict=True)
        )
        yield (
            f"The reflections reach {along}: the axes of the cell may be wrong or interchanged, "
            "or a part of the data is missing."
        )


def _value_notes(data: Intensities) -> Iterator[str]:
    top = float(data.value.max())
    n = int(np.count_nonzero(data.value == top))
    digits = f"{top:.2f}".rstrip("0").rstrip(".").replace(".", "")
    if n >= 3 and len(digits) >= 4 and set(digits) == {"9"}:
        yield (
            f"{n} reflections have the value {top:.2f}, the largest that fits its columns: they "
            "were cut; write the file again on a smaller scale."
        )


def _scale_notes(data: Intensities) -> Iterator[str]:
    """A doubt where a file holds two lists on different scales.

    Measurements of one reflection are compared in the order of the file, the first with the last.
    """
    strong = np.flatnonzero(data.value > 5.0 * data.sigma)
    rotations = rotations_of(gemmi.SpaceGroup("P 1"))
    if data.stated:
        rotations = rotations_of(data.spacegroup)
    keys = orbit_keys(data.hkl[strong], rotations, friedel=True)
    _, first = np.unique(keys, return_index=True)
    _, backwards = np.unique(keys[::-1], return_index=True)
    last = len(keys) - 1 - backwards
    several = first != last
    if np.count_nonzero(several) < 50:
        return
    one, other = strong[first[several]], strong[last[several]]
    ratio = np.log(data.value[other] / data.value[one])
    middle = float(np.median(ratio))
    spread = 1.4826 * float(np.median(np.abs(ratio - middle)))
    if abs(middle) > 0.4 and abs(middle) > 2.0 * spread:
        yield (
            "The file seems to hold two lists on different scales: later measurements of a "
            f"reflection are {np.exp(middle):.2g} times the first; merge them on one scale, or use "
            "one list."
        )


def _amplitude_notes(data: Intensities) -> Iterator[str]:
    """A doubt where the values have the distribution of amplitudes.

    ⟨z²⟩ of z = I/⟨I⟩ is 2 (acentric), 3 (centric) and 1.5 (perfect twin) for intensities, but
    1.27 and 1.57 for amplitudes in their place, which are never negative, have few values near
    zero, and σ that do not grow with the value: d ln σ / d ln I is 0.25 to 0.9 for intensities.
    """
    group = data.spacegroup
    merged = merge(data, group, True)
    strong = merged.value > 3.0 * merged.sigma
    if np.count_nonzero(strong) < 50 or float((merged.value <= 0).mean()) > 0.001:
        return
    squares = normalised_intensities(merged)
    slope = _slope(np.log(merged.value[strong]), np.log(merged.sigma[strong]))
    second = float((squares**2).mean())
    if second < 1.65 and float((squares < 0.1).mean()) < 0.06 and slope < _LARGEST_SLOPE:
        yield (
            f"The values look like amplitudes and not intensities (⟨I²⟩/⟨I⟩² is {second:.2f}, "
            "where 2 to 3 is expected): if so, choose amplitudes (HKLF 3)."
        )
    elif wilson_scale(merged).b < -0.4:
        yield (
            "The intensities do not fall off with resolution: check the cell, and whether the "
            "column holds intensities."
        )


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.polyfit(x, y, 1)[0]) if np.ptp(x) > 0 else 0.0
