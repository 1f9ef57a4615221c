"""Show the cube that crystals are encoded from as a map and a model in a P1 cell."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.materials.cube import EDGE, Sample
from patterson_gui.crystal.materials.structure import B_ISO
from patterson_gui.crystal.models.lone_atoms import structure_of_atoms


def cube_map(density: NDArray[np.float32], kind: MapKind, name: str = "") -> DensityMap:
    """A density (30, 30, 30), e/Å³, as a map of a cubic cell of 10 Å."""
    return DensityMap(density, _cell(), p1(), kind, name=name)


def cube_structure(sample: Sample, name: str = "") -> gemmi.Structure:
    """The atoms inside the cube as a model in this cell, at their positions in the cube."""
    inside = sample.inside
    elements = map(gemmi.Element, sample.numbers[inside].tolist())
    return structure_of_atoms(name, _cell(), elements, sample.positions[inside], B_ISO)


def _cell() -> gemmi.UnitCell:
    return gemmi.UnitCell(EDGE, EDGE, EDGE, 90, 90, 90)
