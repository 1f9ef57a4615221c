"""What the Explorer has on its table, and the work that puts it there, in a job's thread."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.materials.cube import (
    Kind,
    Sample,
    gaussian_density,
    images,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.cube_map import cube_map
from patterson_gui.crystal.materials.latent import CrystalCoder, Decoded, Latent
from patterson_gui.crystal.materials.material import Material
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.crystal.materials.validity import Validity, check
from patterson_gui.errors import UserError

THINNEST = 0.7  # Å: a lattice with faces nearer to each other holds no atom between them
MOST_VOLUME = 2000.0  # Å³ of a cell that is looked at through a window: twice the cube
MOST_CRYSTALS = 20_000  # of a file that are listed to choose from


@dataclass(frozen=True, eq=False)
class Encoded:
    """A crystal in the cube.

    Attributes
    ----------
    atoms : (n,) which atom of the material each atom of the sample is.
    latent : None where there is no network.
    """

    material: Material
    sample: Sample
    density: DensityMap
    atoms: NDArray[np.int64]
    latent: Latent | None

    def nearest(self, place: NDArray[np.float64]) -> int:
        """The atom of the material that lies at a place of the cube, Å."""
        away = ((self.sample.positions - place) ** 2).sum(axis=1)
        return int(self.atoms[int(away.argmin())])

    def place(self, atom: int) -> NDArray[np.float64]:
        """(3,) Å in the cube, of an atom of the material: inside, if any of its copies is."""
        copies = self.atoms == atom
        inside = copies & self.sample.inside
        chosen = np.flatnonzero(inside if inside.any() else copies)
        return np.asarray(self.sample.positions[chosen[0]] if len(chosen) else np.zeros(3))


@dataclass(frozen=True, eq=False)
class Judged:
    """What can be said of decoded atoms.

    Attributes
    ----------
    explained : share of the density that they account for.
    validity : distances, charges and mass of the crystal; None where there are no atoms, or the
        lattice is so flat that it is none.
    agreement : correlation of decoded with encoded density, where the latent is that of the
        encoded crystal; else None.
    same_atoms : whether composition came back, likewise.
    """

    explained: float
    validity: Validity | None
    agreement: float | None = None
    same_atoms: bool | None = None


def encode(material: Material, kind: Kind, coder: CrystalCoder | None) -> Encoded:
    """Put a crystal into the cube and, where there is a network, into its latent space.

    Raises
    ------
    UserError : it does not fit, or has what the network has never seen.
    """
    if kind == "crystal":
        sample = unit_cell_sample(material)
        atoms = np.arange(len(material))
    else:
        _refuse_large(material)
        sample = window_sample(material)
        lattice = material.lattice
        assert lattice is not None  # else there were no sample
        _, _, atoms = images(material.positions, material.numbers, lattice)
    density = gaussian_density(sample.positions, sample.numbers)
    shown = cube_map(density, MapKind.TRUE, material.label)
    _ = shown.rmsd  # cached here, in the job, so that the window does not compute it
    latent = None if coder is None else coder.encode(material)
    return Encoded(material, sample, shown, atoms, latent)


def _refuse_large(material: Material) -> None:
    """A window holds only a part of a large cell: to look for the rest would take minutes, and
    end in atoms that nothing was known of."""
    if material.volume > MOST_VOLUME:
        raise UserError(
            f"The unit cell of {material.label} ({material.volume:,.0f} Å³) is much larger than a "
            "window of 10 Å, which cannot tell all of its atoms: choose a crystal with a cell "
            f"below {MOST_VOLUME:,.0f} Å³."
        )


def decoded_map(density: NDArray[np.float32], name: str) -> DensityMap:
    """What the decoder says, for a view."""
    shown = cube_map(density, MapKind.PREDICTED, name)
    _ = shown.rmsd
    return shown


def judge(decoded: Decoded, encoded: Encoded | None) -> Judged:
    """Hold decoded atoms against what crystals are like, and against what was encoded; `encoded`
    None: the latent is not that of a crystal."""
    material = decoded.material
    validity = check(material) if len(material) and thickness(material) >= THINNEST else None
    if encoded is None:
        return Judged(decoded.explained, validity)
    given, found = encoded.density.grid.ravel(), decoded.density.ravel()
    agreement = float(np.corrcoef(given, found)[0, 1]) if given.std() and found.std() else 0.0
    same = Counter(material.numbers.tolist()) == Counter(encoded.material.numbers.tolist())
    return Judged(decoded.explained, validity, agreement, same)


def thickness(material: Material) -> float:
    """How far opposite faces of the cell are apart, Å, where they are nearest."""
    if material.lattice is None or not material.volume > 0:
        return 0.0
    return float(1 / np.linalg.norm(np.linalg.inv(material.lattice), axis=0).max())


def material_of_open(crystal: Crystal) -> Material:
    """What is open in the main window, as a crystal to encode.

    Raises
    ------
    UserError : it has no atoms, or sites that are only partly there.
    """
    if crystal.material is not None:
        return crystal.material
    if crystal.model is None:
        raise UserError(
            f"{crystal.name} is open without atoms, and it is atoms that are encoded: open a "
            "structure or a crystal file."
        )
    return material_of(crystal.model)


def materials_of_file(path: Path) -> list[Material]:
    """The crystals of a file, to choose from where there are several."""
    from patterson_gui.io.opening.materials import open_materials  # loads h5py

    file = open_materials(path)
    if not len(file):
        raise file.damage or UserError(f"{path.name} holds no crystals: choose another file.")
    return [file.material(i) for i in range(min(len(file), MOST_CRYSTALS))]
