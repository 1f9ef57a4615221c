"""Latents (crystals encoded to 300 numbers) and decoded crystals, with `save` methods."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Self

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials import latent as ground
from patterson_gui.crystal.materials.cube_map import cube_map
from patterson_gui.crystal.materials.validity import check
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder
from patterson_gui.io.latents import write_latent
from patterson_gui.io.models.writers.materials import write_materials

if TYPE_CHECKING:
    from patterson_gui.crystal.materials.validity import Validity


class Latent(ground.Latent):
    """A crystal encoded to a vector of 300 numbers, with `save`.

    Its attributes are described at `patterson_gui.crystal.materials.latent.Latent`, of which
    this is a subclass.
    """

    @classmethod
    def of(cls, latent: ground.Latent) -> Self:
        """Convert a latent to this class; the vector is shared."""
        if isinstance(latent, cls):
            return latent
        return cls(**{field.name: getattr(latent, field.name) for field in fields(latent)})

    def save(self, path: PathLike) -> None:
        """Write the latent as JSON, every number with all its digits.

        Raises
        ------
        UserError : the file cannot be written.
        """
        write_latent(path_of(path, "path"), self)


@dataclass(frozen=True, eq=False)
class DecodedCrystal:
    """The crystal decoded from a latent.

    Attributes
    ----------
    latent : the latent that was decoded.
    decoded : the density that the network gives, and the atoms found in it.
    """

    latent: Latent
    decoded: ground.Decoded

    @property
    def material(self) -> Material:
        """Lattice and atoms of one cell: `positions` (n, 3) Å, `numbers` (n,), `lattice` (3, 3)."""
        return self.decoded.material

    @property
    def explained(self) -> float:
        """Share of the density that the atoms account for, 0..1. A value well below 1 means that
        the decoded density is not a density of atoms."""
        return self.decoded.explained

    @cached_property
    def density(self) -> DensityMap:
        """The decoded density, e/Å³, in a cube of 10 Å with 30 points along each edge."""
        return DensityMap.of(cube_map(self.decoded.density, MapKind.PREDICTED, self.latent.name))

    @cached_property
    def validity(self) -> "Validity":
        """Checks of distances, charges and mass density. They do not tell whether the crystal
        is stable."""
        return check(self.material)

    @property
    def provenance(self) -> str:
        """How the crystal was made: the text that is written into its file."""
        latent = self.latent
        return (
            f"Decoded by patterson_gui from 300 numbers ({latent.name or 'without a name'}; "
            f"network {latent.network}, {latent.kind}); its atoms explain {self.explained:.1%} of "
            "the decoded density; stability is not judged."
        )

    def save(self, path: PathLike) -> None:
        """Write the crystal as CIF, PDB, extended XYZ or POSCAR, by the ending of the name.

        Raises
        ------
        UserError : no atoms were found in the decoded density, the format is unknown, or the
            file cannot be written.
        """
        if not len(self.material):
            raise UserError(
                "No atoms were found in the decoded density, so there is no crystal to write: "
                "choose another latent, or save the density."
            )
        write_materials(path_of(path, "path"), [self.material], self.provenance)

    def __repr__(self) -> str:
        material = self.material
        return (
            f"<DecodedCrystal {material.formula or 'without atoms'}: {len(material)} atoms "
            f"explain {self.explained:.1%} of the density>"
        )

    def _repr_html_(self) -> str:
        sentences = self.validity.sentences if len(self.material) else ()
        rows = [
            ("latent", self.latent.name or "without a name"),
            ("atoms", str(len(self.material))),
            ("explained", f"{self.explained:.1%} of the density"),
            *(("check", sentence) for sentence in sentences),
        ]
        return summary(self.material.formula or "without atoms", rows, self.density)


class DecodedCrystals(tuple[DecodedCrystal, ...]):
    """Several decoded crystals, with `save` to write all into a folder."""

    stem: str

    def __new__(cls, crystals: Iterable[DecodedCrystal] = (), stem: str = "crystal") -> Self:
        made = super().__new__(cls, crystals)
        made.stem = stem
        return made

    @property
    def names(self) -> list[str]:
        """The names of their files, without endings."""
        width = len(str(len(self)))
        return [f"{self.stem}-{i + 1:0{width}d}" for i in range(len(self))]

    def save(self, folder: PathLike, on_saved: Callable[[str], None] = lambda name: None) -> Path:
        """Write each as CIF (where it has atoms), its density as CCP4 and its latent as JSON.

        Parameters
        ----------
        on_saved : called with each name after its files are written.

        Raises
        ------
        UserError : a file cannot be written.
        """
        folder = path_of(folder, "folder")
        make_folder(folder)
        for name, crystal in zip(self.names, self, strict=True):
            if len(crystal.material):
                crystal.save(folder / f"{name}.cif")
            crystal.density.save(folder / f"{name}.ccp4")
            crystal.latent.save(folder / f"{name}.json")
            on_saved(name)
        return folder

    def __repr__(self) -> str:
        return "\n".join(f"{n}  {c!r}" for n, c in zip(self.names, self, strict=True))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(crystal.material.formula)}</td>"
            f"<td>{len(crystal.material)} atoms</td><td>{crystal.explained:.1%}</td></tr>"
            for name, crystal in zip(self.names, self, strict=True)
        )
        return f"<table>{rows}</table>"
