"""What every reader of reflections gives: the columns of a file, and the values of one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import gemmi

from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.reflections.columns import ColumnChoice, Measurements
from patterson_gui.io.source_file import SourceFile

# Looks for the cell and the space group in files beside that of the reflections. Readers call it
# where the file itself lacks them, because it takes time.
Beside = Callable[[], Crystallography | None]


@dataclass(frozen=True, eq=False)
class Measured:
    """The values of one column, and the crystal they belong to.

    Attributes
    ----------
    label : what they are called, for a reader: "FP, SIGFP of a.mtz".
    companion : the file beside it that gives the cell or the space group; None: its own file.
    """

    data: Measurements
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    label: str
    notes: tuple[str, ...] = ()
    companion: SourceFile | None = None


class ReflectionFile(Protocol):
    """A file of reflections."""

    @property
    def choices(self) -> list[ColumnChoice]:
        """What can become amplitudes, the most likely first; empty where there is nothing."""
        ...

    @property
    def expected(self) -> str:
        """What a file of this kind needs to have choices, for the error where it has none."""
        ...

    def measured(self, choice: ColumnChoice) -> Measured:
        """The values of the choice.

        Raises
        ------
        UserError : there is no such column, or no cell or space group.
        """
        ...


@dataclass(frozen=True, eq=False)
class OneColumnFile:
    """A file that holds intensities and nothing to choose from."""

    source: SourceFile
    data: Measurements
    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup

    expected = "intensities"

    @property
    def choices(self) -> list[ColumnChoice]:
        """The one column."""
        return [ColumnChoice("I", "intensity", "σ", self.source.stem, self.data.n)]

    def measured(self, choice: ColumnChoice) -> Measured:
        """Its values."""
        return Measured(self.data, self.cell, self.spacegroup, f"I of {self.source.name}")


def label_of(choice: ColumnChoice, source: SourceFile) -> str:
    """The labels of a choice and the file: "FP, SIGFP of a.mtz"."""
    labels = [choice.label, choice.minus, choice.sigma]
    return f"{', '.join(label for label in labels if label)} of {source.name}"


def told_source(found: Crystallography) -> str:
    """A note that says which file gave cell and space group."""
    name = found.source.name if found.source else "the file"
    return f"Unit cell and space group are those of {name}."
