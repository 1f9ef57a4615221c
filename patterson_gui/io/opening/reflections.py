"""Read measured reflections from a file of any format as amplitudes. Phases are never read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.opening.registry import faults_of, reader_of
from patterson_gui.io.reflections.columns import ColumnChoice, amplitudes_of
from patterson_gui.io.reflections.reflection_file import (
    NoCellGiven,
    NoSpaceGroupGiven,
    ReflectionFile,
)
from patterson_gui.io.source_file import SourceFile

__all__ = ["ColumnChoice", "Reflections", "list_columns", "read_amplitudes", "read_reflections"]

COMPANIONS = (".res", ".ins", ".p4p", ".cif", ".fcf", ".cfx", ".lst", ".pdb", ".ent", ".mmcif")


@dataclass(frozen=True, eq=False)
class Reflections:
    """Amplitudes, and notes for the user.

    Attributes
    ----------
    companion : another file that gave the cell or the space group; None: the file itself.
    is_calculated : whether the amplitudes were calculated from a model and not measured.
    """

    amplitudes: Amplitudes
    notes: tuple[str, ...]
    companion: SourceFile | None = None
    is_calculated: bool = False


def list_columns(file: Path | SourceFile) -> list[ColumnChoice]:
    """The columns that can become amplitudes, the most likely first (never empty).

    Raises
    ------
    UserError
        where the file holds no reflections, or is damaged.
    """
    source = SourceFile.of(file)
    return choices_of(reflection_file(source), source)


def read_amplitudes(file: Path | SourceFile, choice: ColumnChoice | None = None) -> Amplitudes:
    """Unique amplitudes of the chosen column; None: of the most likely one.

    Friedel mates and symmetry equivalents are merged; intensities are converted by the method
    of French & Wilson. `read_reflections` gives notes as well.
    """
    return read_reflections(file, choice).amplitudes


def read_reflections(file: Path | SourceFile, choice: ColumnChoice | None = None) -> Reflections:
    """Amplitudes of the chosen column (None: the most likely one) with notes.

    Raises
    ------
    UserError
        where `choice` is none, the file is damaged, holds no reflections, or neither it nor
        a file of the same name beside it gives cell and space group.
    """
    source = SourceFile.of(file)
    reflections = reflection_file(source)
    check_choice(choice)
    with faults_of(reader_of(source), source), faults_beside(source):
        choice = choice or choices_of(reflections, source)[0]
        measured = reflections.measured(choice)
    symmetry = measured.symmetry
    if not symmetry.known:
        problem = symmetry.problem or "gives no known space group"
        raise NoSpaceGroupGiven(
            f"{source.name} {problem}, and its folder has no model or "
            f"instruction file of the same name that does: put {source.stem}.pdb or .res there."
        )
    data, group = measured.data, symmetry.spacegroup or p1()
    if symmetry.operations is not None:
        data = data.expanded(symmetry.operations)
    amplitudes, notes = amplitudes_of(data, measured.cell, group, measured.label, source.name)
    _, radiation_note = measured.experiment.resolved()
    every = (*measured.notes, radiation_note, *notes)
    return Reflections(
        amplitudes,
        tuple(note for note in every if note),
        measured.companion,
        choice.is_calculated,
    )


def check_choice(choice: object) -> None:
    """Check that a column is chosen by a `ColumnChoice`; else a file would seem to be damaged.

    Raises
    ------
    UserError : by something else, such as its label.
    """
    if choice is not None and not isinstance(choice, ColumnChoice):
        raise UserError(
            f"A column is chosen by one of `list_columns`, not by {choice!r}: choose one, or use "
            "`patterson_gui.open`, which takes the label."
        )


def reflection_file(source: SourceFile) -> ReflectionFile:
    """The reflections of a file. It may have no column that can become amplitudes.

    Raises
    ------
    UserError : the file is of a kind that holds none, or is damaged.
    """
    return source.parsed(_reflection_file)


def _reflection_file(source: SourceFile) -> ReflectionFile:
    reader = reader_of(source)
    if reader.reflections is None:
        raise UserError(
            f"{source.name} holds no reflections (it is of the kind “{reader.kind}”): choose an "
            "MTZ, mmCIF or SHELX .hkl file."
        )
    with faults_of(reader, source):
        return reader.reflections(source, lambda: crystallography_beside(source))


def reflections_beside(source: SourceFile) -> SourceFile:
    """The file of reflections that belongs to instructions or a cell; other files unchanged.

    Raises
    ------
    UserError : there is no such file in the same folder.
    """
    reader = reader_of(source)
    if reader.reflections is not None or not reader.reflections_beside:
        return source
    beside = source.beside(reader.reflections_beside)
    if not beside:
        raise UserError(
            f"{source.name} holds no reflections, and its folder has none of its name: put "
            f"{source.stem}{reader.reflections_beside[0]} there."
        )
    return beside[0]


def choices_of(reflections: ReflectionFile, source: SourceFile) -> list[ColumnChoice]:
    """The columns of a file that can become amplitudes. `UserError` where it has none."""
    choices = reflections.choices
    if not choices and (problem := problem_of(reflections)):
        raise UserError(problem)
    if not choices:
        raise UserError(
            f"{source.name} holds neither amplitudes nor intensities: choose a file with "
            f"{reflections.expected}."
        )
    return choices


def problem_of(reflections: ReflectionFile) -> str:
    """Why reflections in a file are not read, in a sentence; "" for nothing. Readers of other
    packages may not say it."""
    return str(getattr(reflections, "problem", ""))


def crystallography_beside(source: SourceFile) -> Crystallography | None:
    """What the first file of the same name says that gives cell and symmetry, or else the
    first that gives a cell."""
    with_cell = None
    for companion in source.beside(COMPANIONS):
        try:
            read = reader_of(companion).crystallography
            found = read(companion) if read else None
        except UserError:
            continue  # a file of the same name may be anything
        if found is not None and found.symmetry.known:
            return found
        with_cell = with_cell or found
    return with_cell


@contextmanager
def faults_beside(source: SourceFile) -> Iterator[None]:
    """Where no file gives the cell, say what is wrong with the file of the same name, if it is
    one that should give it."""
    try:
        yield
    except NoCellGiven as error:
        for companion in source.beside(COMPANIONS):
            try:
                read = reader_of(companion).crystallography
            except UserError:
                continue  # a file of the same name may be anything
            try:
                _ = read(companion) if read else None
            except UserError as fault:
                raise NoCellGiven(str(fault)) from error
        raise
