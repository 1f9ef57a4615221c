"""Small problems with known answers, made by gemmi's own direct summation."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.equivalents import unique_reflections
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

# Ala-Ser of an ideal strand: element and Cartesian position, Å.
_DIPEPTIDE = """
N -0.97 1.35 0.02
C 0.01 0.26 0.03
C 1.36 0.78 -0.46
O 1.45 1.72 -1.25
C -0.44 -0.88 -0.87
N 2.42 0.14 0.02
C 3.77 0.53 -0.37
C 4.78 -0.47 0.16
O 4.52 -1.18 1.14
C 4.13 1.92 0.14
O 5.43 2.31 -0.31
"""


@pytest.fixture(scope="session")
def dipeptide() -> Crystal:
    """Eleven atoms in a 12 Å cube to 1.5 Å, with its model and its true density."""
    structure = gemmi.Structure()
    structure.name = "made"
    structure.cell = gemmi.UnitCell(12, 12, 12, 90, 90, 90)
    structure.spacegroup_hm = "P 1"
    model, chain, residue = gemmi.Model(1), gemmi.Chain("A"), gemmi.Residue()
    residue.name, residue.seqid = "ALA", gemmi.SeqId("1")
    lines = [line.split() for line in _DIPEPTIDE.strip().splitlines()]
    positions = np.array([[float(x) for x in line[1:]] for line in lines])
    numbers = np.array([gemmi.Element(line[0]).atomic_number for line in lines])
    positions += 6.0 - numbers @ positions / numbers.sum()
    for line, position in zip(lines, positions, strict=True):
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso = line[0], gemmi.Element(line[0]), 20.0
        atom.pos = gemmi.Position(*position)
        residue.add_atom(atom)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_cell_images()
    hkl = unique_reflections(structure.cell, p1(), 1.5)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    f = np.array([calculator.calculate_sf_from_model(structure[0], list(h)) for h in hkl.tolist()])
    truth = DensityMap(
        map_from_terms(hkl, f, structure.cell, (24, 24, 24)),
        structure.cell,
        p1(),
        MapKind.TRUE,
        1.5,
    )
    amplitudes = Amplitudes(hkl, np.abs(f).astype(np.float32), structure.cell, p1(), absolute=True)
    return Crystal(
        name="made",
        cell=structure.cell,
        spacegroup=p1(),
        amplitudes=amplitudes,
        model=structure,
        composition=Composition({"C": 6, "N": 2, "O": 3}),
        truth=truth,
        is_fragment=True,
    )
