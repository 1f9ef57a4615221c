"""The nearest atom through symmetry, against distances by hand."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.nearest_atoms import nearest_atoms

CELL, GROUP = gemmi.UnitCell(30, 40, 50, 90, 90, 90), gemmi.SpaceGroup("P 21 21 21")


def test_images_and_cell_borders_count() -> None:
    structure = gemmi.Structure()
    chain, residue, atom = gemmi.Chain("A"), gemmi.Residue(), gemmi.Atom()
    residue.name, residue.seqid = "ALA", gemmi.SeqId("7")
    atom.name, atom.element = "CA", gemmi.Element("C")
    atom.pos = CELL.orthogonalize(gemmi.Fractional(0.1, 0.2, 0.02))
    residue.add_atom(atom)
    chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    places = np.array([
        [0.1, 0.2, 0.98],  # 2 Å below, across the border
        [0.5 - 0.1, -0.2, 0.52 + 0.02],  # 1 Å from the image ½ − x, −y, ½ + z
        [0.25, 0.95, 0.27],  # far from all
    ])  # fmt: skip
    below, image, far = nearest_atoms(places, structure, CELL, GROUP)
    assert below is not None
    assert below.label == "A 7 CA"
    assert below.distance == pytest.approx(2.0, abs=1e-3)
    assert image is not None
    assert image.distance == pytest.approx(1.0, abs=1e-3)
    assert far is None
