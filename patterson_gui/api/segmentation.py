"""Find the atoms in a density map with a trained network: `segment`."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.api.arguments import PathLike, one_of, path_of
from patterson_gui.api.materials import load_coder
from patterson_gui.crystal.maps import density_map
from patterson_gui.crystal.materials.cube import EDGE, POINTS, Sample
from patterson_gui.crystal.materials.cube_map import cube_structure
from patterson_gui.crystal.materials.structure import material_of
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.nets.inference.segment_atoms import DEFAULT, atoms_of_map


@dataclass(frozen=True, eq=False)
class SegmentedAtoms:
    """Atoms found in a density map.

    Attributes
    ----------
    structure : the atoms as a P1 model in the cell of the map.
    source : name of the map.
    explained : share of the density that the atoms account for, 0..1; None for electron densities.
    """

    structure: gemmi.Structure
    source: str
    explained: float | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Number of atoms of each element, the most common first."""
        elements = (site.atom.element.name for site in self.structure[0].all())
        return dict(Counter(elements).most_common())

    def save(self, path: PathLike) -> None:
        """Write the atoms as CIF, PDB, extended XYZ or POSCAR, by the ending of the name.

        Raises
        ------
        UserError : no atoms were found, the format is unknown, or the file cannot be written.
        """
        material = material_of(self.structure)
        if not len(material):
            raise UserError(
                f"No atoms were found in {self.source}, so there is nothing to write: check that "
                "it is an electron density."
            )
        provenance = f"Atoms found by patterson_gui in {self.source}."
        write_materials(path_of(path, "path"), [material], provenance)

    def __repr__(self) -> str:
        counts = self.counts
        listed = ", ".join(f"{n} {element}" for element, n in counts.items()) or "none"
        return f"<SegmentedAtoms of {self.source}: {listed}>"


@machine_faults_as_sentences()
def segment(
    source: density_map.DensityMap | PathLike,
    *,
    elements: str = "auto",
    model: str | Path | None = None,
) -> SegmentedAtoms:
    """Find the atoms in a density map, and their elements, with a trained network.

    Parameters
    ----------
    source : a map, or the path of its file (CCP4, MRC).
    elements : "organic": C, N, O and S in an electron density; "all": any element, in a cube of
        10 Å with 30 points along each edge, as `decode` makes it; "auto": "all" for such a cube,
        otherwise "organic".
    model : trained weights, by name or file; None: those that come with the program.

    Raises
    ------
    UserError : the map cannot be read, or `elements` is "all" and the map is not such a cube.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.segment(pg.example().truth).counts["C"]
    13
    """
    one_of(elements, ("auto", "organic", "all"), "elements")
    if isinstance(source, density_map.DensityMap):
        density, name = source, source.name or "the map"
    else:
        path = path_of(source, "source")
        density, name = read_map(path), path.name
    cube = is_cube(density)
    if elements == "all" and not cube:
        raise UserError(
            f"{name} is not a cube of 10 Å with {POINTS} points along each edge, which the "
            "elements 'all' require: choose the elements 'organic' for an electron density."
        )
    if elements == "organic" or (elements == "auto" and not cube):
        chosen = DEFAULT if model is None else str(model)
        return SegmentedAtoms(atoms_of_map(density, model=chosen), name)
    fit = load_coder("crystal", model).atoms_of_density(density.grid)
    found = Sample(fit.positions, fit.numbers, EDGE * np.eye(3), "crystal")
    return SegmentedAtoms(cube_structure(found, density.name), name, 1 - fit.residual)


def is_cube(density: density_map.DensityMap) -> bool:
    """Whether a map has the size and the grid of the cube in which crystals are encoded."""
    cell = density.cell
    right = all(abs(angle - 90) < 1e-3 for angle in (cell.alpha, cell.beta, cell.gamma))
    edges = all(abs(edge - EDGE) < 1e-3 for edge in (cell.a, cell.b, cell.c))
    return right and edges and density.shape == (POINTS,) * 3
