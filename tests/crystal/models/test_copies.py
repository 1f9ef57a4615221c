"""Symmetry copies of a model, against structure factors by gemmi."""

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.models.copies import symmetry_copies


def structure_in(group: str, places: list[tuple[float, float, float]]) -> gemmi.Structure:
    """Atoms at fractional places in a cell that suits monoclinic and orthorhombic groups."""
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(9.0, 11.0, 13.0, 90.0, 90.0, 90.0)
    structure.spacegroup_hm = group
    residue = gemmi.Residue()
    residue.name, residue.seqid = "LIG", gemmi.SeqId("1")
    for number, place in enumerate(places):
        atom = gemmi.Atom()
        atom.name, atom.element = f"C{number}", gemmi.Element("C" if number else "S")
        atom.pos = structure.cell.orthogonalize(gemmi.Fractional(*place))
        atom.b_iso = 15.0
        residue.add_atom(atom)
    chain = gemmi.Chain("A")
    chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    structure.add_model(model)
    return structure


PLACES = [(0.11, 0.23, 0.31), (0.21, 0.31, 0.36), (0.18, 0.12, 0.27)]


@pytest.mark.parametrize("group", ["P 21 21 21", "P 1 21/c 1", "C 1 2 1", "P 1"])
def test_copies_of_one_cell_in_p1_have_the_structure_factors_of_the_crystal(group: str) -> None:
    structure = structure_in(group, PLACES)
    copies = symmetry_copies(structure, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    cell = gemmi.UnitCell(*structure.cell.parameters)
    alone = gemmi.StructureFactorCalculatorX(cell)
    structure.setup_cell_images()
    whole = gemmi.StructureFactorCalculatorX(structure.cell)
    for hkl in ((1, 2, 3), (2, 0, 2), (0, 4, 1), (3, 1, -2)):
        expected = whole.calculate_sf_from_model(structure[0], hkl)
        assert alone.calculate_sf_from_model(copies[0], hkl) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("lower", "upper", "cells"),
    [((0, 0, 0), (2, 1, 1), 2), ((-1, -1, -1), (2, 2, 2), 27), ((-0.5,) * 3, (0.5,) * 3, 1)],
)
def test_every_cell_of_the_box_has_its_copies(
    lower: tuple[float, float, float], upper: tuple[float, float, float], cells: int
) -> None:
    copies = symmetry_copies(structure_in("P 21 21 21", PLACES), lower, upper)
    assert len(copies[0]) == 4 * cells
    for chain in copies[0]:
        middle = np.mean([atom.pos.tolist() for atom in chain[0]], axis=0)
        frac = np.array(copies.cell.fractionalize(gemmi.Position(*middle)).tolist())
        assert (frac >= np.array(lower) - 1e-6).all()
        assert (frac < np.array(upper) + 1e-6).all()
    assert sum(not chain.name.endswith("′") for chain in copies[0]) <= 1


def test_a_molecule_on_an_inversion_centre_is_there_once() -> None:
    structure = structure_in("P -1", [(0.45, 0.5, 0.5), (0.55, 0.5, 0.5)])
    for atom in structure[0][0][0]:
        atom.element = gemmi.Element("C")
    assert len(symmetry_copies(structure, (0, 0, 0), (1, 1, 1))[0]) == 1


def test_the_middle_of_a_copy_decides_whether_it_is_in_the_box() -> None:
    structure = structure_in("P 1", [(-0.1, 0.5, 0.5), (0.3, 0.5, 0.5)])
    copies = symmetry_copies(structure, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    (chain,) = copies[0]
    x = [copies.cell.fractionalize(atom.pos).x for atom in chain[0]]
    assert x == pytest.approx([-0.1, 0.3])


def test_of_too_many_atoms_the_copies_near_the_middle_are_kept() -> None:
    structure = structure_in("P 21 21 21", PLACES)
    copies = symmetry_copies(structure, (-1, -1, -1), (2, 2, 2), most_atoms=12)
    assert len(copies[0]) == 4


def test_an_empty_model_has_no_copies() -> None:
    assert len(symmetry_copies(structure_in("P 1", []), (0, 0, 0), (1, 1, 1))[0]) == 0


@pytest.mark.parametrize(("place", "atoms"), [((0.0, 0.0, 0.0), 4), ((0.11, 0.23, 0.37), 192)])
def test_an_atom_of_a_cubic_group_has_as_many_copies_as_its_position_has_sites(
    place: tuple[float, float, float], atoms: int
) -> None:
    """Multiplicities of 4a and of the general position in F m -3 m."""
    structure = structure_in("F m -3 m", [place])
    structure.cell = gemmi.UnitCell(5.64, 5.64, 5.64, 90.0, 90.0, 90.0)
    structure[0][0][0][0].pos = structure.cell.orthogonalize(gemmi.Fractional(*place))
    copies = symmetry_copies(structure, (-1.0, -1.0, -1.0), (2.0, 2.0, 2.0))
    assert copies[0].count_atom_sites() == 27 * atoms
