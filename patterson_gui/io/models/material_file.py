"""What every reader of crystals gives: the crystals of a file, built one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from patterson_gui.crystal.material import Material
from patterson_gui.errors import UserError
from patterson_gui.io.source_file import SourceFile

# Names that every file of a format has say nothing about the crystal.
_GENERIC = ("poscar", "contcar", "xdatcar", "geometry", "coord")


class MaterialFile(Protocol):
    """The crystals of a file, built one by one."""

    @property
    def damage(self) -> UserError | None:
        """Why there are no more, where the file is cut short; None where it is whole."""
        ...

    def __len__(self) -> int: ...

    def fields(self, i: int) -> Mapping[str, str]:
        """What the file says of crystal i without its being built, as `split`; often nothing."""
        ...

    def material(self, i: int) -> Material:
        """Crystal i; `UserError` where it can be none."""
        ...


class ListedMaterials:
    """Crystals of which each has a function that builds it."""

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
    """With the file's name as its identifier, where that name is not the same for all files."""
    generic = any(word in source.stem.lower() for word in _GENERIC)
    return replace(material, name="", identifier="" if generic else source.stem)
