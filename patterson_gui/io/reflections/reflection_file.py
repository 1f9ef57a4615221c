"""The interface of all readers of reflections: the columns of a file, and the values of one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.errors import UserError
from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.formats.experiment import Experiment
from patterson_gui.io.formats.symmetry import Symmetry
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements
from patterson_gui.io.source_file import SourceFile

# A function that looks for the cell and the space group in files of the same name in the same
# folder. It takes time, so readers call it only where the reflection file lacks them.
Beside = Callable[[], Crystallography | None]


@dataclass(frozen=True, eq=False)
class Measured:
    """The values of one column, with the cell and the space group of the crystal.

    Attributes
    ----------
    symmetry : unknown where neither the file nor one beside it states it.
    label : the name of the values, for the user: "FP, SIGFP of a.mtz".
    companion : another file that gives the cell or the space group; None: the reflection file.
    contents : what the cell is said to contain; None where nothing says so.
    """

    data: Measurements
    cell: gemmi.UnitCell
    symmetry: Symmetry
    label: str
    notes: tuple[str, ...] = ()
    companion: SourceFile | None = None
    experiment: Experiment = field(default_factory=Experiment)
    contents: Contents | None = None


class ReflectionFile(Protocol):
    """A file of reflections."""

    @property
    def choices(self) -> list[ColumnChoice]:
        """The columns that can become amplitudes, the most likely first; may be empty."""
        ...

    @property
    def expected(self) -> str:
        """The columns that such a file should have, for the error where it has none of them."""
        ...

    @property
    def problem(self) -> str:
        """Why reflections in the file are not read, in a sentence; "" for nothing."""
        ...

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of a column.

        Raises
        ------
        UserError : there is no such column, or the cell is missing.
        """
        ...


class NoCellGiven(UserError):  # noqa: N818
    """No file gives the unit cell of some reflections."""


class NoSpaceGroupGiven(UserError):  # noqa: N818
    """No file gives the space group of some reflections."""


@dataclass(frozen=True, eq=False)
class OneColumnFile:
    """A reflection file with one column, of intensities.

    Attributes
    ----------
    sets : data sets of different wavelengths in the file, the largest first: name, which rows are
        its own, and what is known of its measurement. Empty: all rows are of one set.
    """

    source: SourceFile
    data: Measurements
    cell: gemmi.UnitCell
    symmetry: Symmetry
    experiment: Experiment = field(default_factory=Experiment)
    sets: tuple[tuple[str, NDArray[np.bool_], Experiment], ...] = ()

    expected = "intensities"
    problem = ""

    @property
    def choices(self) -> list[ColumnChoice]:
        """The one column, of each set."""
        if not self.sets:
            return [ColumnChoice("I", "intensity", "σ", self.source.stem, self.data.n)]
        finite = np.isfinite(self.data.value)
        return [
            ColumnChoice("I", "intensity", "σ", name, int(np.count_nonzero(finite & rows)))
            for name, rows, _ in self.sets
        ]

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of the one column, of the set that `choice` names or else of the first."""
        label = f"I of {self.source.name}"
        data, experiment, notes = self.data, self.experiment, self.data.notes
        if self.sets:
            named = (each for each in self.sets if each[0] == choice.dataset)
            name, rows, experiment = next(named, self.sets[0])
            data = replace(data, value=np.where(rows, data.value, np.nan))
            every = ", ".join(each[0] for each in self.sets)
            notes = (*notes, f"The file holds sets of data ({every}): only {name} is used.")
        return Measured(
            data,
            self.cell,
            self.symmetry,
            label,
            (*self.symmetry.notes, *notes),
            experiment=experiment,
        )


def label_of(choice: ColumnChoice, source: SourceFile) -> str:
    """The labels of a column and the name of its file: "FP, SIGFP of a.mtz"."""
    labels = [choice.label, choice.minus, choice.sigma]
    return f"{', '.join(label for label in labels if label)} of {source.name}"


def source_note(found: Crystallography, *, cell: bool = True, spacegroup: bool = True) -> str:
    """A note that says which file gave the cell, the space group or both."""
    name = found.source.name if found.source else "the file"
    if cell and spacegroup:
        return f"Unit cell and space group come from {name}."
    return f"The {'unit cell' if cell else 'space group'} comes from {name}."
