"""Atoms, bonds and their colours."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.colours import element_colour
from patterson_gui.gui.rendering import scene_model
from patterson_gui.gui.rendering.scene import Shape
from patterson_gui.gui.rendering.scene_model import model_scene, read_atoms
from patterson_gui.gui.widgets.theme import rgb
from tests.gui.scenes import peptide


def test_bonds_atoms_by_distance() -> None:
    atoms = read_atoms(peptide())
    names = [name.split()[-1] for name in atoms.names]
    bonds = {frozenset((names[i], names[j])) for i, j in atoms.bonds}
    assert bonds == {frozenset(p) for p in (("N", "CA"), ("CA", "C"), ("C", "O"), ("CA", "CB"))}
    assert atoms.names[0] == "A 12 ALA N"


def test_does_not_bond_alternative_conformers() -> None:
    structure = peptide()
    residue = structure[0][0][0]
    other = residue[4].clone()
    residue[4].altloc = "A"
    other.altloc = "B"
    other.pos = gemmi.Position(6.4, 7.5, 6.9)
    residue.add_atom(other)
    pairs = {frozenset(p) for p in read_atoms(structure).bonds.tolist()}
    assert frozenset((1, 4)) in pairs
    assert frozenset((1, 5)) in pairs
    assert frozenset((4, 5)) not in pairs


def test_sticks_meet_in_the_middle_with_the_colours_of_their_atoms() -> None:
    (part,) = model_scene(peptide(), None).parts
    geometry = part.geometry
    assert geometry.shape is Shape.TRIANGLES
    assert geometry.colours is not None
    assert geometry.normals is not None
    assert geometry.indices.max() < len(geometry.points) == len(geometry.normals)
    assert np.isfinite(geometry.points).all()
    assert np.linalg.norm(geometry.normals, axis=1) == pytest.approx(1.0, abs=1e-5)
    for element in "CNO":
        same = np.all(np.isclose(geometry.colours, rgb(element_colour(element))), axis=1)
        assert same.any()
    # The nitrogen's colour reaches half-way to the atom it is bonded to.
    nitrogen = np.all(np.isclose(geometry.colours, rgb(element_colour("N"))), axis=1)
    assert geometry.points[nitrogen, 0].max() == pytest.approx(5.3, abs=0.05)


def test_draws_a_large_model_as_lines_and_its_lone_atoms_as_crosses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scene_model, "MOST_STICKS", 3)
    (part,) = model_scene(peptide(), None).parts
    assert part.geometry.shape is Shape.LINES
    assert len(part.geometry.indices) == 2 * 4 + 3
    water = part.geometry.points[-6:].reshape(3, 2, 3)
    assert water.mean(axis=1) == pytest.approx(np.full((3, 3), 2.0))


def test_moves_a_model_by_whole_cell_edges_into_the_cell() -> None:
    axes = np.diag([12.0, 12.0, 12.0])
    structure = peptide()
    here = read_atoms(structure).positions
    for site in structure[0].all():
        site.atom.pos += gemmi.Position(-24.0, 12.0, 36.0)
    assert read_atoms(structure).moved_into(axes).positions == pytest.approx(here)


def test_draws_nothing_for_an_empty_model() -> None:
    assert model_scene(gemmi.Structure(), None).parts == ()
