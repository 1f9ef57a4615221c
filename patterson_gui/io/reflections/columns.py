"""The columns that a reflection file offers, and how a chosen column becomes amplitudes."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import refuse_impossible_edges
from patterson_gui.crystal.display.words import cell_words
from patterson_gui.crystal.reciprocal.french_wilson import amplitudes_from_intensities
from patterson_gui.crystal.reciprocal.reflections import Amplitudes, merge
from patterson_gui.crystal.symmetry_images import operation_arrays
from patterson_gui.errors import UserError

ColumnKind = Literal["amplitude", "intensity"]

# Labels of values that were calculated from a model, in CIF and MTZ files.
_CALCULATED = re.compile(
    r"_calc(_|$)|^(F_?C|I_?C|FCALC|ICALC|FMODEL|F-model|IMODEL)(_|-|\d|ALL|$)", re.IGNORECASE
)
_LARGEST_INDEX = 2000
_LARGEST_VALUE = 1e15
_FINEST = 0.1  # Å; the best measurements reach about 0.25 Å
_MOST_POSSIBLE = 3e7  # unique reflections; the largest viruses have a tenth of it
# Lists of strong reflections are short, but no crystal with a million reflections is measured to
# less than a hundredth of them.
_MANY = 1e6
_FEWEST_MEASURED = 0.01
_COARSE = 15.0  # Å; not even the course of a protein chain shows
_MOST_INDICES = 5e8  # indices h k l to try; the largest viruses need half of it


@dataclass(frozen=True)
class ColumnChoice:
    """A column, or a Friedel pair of columns, that can become amplitudes.

    Attributes
    ----------
    label : the name in the file, by which the reader finds the column.
    sigma : label of the column of its uncertainty; None where the file has none.
    dataset : data set of an MTZ, block of a CIF.
    n : number of measured values.
    minus, minus_sigma : labels of the columns of the Friedel mates, where these are separate.
    difference, difference_sigma : labels of the columns of F(+) − F(−), where the file gives them
        beside the mean of both.
    """

    label: str
    kind: ColumnKind
    sigma: str | None
    dataset: str
    n: int
    minus: str | None = None
    minus_sigma: str | None = None
    difference: str | None = None
    difference_sigma: str | None = None

    @property
    def is_calculated(self) -> bool:
        """Whether the label is one of values that were calculated from a model."""
        return bool(_CALCULATED.search(self.label))


def in_order(choices: Iterable[ColumnChoice]) -> list[ColumnChoice]:
    """Sort columns by how likely a user means them: amplitudes, then intensities, then Friedel
    pairs. Columns without σ are mostly calculated: they are offered only where no other is there.
    """
    every = list(choices)
    measured = [choice for choice in every if choice.sigma is not None]

    def rank(choice: ColumnChoice) -> tuple[bool, ...]:
        # In unmerged files IPR is the intensity by profile fitting, and I the final one.
        paired, intensity = choice.minus is not None, choice.kind == "intensity"
        return choice.is_calculated, paired, intensity, choice.label == "IPR"

    return sorted(measured or every, key=rank)


@dataclass(frozen=True, eq=False)
class Measurements:
    """Measured values in any order; equivalents are not merged.

    hkl (n, 3); value (n,) NaN where not measured; sigma (n,) or None; notes: what the reader
    left out, for the user; difference, difference_sigma (n,) F(+) − F(−) where the file gives it
    beside the mean `value`, with F(+) of the indices in `hkl`, otherwise None.
    """

    hkl: NDArray[np.int32]
    value: NDArray[np.float64]
    sigma: NDArray[np.float64] | None
    kind: ColumnKind
    notes: tuple[str, ...] = ()
    difference: NDArray[np.float64] | None = None
    difference_sigma: NDArray[np.float64] | None = None

    @property
    def n(self) -> int:
        return int(np.isfinite(self.value).sum())

    def scaled(self, factor: NDArray[np.float64], note: str) -> "Measurements":
        """These values times `factor` (n,), and a note that says so."""

        def times(values: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
            return None if values is None else values * factor

        return replace(
            self,
            value=self.value * factor,
            sigma=times(self.sigma),
            notes=(*self.notes, note),
            difference=times(self.difference),
            difference_sigma=times(self.difference_sigma),
        )

    def with_mates(self, minus: "Measurements") -> "Measurements":
        """These values and those of the Friedel mates, which `minus` has under the same indices.

        The result has σ only where both have it.
        """
        sigma = None
        if self.sigma is not None and minus.sigma is not None:
            sigma = np.concatenate([self.sigma, minus.sigma])
        return Measurements(
            np.concatenate([self.hkl, -minus.hkl]),
            np.concatenate([self.value, minus.value]),
            sigma,
            self.kind,
            self.notes,
        )

    def expanded(self, operations: gemmi.GroupOps) -> "Measurements":
        """These values under all indices that `operations` make equivalent, for use in P 1.

        Reflections that the operations forbid are left out. With x' = Rx + t, h is equivalent
        to Rᵀh.
        """
        allowed = ~np.asarray(operations.systematic_absences(self.hkl), dtype=bool)
        rotations, _ = operation_arrays(operations.sym_ops)
        images = [np.rint(self.hkl[allowed] @ rotation) for rotation in rotations]
        n = len(images)
        return Measurements(
            np.concatenate(images).astype(np.int32),
            np.tile(self.value[allowed], n),
            None if self.sigma is None else np.tile(self.sigma[allowed], n),
            self.kind,
            self.notes,
        )


def whole_indices(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Indices (n, 3) as whole numbers. What no index can be (too large for an integer, not a
    number) becomes a million, which `refuse_impossible_values` refuses."""
    possible = np.clip(np.nan_to_num(values, nan=1e6), -1e6, 1e6)
    return np.rint(possible).astype(np.int32)


def amplitudes_of(
    data: Measurements, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, label: str, name: str
) -> tuple[Amplitudes, tuple[str, ...]]:
    """Unique amplitudes, and notes for the user on how they were obtained.

    Intensities are converted by the method of French & Wilson. Amplitudes are merged;
    negative ones are left out.

    Parameters
    ----------
    label : name of the values, for the user.
    name : name of the file, for errors.

    Raises
    ------
    UserError : the values, the indices or the cell are impossible, or nothing is left.
    """
    notes = []
    value = np.where(_not_measured(data), np.nan, data.value)
    if data.sigma is not None and (n := int(np.count_nonzero(data.sigma < 0))):
        notes.append(f"{n:,} rows with a negative σ are left out: they were not measured.")
    if data.kind == "amplitude":
        negative = int(np.count_nonzero(value < 0))
        if negative:
            notes.append(f"{negative} negative amplitudes are left out.")
            value = np.where(value < 0, np.nan, value)
    refuse_impossible_values(data.hkl, value, label, name)
    finite = np.isfinite(value)
    hkl, value = data.hkl[finite], value[finite]
    refuse_impossible_cell(hkl, cell, spacegroup, name)
    sigma = None if data.sigma is None else data.sigma[finite]
    if sigma is not None:  # no measurement is more precise than one part in a million
        sigma = np.where(sigma > 0, np.maximum(sigma, 1e-6 * np.abs(value)), sigma)
    if data.kind == "intensity":
        amplitudes = amplitudes_from_intensities(hkl, value, sigma, cell, spacegroup, label=label)
        notes.append(
            "Intensities became amplitudes by the method of French & Wilson."
            if amplitudes.sigma is not None
            else "The intensities carry no σ: F = √I, negative ones taken as zero."
        )
    else:
        index, mean, spread = merge(hkl, value, sigma, cell, spacegroup)
        if len(index) == 0:
            raise UserError(
                f"{name} holds only reflections that {spacegroup.xhm()} forbids: "
                "check its space group."
            )
        spread32 = None if spread is None else spread.astype(np.float32)
        amplitudes = Amplitudes(
            index, mean.astype(np.float32), cell, spacegroup, sigma=spread32, label=label
        )
    notes += _merging_notes(hkl, amplitudes, spacegroup)
    if amplitudes.d_min > _COARSE:
        notes.append(
            f"The data end at {amplitudes.d_min:.0f} Å, where neither atoms nor chains show: "
            "check the cell."
        )
    if not cell.is_compatible_with_spacegroup(spacegroup):
        notes.append(f"The cell does not have the symmetry of {spacegroup.xhm()}.")
    return amplitudes, tuple(notes)


def refuse_impossible_values(
    hkl: NDArray[np.int32], value: NDArray[np.float64], label: str, name: str
) -> None:
    """Raise `UserError` where nothing is measured, or where values or indices are impossible.

    `hkl` (n, 3), `value` (n,) NaN where not measured; `label`, `name` as in `amplitudes_of`.
    """
    finite = np.isfinite(value)
    if finite.any() and np.abs(value[finite]).max() > _LARGEST_VALUE:
        raise UserError(
            f"{name} contains absurd values in {label} (up to "
            f"{np.abs(value[finite]).max():.1g}): it is damaged; get the file again."
        )
    if not finite.any() or not value[finite].any():
        raise UserError(
            f"{name} holds no measured value in {label}: choose another column or file."
        )
    if np.abs(hkl[finite]).max() > _LARGEST_INDEX:
        raise UserError(
            f"{name} has reflection indices beyond {_LARGEST_INDEX}, which no crystal has: "
            "its columns are not what they are taken for."
        )


def refuse_impossible_cell(
    hkl: NDArray[np.int32], cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, name: str
) -> None:
    """Refuse a cell that no crystal with these indices has, before anything is calculated.

    A cell that is wrong by a factor, or has a very small angle, allows billions of
    reflections. To count them would take minutes to hours.
    """
    refuse_impossible_edges(cell, name)
    inverse_squared = cell.calculate_1_d2_array(np.ascontiguousarray(hkl, dtype=np.int32))
    d_min = 1.0 / math.sqrt(max(float(inverse_squared.max(initial=0.0)), 1e-12))
    operations = len(spacegroup.operations())
    possible = 2.1 * cell.volume / d_min**3 / operations
    # |h| reaches a/d_min whatever the angles, so a flat cell has few reflections among many h k l.
    indices = 8.0 * cell.a * cell.b * cell.c / d_min**3
    if d_min < _FINEST:
        reason = f"the resolution would be {d_min:.1g} Å"
    elif not possible < _MOST_POSSIBLE:
        reason = f"there would be {possible:.0e} unique reflections"
    elif not indices < _MOST_INDICES:
        reason = f"there would be {indices:.0e} indices h k l to try"
    elif possible > _MANY and len(hkl) < _FEWEST_MEASURED * possible:
        reason = f"only {len(hkl):,} of {possible:.0e} unique reflections would be measured"
    else:
        return
    raise UserError(
        f"{name} has a cell of {cell_words(cell)} that does not fit its indices ({reason}): "
        "correct the cell."
    )


def _not_measured(data: Measurements) -> NDArray[np.bool_]:
    """Programs write an unmeasured reflection with a negative σ, old ones as zero with σ zero."""
    if data.sigma is None:
        return np.zeros(len(data.value), dtype=bool)
    return np.asarray(((data.value == 0) & ~(data.sigma > 0)) | (data.sigma < 0))


def _merging_notes(
    hkl: NDArray[np.int32], amplitudes: Amplitudes, spacegroup: gemmi.SpaceGroup
) -> list[str]:
    notes = []
    absent = int(np.count_nonzero(spacegroup.operations().systematic_absences(hkl)))
    if absent:
        notes.append(f"{absent} measurements that {spacegroup.xhm()} forbids are left out.")
    kept = len(hkl) - absent - int(np.count_nonzero(~hkl.any(axis=1)))
    if kept > len(amplitudes):
        notes.append(f"{kept:,} measurements merged to {len(amplitudes):,} unique reflections.")
    return notes
