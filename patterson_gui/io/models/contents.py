"""The models of a file, checked and named after it, with notes for the user."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import gemmi

from patterson_gui.errors import UserError
from patterson_gui.io.models.checks import checked_model
from patterson_gui.io.source_file import SourceFile

_LINE = re.compile(r"line (\d+)[^:]*:?\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, eq=False)
class ModelContents:
    """A checked model with at least one atom of a known element, and notes for the user."""

    structure: gemmi.Structure
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReadModel:
    """A model as a reader finds it, not checked yet, and notes for the user."""

    structure: gemmi.Structure
    notes: tuple[str, ...] = ()


def model_contents(
    models: Iterable[gemmi.Structure | ReadModel], source: SourceFile
) -> Iterator[ModelContents]:
    """Yield the structures with atoms, named after the file and checked; at least one.

    Raises
    ------
    UserError : there is none, or one of them is impossible (see `checked_model`).
    """
    found = False
    for model in models:
        read = model if isinstance(model, ReadModel) else ReadModel(model)
        if count_atoms(read.structure):
            found = True
            read.structure.name = source.stem
            structure, notes = checked_model(read.structure, source.name)
            yield ModelContents(structure, (*read.notes, *notes))
    if not found:
        raise UserError(f"{source.name} holds no atoms: choose a file with coordinates.")


def count_atoms(structure: gemmi.Structure) -> int:
    """Number of atoms of the first model."""
    return int(structure[0].count_atom_sites()) if len(structure) else 0


def damaged_model(name: str, error: Exception) -> UserError:
    """The error for a file that gemmi cannot read as a model. It names the line if known."""
    match = _LINE.search(str(error))
    where = " ".join((f"line {match[1]}: {match[2]}" if match else str(error)).split())
    return UserError(
        f"{name} cannot be read as a model ({where}): it may be cut short or damaged; "
        "get it again or correct that line."
    )
