"""Read the crystals of any file with atoms. A crystal is built only when it is asked for."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.errors import UserError
from patterson_gui.io.models.material_file import ListedMaterials, MaterialFile, named_after
from patterson_gui.io.opening.models import read_model
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
            return reader.materials(source)
    if reader.models is not None:
        return ListedMaterials([lambda: named_after(material_of(read_model(source)), source)])
    raise UserError(
        f"{source.name} has no atoms (it is of the kind “{reader.kind}”): choose CIF, "
        "extended XYZ, POSCAR or another file with atoms."
    )


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
