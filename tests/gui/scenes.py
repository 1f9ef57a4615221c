"""Maps and models that the tests of the views share."""

import gemmi
import numpy as np

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind

CUBE = gemmi.UnitCell(12.0, 12.0, 12.0, 90.0, 90.0, 90.0)
TRICLINIC = gemmi.UnitCell(13.0, 15.0, 17.0, 75.0, 100.0, 112.0)


def blob(
    centre: tuple[float, float, float] = (0.5, 0.5, 0.5),
    kind: MapKind = MapKind.PREDICTED,
    cell: gemmi.UnitCell = CUBE,
    width: float = 1.2,
) -> DensityMap:
    """A zero-mean Gaussian of `width` Å at a fractional place of a cell."""
    frac = np.stack(np.meshgrid(*[np.arange(24) / 24] * 3, indexing="ij"), axis=-1)
    offset = frac - np.array(centre)
    offset -= np.round(offset)
    away = offset @ np.array(cell.orth.mat.tolist()).T
    grid = np.exp(-(away**2).sum(axis=-1) / (2 * width**2))
    return DensityMap(grid - grid.mean(), cell, gemmi.SpaceGroup("P 1"), kind, 1.5)


def peptide() -> gemmi.Structure:
    """Five heavy atoms of a backbone and a water, in the cube."""
    structure = gemmi.Structure()
    structure.cell = CUBE
    chain = gemmi.Chain("A")
    alanine = gemmi.Residue()
    alanine.name = "ALA"
    alanine.seqid = gemmi.SeqId("12")
    for name, element, place in (
        ("N", "N", (4.6, 6.0, 6.0)),
        ("CA", "C", (6.0, 6.3, 6.0)),
        ("C", "C", (6.8, 5.0, 6.0)),
        ("O", "O", (6.3, 3.9, 6.0)),
        ("CB", "C", (6.4, 7.1, 7.25)),
    ):
        alanine.add_atom(_atom(name, element, place))
    water = gemmi.Residue()
    water.name = "HOH"
    water.seqid = gemmi.SeqId("101")
    water.add_atom(_atom("O", "O", (2.0, 2.0, 2.0)))
    chain.add_residue(alanine)
    chain.add_residue(water)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    return structure


def _atom(name: str, element: str, place: tuple[float, float, float]) -> gemmi.Atom:
    atom = gemmi.Atom()
    atom.name = name
    atom.element = gemmi.Element(element)
    atom.pos = gemmi.Position(*place)
    atom.altloc = "\0"
    return atom
