"""Encodes a crystal: puts it into the cube, and into the latent space of a network.

The functions are slow and run in jobs.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import (
    Sample,
    SampleKind,
    gaussian_density,
    images,
    unit_cell_sample,
    window_sample,
)
from patterson_gui.crystal.materials.cube_map import cube_map
from patterson_gui.crystal.materials.latent import CrystalCoder, Latent
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.errors import UserError

MOST_VOLUME = 2000.0  # Å³, of a cell that is encoded as windows: twice the cube
MOST_CRYSTALS = 20_000  # crystals of one file that are listed


@dataclass(frozen=True, eq=False)
class Encoded:
    """A crystal in the cube.

    Attributes
    ----------
    atoms : (n,) for each atom of the sample, the index of that atom in the material.
    latent : None where there is no network.
    """

    material: Material
    sample: Sample
    density: DensityMap
    atoms: NDArray[np.int64]
    latent: Latent | None

    def nearest(self, place: NDArray[np.float64]) -> int:
        """Index of the material's atom that is nearest to a place in the cube (3,), Å."""
        away = ((self.sample.positions - place) ** 2).sum(axis=1)
        return int(self.atoms[int(away.argmin())])

    def place(self, atom: int) -> NDArray[np.float64]:
        """Place of an atom of the material in the cube, (3,), Å; inside the cube if a copy is."""
        copies = self.atoms == atom
        inside = copies & self.sample.inside
        chosen = np.flatnonzero(inside if inside.any() else copies)
        return np.asarray(self.sample.positions[chosen[0]] if len(chosen) else np.zeros(3))


def encode(material: Material, kind: SampleKind, coder: CrystalCoder | None) -> Encoded:
    """Put a crystal into the cube and, where there is a network, into its latent space.

    Raises
    ------
    UserError : the crystal does not fit, or the network was not trained for it.
    """
    if kind == "crystal":
        sample = unit_cell_sample(material)
        atoms = np.arange(len(material))
    else:
        _refuse_large(material)
        sample = window_sample(material)
        lattice = material.lattice
        assert lattice is not None  # window_sample refuses crystals without one
        _, _, atoms = images(material.positions, material.numbers, lattice)
    density = gaussian_density(sample.positions, sample.numbers)
    shown = cube_map(density, MapKind.TRUE, material.label)
    _ = shown.rmsd  # cached here, in the job, so that the window does not compute it
    latent = None if coder is None else coder.encode(material)
    return Encoded(material, sample, shown, atoms, latent)


def _refuse_large(material: Material) -> None:
    """Refuse a cell that is much larger than a window: a window does not show all its atoms, and
    searching for the others would take minutes."""
    if material.volume > MOST_VOLUME:
        raise UserError(
            f"The unit cell of {material.label} ({material.volume:,.0f} Å³) is much larger than a "
            "window of 10 Å, which does not show all of its atoms: choose a crystal with a cell "
            f"below {MOST_VOLUME:,.0f} Å³."
        )


def decoded_map(density: NDArray[np.float32], name: str) -> DensityMap:
    """A decoded density as a map that a view can show."""
    shown = cube_map(density, MapKind.PREDICTED, name)
    _ = shown.rmsd
    return shown


def material_of_open(crystal: Crystal) -> Material:
    """The crystal that is open in the main window, as one to encode.

    Raises
    ------
    UserError : it has no atoms, or partly occupied sites.
    """
    if crystal.material is not None:
        return crystal.material
    if crystal.model is None:
        raise UserError(
            f"{crystal.name} is open without atoms, so it cannot be encoded: open a structure or a "
            "crystal file."
        )
    return material_of(crystal.model)


def materials_of_file(path: Path) -> list[Material]:
    """The crystals in a file, at most `MOST_CRYSTALS`.

    Raises
    ------
    UserError : the file cannot be read, or holds no crystal.
    """
    from patterson_gui.io.opening.materials import open_materials  # loads h5py

    file = open_materials(path)
    if not len(file):
        raise file.damage or UserError(f"{path.name} holds no crystals: choose another file.")
    return [file.material(i) for i in range(min(len(file), MOST_CRYSTALS))]
