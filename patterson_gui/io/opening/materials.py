"""Read the crystals of a file of any kind that holds atoms. Only those asked for are built."""

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
    """The crystals of a file, of whatever format; the content decides.

    Raises
    ------
    UserError : it cannot be read, or is of no kind that has atoms.
    """
    source = SourceFile.of(file)
    reader = reader_of(source)
    if reader.materials is not None:
        with faults_of(reader, source):
            return reader.materials(source)
    if reader.models is not None:
        return ListedMaterials([lambda: named_after(material_of(read_model(source)), source)])
    raise UserError(
        f"{source.name} holds no crystal but is of the kind “{reader.kind}”: choose CIF, "
        "extended XYZ, POSCAR or another file with atoms."
    )


def read_materials(path: Path | str) -> list[Material]:
    """All crystals of a file.

    Raises
    ------
    UserError : any of them cannot be read; the sentence names which.
    """
    return list(iterate_materials(path))


def iterate_materials(
    path: Path | str, skipped: Callable[[UserError], None] | None = None
) -> Iterator[Material]:
    """The crystals of a file one after the other.

    skipped : called with the error of each that cannot be read; None: the first error is raised.
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
    """The crystals with these numbers (from 0), in this order; no others are built.

    Raises
    ------
    UserError : there is none of that number, or it cannot be read.
    """
    file = open_materials(path)
    chosen = []
    for i in indices:
        if not 0 <= i < len(file):
            raise file.damage or UserError(
                f"{Path(path).name} has no crystal number {i + 1} but only {len(file)}: choose a "
                "smaller number."
            )
        chosen.append(file.material(i))
    return chosen
