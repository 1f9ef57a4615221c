"""The description of a reader: how it recognises its files, and what it reads from them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import gemmi

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.maps.ccp4 import MapContents
from patterson_gui.io.models.contents import ReadModel
from patterson_gui.io.models.material_file import MaterialFile
from patterson_gui.io.reflections.reflection_file import Beside, ReflectionFile
from patterson_gui.io.source_file import SourceFile


class FileKind(StrEnum):
    """The kinds of files that this program reads without other packages."""

    BUNDLE = "bundle"
    MTZ = "MTZ"
    MAP = "map"
    CIF = "CIF"
    PDB = "PDB"
    SHELX_INSTRUCTIONS = "SHELX instructions"
    SHELX_REFLECTIONS = "SHELX reflections"
    P4P = "Bruker cell"
    XDS = "XDS reflections"
    SCALEPACK = "Scalepack reflections"
    UNMERGED_SCALEPACK = "unmerged Scalepack reflections"
    XYZ = "XYZ"
    ATOMS = "atoms of another program"  # in one of the formats of io/models/ase_formats.py
    CHARGE_DENSITY = "density of VASP"
    DATASET = "data set"


class Contents(StrEnum):
    """What a file can hold, as named in the filters of a file dialog."""

    MODELS = "Models"
    CRYSTALS = "Crystals"
    REFLECTIONS = "Reflections"
    MAPS = "Maps"
    BUNDLES = "Prediction bundles"
    DATA_SETS = "Data sets"


@dataclass(frozen=True, eq=False)
class Reader:
    """One kind of file: how to recognise it, and functions that read it.

    A reader has functions for what its files can hold; the others are None. Each takes a
    `SourceFile` and raises `UserError` for a file that it cannot read.

    Attributes
    ----------
    kind : a short name, for messages: "MTZ".
    sniff : whether a file is of this kind, from its first bytes (`head`, `head_text`) alone.
    patterns : patterns of file names, for file dialogs only: ("*.pdb", "*.ent").
    names : name of the format in messages, for each of its contents; by default the kind.
    models : the models of a file, with notes where a reader has any; they are checked and named
        afterwards.
    has_models : whether a file has models, for kinds that can be without.
    reflections : the measured reflections. The second argument finds the cell in other files.
    density : a map.
    materials : all crystals of a file that may hold thousands. Without it, the first model is one.
    crystal : a whole crystal, for kinds that hold more than one of the above.
    crystallography : cell and space group for reflections that lie beside the file.
    compositions : cells and their non-hydrogen atoms by element.
    reflections_beside : endings of the reflection files that belong to a file of this kind.
    provider : the package that the reader comes from; '' for this program's own.
    """

    kind: str
    sniff: Callable[[SourceFile], bool]
    patterns: tuple[str, ...] = ()
    names: Mapping[Contents, str] = field(default_factory=dict)
    models: Callable[[SourceFile], Iterator[gemmi.Structure | ReadModel]] | None = None
    has_models: Callable[[SourceFile], bool] | None = None
    reflections: Callable[[SourceFile, Beside], ReflectionFile] | None = None
    density: Callable[[SourceFile], MapContents] | None = None
    materials: Callable[[SourceFile], MaterialFile] | None = None
    crystal: Callable[[SourceFile], Crystal] | None = None
    crystallography: Callable[[SourceFile], Crystallography | None] | None = None
    compositions: Callable[[SourceFile], Iterator[tuple[gemmi.UnitCell, dict[str, int]]]] | None = (
        None
    )
    reflections_beside: tuple[str, ...] = ()
    provider: str = ""

    @property
    def contents(self) -> tuple[Contents, ...]:
        """What files of this kind can hold."""
        if self.kind == FileKind.DATASET:
            return (Contents.DATA_SETS,)
        holds = {
            Contents.MODELS: self.models,
            Contents.CRYSTALS: self.materials or self.models,
            Contents.REFLECTIONS: self.reflections or (not self.models and self.reflections_beside),
            Contents.MAPS: self.density,
            Contents.BUNDLES: self.crystal,
        }
        return tuple(contents for contents, read in holds.items() if read)

    def name_for(self, contents: Contents) -> str:
        """What a message calls the format where it speaks of these contents; '' for nothing."""
        return self.names.get(contents, self.kind)
