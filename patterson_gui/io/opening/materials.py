"""Read the crystals of any file with atoms. A crystal is built only when it is asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.errors import UserError
from patterson_gui.io.guards import faults_as_sentences
from patterson_gui.io.models.material_file import ListedMaterials, MaterialFile, named_after
from patterson_gui.io.opening.models import read_model_contents
from patterson_gui.io.opening.registry import faults_of, reader_of
from patterson_gui.io.source_file import SourceFile


def open_materials(file: Path | str | SourceFile) -> MaterialFile:
    """The crystals of a file of any format, which is identified by its content.

    Raises
    ------
    UserError : the file cannot be read, or its kind has no atoms.
    """
    source = SourceFile.of(file)
    reader = reader_of(source)
    if reader.materials is not None:
        with faults_of(reader, source):
            return _Guarded(reader.materials(source), source.name)
    if reader.models is not None:
        one = ListedMaterials([lambda: _of_model(source)])
        return _Guarded(one, source.name)
    raise UserError(
        f"{source.name} has no atoms (it is of the kind “{reader.kind}”): choose CIF, "
        "extended XYZ, POSCAR or another file with atoms."
    )


def _of_model(source: SourceFile) -> Material:
    contents = read_model_contents(source)
    material = named_after(material_of(contents.structure), source)
    return replace(material, notes=contents.notes)


class _Guarded:
    """The crystals of a file; an error that its reader did not foresee is a `UserError`."""

    def __init__(self, file: MaterialFile, name: str) -> None:
        self._file, self._name = file, name

    @property
    def damage(self) -> UserError | None:
        return self._file.damage

    def __len__(self) -> int:
        return len(self._file)

    def fields(self, i: int) -> Mapping[str, str]:
        """Fields of crystal i."""
        return self._file.fields(i)

    def material(self, i: int) -> Material:
        """Crystal i."""
        with faults_as_sentences(f"Crystal {i + 1} of {self._name}"):
            return self._file.material(i)


def read_materials(path: Path | str) -> list[Material]:
    """All crystals of a file.

    Raises
    ------
    UserError : a crystal cannot be read; the error names it.
    """
    return list(iterate_materials(path))


def iterate_materials(
    path: Path | str, skipped: Callable[[UserError], None] | None = None
) -> Iterator[Material]:
    """Yield the crystals of a file.

    skipped : called with the error of each crystal that cannot be read; None: raise the first
        error.
    """
    file = open_materials(path)
    for i in range(len(file)):
        try:
            material = file.material(i)
        except UserError as error:
            if skipped is None:
                raise
            skipped(error)
            continue
        yield material
    if file.damage is not None:
        if skipped is None:
            raise file.damage
        skipped(file.damage)


def choose_materials(path: Path | str, indices: Iterable[int]) -> list[Material]:
    """The crystals with these indices (from 0), in this order. No others are built.

    Raises
    ------
    UserError : an index is too large, or a crystal cannot be read.
    """
    file = open_materials(path)
    chosen = []
    for i in indices:
        if not 0 <= i < len(file):
            raise file.damage or UserError(
                f"{Path(path).name} has no crystal number {i + 1}, only {len(file)}: choose a "
                "smaller number."
            )
        chosen.append(file.material(i))
    return chosen
