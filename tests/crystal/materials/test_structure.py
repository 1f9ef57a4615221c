from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import (
    material_of,
    refuse_impossible,
    structure_of,
    to_standard_axes,
)
from patterson_gui.errors import UserError
from tests.crystal.example_materials import perovskite, rock_salt


def _with_atoms(
    group: str, *atoms: tuple[str, tuple[float, float, float], float, str]
) -> gemmi.Structure:
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(5.64, 5.64, 5.64, 90, 90, 90)
    structure.spacegroup_hm = group
    residue = gemmi.Residue()
    residue.name, residue.seqid = "UNL", gemmi.SeqId("1")
    for name, frac, occ, altloc in atoms:
        atom = gemmi.Atom()
        atom.name, atom.element, atom.occ, atom.altloc = name, gemmi.Element(name), occ, altloc
        atom.pos = structure.cell.orthogonalize(gemmi.Fractional(*frac))
        residue.add_atom(atom)
    chain, model = gemmi.Chain("A"), gemmi.Model(1)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_cell_images()
    return structure


NA = ("Na", (0.0, 0.0, 0.0), 1 / 48, "\0")
CL = ("Cl", (0.5, 0.5, 0.5), 1 / 48, "\0")


def test_symmetry_fills_the_cell_and_special_positions_count_once() -> None:
    material = material_of(_with_atoms("F m -3 m", NA, CL))
    assert material.formula == "Cl4Na4"
    assert material.lattice is not None
    assert np.allclose(material.lattice, 5.64 * np.eye(3))


def test_moves_an_atom_near_a_special_position_onto_it() -> None:
    off = ("Na", (0.005, -0.004, 0.003), 1 / 48, "\0")
    material = material_of(_with_atoms("F m -3 m", off, CL))
    assert material.formula == "Cl4Na4"
    assert np.allclose(material.positions[0], 0, atol=1e-6)


def test_reads_atoms_listed_with_their_equivalents_once() -> None:
    again = ("Na", (0.0, 0.5, 0.5), 1 / 48, "\0")
    assert material_of(_with_atoms("F m -3 m", NA, again, CL)).formula == "Cl4Na4"


def test_rejects_a_partly_occupied_site_by_name() -> None:
    half = ("Cl", (0.5, 0.5, 0.5), 0.5 / 48, "\0")
    with pytest.raises(UserError, match=r"1 site only partly occupied \(as Cl, 0.50\)"):
        material_of(_with_atoms("F m -3 m", NA, half))


def test_uses_the_alternative_of_highest_occupancy_as_a_whole_atom() -> None:
    structure = _with_atoms(
        "P 1",
        ("Na", (0.0, 0.0, 0.0), 1.0, "\0"),
        ("Cl", (0.5, 0.5, 0.5), 0.3, "B"),
        ("Br", (0.52, 0.5, 0.5), 0.7, "A"),
        ("F", (0.5, 0.0, 0.0), 0.6, "C"),
    )
    assert sorted(material_of(structure).numbers.tolist()) == [9, 11, 35]


def test_a_material_without_a_cell_has_no_lattice() -> None:
    structure = _with_atoms("P 1", ("Na", (0.0, 0.0, 0.0), 1.0, "\0"))
    structure.cell = gemmi.UnitCell()
    assert material_of(structure).lattice is None


def test_a_material_comes_back_from_its_structure() -> None:
    material = perovskite()
    back = material_of(structure_of(material))
    assert back.formula == "CaO3Ti"
    assert np.allclose(back.positions, material.positions)


@pytest.mark.parametrize("sign", [1, -1])
def test_standard_axes_keep_all_distances_and_the_hand(sign: int) -> None:
    generator = np.random.default_rng(3)
    lattice = np.array([[4.0, 1.0, 0.5], [0.3, 5.0, -1.0], [1.0, 0.2, 6.0]])
    lattice *= sign
    positions = generator.uniform(0, 5, (6, 3))
    turned = to_standard_axes(Material(positions, np.arange(6) + 1, lattice))
    assert turned.lattice is not None
    assert np.allclose(turned.lattice[np.triu_indices(3, 1)], 0)
    assert np.linalg.det(turned.lattice) > 0
    # One rotation takes all atoms, which do not lie in a plane, with them.
    before, after = positions - positions[0], turned.positions - turned.positions[0]
    rotation = np.linalg.lstsq(before, after, rcond=None)[0]
    assert np.allclose(before @ rotation, after)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_rejects_impossible_crystals() -> None:
    salt = rock_salt()
    flat = replace(salt, lattice=np.array([[5.0, 0, 0], [10.0, 0, 0], [0, 0, 5.0]]))
    with pytest.raises(UserError, match=r"Frame 3 .* enclose no volume"):
        refuse_impossible(flat, "Frame 3 of a.xyz")
    endless = replace(salt, lattice=np.diag([5.0, np.nan, np.inf]))
    with pytest.raises(UserError, match="enclose no volume"):
        refuse_impossible(endless, "Frame 3 of a.xyz")
    lost = replace(salt, positions=np.full((8, 3), np.nan))
    with pytest.raises(UserError, match="not a number"):
        refuse_impossible(lost, "Frame 3 of a.xyz")


def test_an_atom_near_a_special_position_is_put_onto_it() -> None:
    # The operations of P m m m bring the atom to eight places around the origin.
    structure = _with_atoms("P m m m", ("Na", (0.01, 0.02, -0.01), 0.125, "\0"))
    material = material_of(structure)
    assert len(material) == 1
    assert material.positions == pytest.approx(np.zeros((1, 3)), abs=1e-9)
