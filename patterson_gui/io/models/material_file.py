"""The interface of all readers of crystals: the crystals of a file, built one at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from patterson_gui.crystal.material import Material
from patterson_gui.errors import UserError
from patterson_gui.io.source_file import SourceFile

# Usual names of files of a format, which do not identify the crystal.
_GENERIC = ("poscar", "contcar", "xdatcar", "geometry", "coord")


class MaterialFile(Protocol):
    """The crystals of a file, built one at a time."""

    @property
    def damage(self) -> UserError | None:
        """The error at which reading ended early; None: the file is complete."""
        ...

    def __len__(self) -> int: ...

    def fields(self, i: int) -> Mapping[str, str]:
        """Fields of crystal i, such as `split`, read without building it; often empty."""
        ...

    def material(self, i: int) -> Material:
        """Crystal i. Raises `UserError` if it cannot be built."""
        ...


class ListedMaterials:
    """A list of functions that each build one crystal."""

    damage = None

    def __init__(self, readers: Sequence[Callable[[], Material]]) -> None:
        self._readers = readers

    def __len__(self) -> int:
        return len(self._readers)

    def fields(self, i: int) -> dict[str, str]:
        return {}

    def material(self, i: int) -> Material:
        return self._readers[i]()


def named_after(material: Material, source: SourceFile) -> Material:
    """The crystal with the name of its file as identifier, or '' for a usual name like POSCAR."""
    generic = any(word in source.stem.lower() for word in _GENERIC)
    return replace(material, name="", identifier="" if generic else source.stem)
