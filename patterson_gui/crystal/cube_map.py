"""The cube that crystals are encoded from, as what views and other programs show: a map and atoms
in a P1 cell of its size."""

from collections import Counter

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.cube import EDGE, Sample
from patterson_gui.crystal.density import DensityMap, MapKind
from patterson_gui.crystal.material_structure import B_ISO


def cube_map(density: NDArray[np.float32], kind: MapKind, name: str = "") -> DensityMap:
    """A density (30, 30, 30), e/Å³, as a map of a cubic cell of 10 Å."""
    return DensityMap(density, gemmi.UnitCell(EDGE, EDGE, EDGE, 90, 90, 90), p1(), kind, name=name)


def cube_structure(sample: Sample, name: str = "") -> gemmi.Structure:
    """The atoms inside the cube in that cell, where they stand in it."""
    structure = gemmi.Structure()
    structure.name = name
    structure.cell = gemmi.UnitCell(EDGE, EDGE, EDGE, 90, 90, 90)
    structure.spacegroup_hm = "P 1"
    residue = gemmi.Residue()
    residue.name, residue.seqid, residue.het_flag = "UNL", gemmi.SeqId("1"), "H"
    counts: Counter[str] = Counter()
    inside = sample.inside
    for number, place in zip(sample.numbers[inside], sample.positions[inside], strict=True):
        atom = gemmi.Atom()
        atom.element = gemmi.Element(int(number))
        counts[atom.element.name] += 1
        atom.name = f"{atom.element.name}{counts[atom.element.name]}"
        atom.pos, atom.b_iso, atom.occ = gemmi.Position(*place), B_ISO, 1.0
        residue.add_atom(atom)
    chain, model = gemmi.Chain("A"), gemmi.Model(1)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    return structure
