"""Read data sets with Friedel mates apart: F(+) and F(−), differences, unmerged intensities."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.differences.friedel_pairs import (
    FriedelPairs,
    friedel_pairs,
    is_friedel_mate,
    with_given_differences,
)
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import (
    choices_of,
    faults_beside,
    reflection_file,
    reflections_beside,
)
from patterson_gui.io.opening.registry import faults_of, reader_of
from patterson_gui.io.reflections.columns import (
    ColumnChoice,
    refuse_impossible_cell,
    refuse_impossible_values,
)
from patterson_gui.io.reflections.reflection_file import Measured, NoSpaceGroupGiven
from patterson_gui.io.source_file import SourceFile

# Words of labels that tell the kind of a value.
_KIND_IN_LABEL = re.compile(r"\([+-]\)|pdbx|meas|intensity|squared|au|mean|plus|obs|[_+ -]")


@dataclass(frozen=True)
class DataSet:
    """One measured data set of a file.

    Attributes
    ----------
    name : what the user calls it by: the label of its column, with its data set in the file before
        it where two columns have one label.
    choice : the column, or pair of columns.
    """

    name: str
    choice: ColumnChoice

    @property
    def keeps_mates(self) -> bool:
        """Whether columns of F(+) and F(−) or of their difference are there. Unmerged lists may
        hold Friedel mates without."""
        return self.choice.minus is not None or self.choice.difference is not None

    def is_same_as(self, other: "DataSet") -> bool:
        """Whether two columns are of one measurement: F, F(+), I and I(+) with like names in one
        data set of the file."""
        one, two = self.choice, other.choice
        kinds = [(each.kind, each.minus is None) for each in (one, two)]
        alike = one.dataset == two.dataset and _bare(one.label) == _bare(two.label)
        return one == two or (alike and kinds[0] != kinds[1])

    def answers_to(self, name: str) -> bool:
        """Whether `name` is its name, the label of one of its columns or its data set in the
        file."""
        choice = self.choice
        crystal, _, last = choice.dataset.rpartition("/")
        names = (
            self.name,
            choice.label,
            choice.label.replace("(+)", ""),
            choice.minus,
            choice.difference,
            choice.dataset,
            last,
            crystal,
            f"{choice.dataset}/{choice.label}",
            f"{last}/{choice.label}",
        )
        return bool(name) and name in names


def _bare(label: str) -> str:
    """What a label says of the crystal: "peak" of F_peak and I_peak(+), "" of FP and IMEAN."""
    rest = _KIND_IN_LABEL.sub("", label.lower())
    rest = rest[1:] if rest[:1] in ("f", "i") else rest
    return "" if rest in ("p", "o") else rest


def data_sets(file: Path | str | SourceFile) -> list[DataSet]:
    """The measured data sets of a file, each column or pair of columns with σ once.

    Raises
    ------
    UserError : the file holds no reflections, or none with σ.
    """
    source = reflections_beside(SourceFile.of(file))
    choices = [c for c in choices_of(reflection_file(source), source) if not c.is_calculated]
    choices = [c for c in choices if c.sigma is not None]
    if not choices:
        raise UserError(
            f"{source.name} holds no measured values with σ, without which differences cannot be "
            "judged: choose a file that has them."
        )
    labels = [choice.label for choice in choices]
    return [
        DataSet(c.label if labels.count(c.label) == 1 else f"{c.dataset}/{c.label}", c)
        for c in choices
    ]


def data_set_named(sets: Sequence[DataSet], name: str, file: str) -> DataSet:
    """The data set that a user names by its label or by its data set in the file.

    Of several columns of one data set, that with Friedel mates apart is taken.

    Raises
    ------
    UserError : there is none.
    """
    found = [each for each in sets if each.answers_to(name)]
    if not found:
        offered = ", ".join(each.name for each in sets)
        raise UserError(f"{file} has no data set '{name}': it has {offered}.")
    return max(found, key=lambda each: (each.name == name, each.keeps_mates))


def read_friedel_pairs(
    file: Path | str | SourceFile, of_set: DataSet | None = None
) -> FriedelPairs:
    """The amplitudes of one data set of a file with Friedel mates apart.

    Parameters
    ----------
    of_set : one of `data_sets`; None: the first that keeps Friedel mates apart, or else the first.

    Raises
    ------
    UserError : the file is damaged, holds no reflections with σ, or nothing gives the cell and the
        space group.
    """
    source = reflections_beside(SourceFile.of(file))
    of_set = of_set or default_set(data_sets(source))
    reflections = reflection_file(source)
    with faults_of(reader_of(source), source), faults_beside(source):
        measured = reflections.measured(of_set.choice)
    spacegroup = _spacegroup(measured, source)
    data = measured.data
    if data.sigma is None:
        raise UserError(
            f"{of_set.name} of {source.name} has no σ, without which differences cannot be judged: "
            "choose columns with σ."
        )
    refuse_impossible_values(data.hkl, data.value, measured.label, source.name)
    finite = np.isfinite(data.value)
    refuse_impossible_cell(data.hkl[finite], measured.cell, spacegroup, source.name)
    pairs = friedel_pairs(data.hkl, data.value, data.sigma, data.kind, measured.cell, spacegroup)
    notes = list(measured.notes)
    if data.difference is not None and data.difference_sigma is not None:
        pairs = with_given_differences(pairs, data.hkl, data.difference, data.difference_sigma)
        notes.append(
            f"The anomalous differences of {of_set.name} are those of the column "
            f"{of_set.choice.difference}."
        )
    if data.kind == "intensity":
        notes.append("Intensities became amplitudes by the method of French & Wilson.")
    wavelength = measured.experiment.wavelength
    label = f"{of_set.name} of {source.name}"
    return replace(pairs, wavelength=wavelength, label=label, notes=tuple(filter(None, notes)))


def holds_mates(file: Path | str | SourceFile, of_set: DataSet) -> bool:
    """Whether a data set has both Friedel mates of some acentric reflection."""
    source = reflections_beside(SourceFile.of(file))
    try:
        measured = reflection_file(source).measured(of_set.choice)
        spacegroup = _spacegroup(measured, source)
    except UserError:
        return False
    if spacegroup.is_centrosymmetric() or of_set.keeps_mates:
        return not spacegroup.is_centrosymmetric()
    hkl = measured.data.hkl[np.isfinite(measured.data.value)]
    hkl = hkl[~np.asarray(spacegroup.operations().centric_flag_array(hkl), dtype=bool)]
    asu = equivalents.to_asu(hkl, measured.cell, spacegroup)
    inverse = is_friedel_mate(hkl, asu, spacegroup)
    keys = equivalents.packed(asu)
    return bool(np.isin(keys[inverse], keys[~inverse]).any())


def default_set(sets: Sequence[DataSet]) -> DataSet:
    """The first data set with columns of both mates, or else of their difference, or the first."""
    return max(sets, key=lambda each: (each.choice.minus is not None, each.keeps_mates))


def distinct_sets(sets: Sequence[DataSet]) -> list[DataSet]:
    """Each measurement once, as the column that keeps most apart."""
    groups: list[list[DataSet]] = []
    for each in sets:
        group = next((found for found in groups if found[0].is_same_as(each)), None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return [default_set(group) for group in groups]


def _spacegroup(measured: Measured, source: SourceFile) -> gemmi.SpaceGroup:
    symmetry = measured.symmetry
    if symmetry.spacegroup is None:
        problem = symmetry.problem or "gives no known space group"
        raise NoSpaceGroupGiven(
            f"{source.name} {problem}, and its folder has no model or instruction file of the same "
            f"name that does: put {source.stem}.pdb or .res there."
        )
    return symmetry.spacegroup
