"""Ideal amino acids drawn from a textbook's rule, not from our own product."""

import gemmi
import numpy as np
import pytest
from numpy.typing import NDArray

from patterson_gui.solvers.atoms.chirality import centres, hand_of_atoms
from patterson_gui.solvers.atoms.geometry import find_bonds, in_one_piece

BOX = np.diag([30.0, 31.0, 32.0])


def alanine() -> tuple[list[str], NDArray[np.float64]]:
    """L-alanine by the rule CORN: looking from H towards Cα, CO, R and N go clockwise.

    The eye is at +z, H nearest to it; clockwise seen from +z is by falling angle.
    """
    third = np.radians([90.0, -30.0, -150.0])  # CO, R, N
    flat, down = 1.53 * np.sin(np.radians(70.5)), -1.53 * np.cos(np.radians(70.5))
    arms = np.stack([flat * np.cos(third), flat * np.sin(third), np.full(3, down)], axis=1)
    co, r, n = arms * np.array([[1.0], [1.0], [1.47 / 1.53]])
    outward = co / np.linalg.norm(co)
    side = np.cross(outward, [0, 0, 1.0])
    o = co + 1.23 * (0.5 * outward + 0.87 * side / np.linalg.norm(side))
    return ["C", "C", "O", "C", "N"], np.array([[0, 0, 0], co, o, r, n])


def found(symbols: list[str], xyz: NDArray[np.float64]) -> list:
    numbers = np.array([gemmi.Element(s).atomic_number for s in symbols])
    return centres(numbers, find_bonds(xyz, numbers, BOX))


def hand(symbols: list[str], xyz: NDArray[np.float64]):
    numbers = np.array([gemmi.Element(s).atomic_number for s in symbols])
    return hand_of_atoms(numbers, find_bonds(xyz, numbers, BOX))


def test_an_l_amino_acid_is_left_as_it_is_and_a_d_one_inverted() -> None:
    symbols, xyz = alanine()
    evidence, inverted = hand(symbols, xyz)
    assert not inverted
    assert evidence.score > 0.8 > evidence.other_score
    assert "Cα" in evidence.how
    evidence, inverted = hand(symbols, -xyz)
    assert inverted
    assert evidence.score > 0.8


def test_the_hand_does_not_depend_on_orientation_or_on_where_the_cell_ends() -> None:
    symbols, xyz = alanine()
    rng = np.random.default_rng(0)
    for _ in range(10):
        q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        q *= np.sign(np.linalg.det(q))
        moved = xyz @ q.T + rng.uniform(0, 30, 3)
        moved = moved % np.diag(BOX)
        assert hand(symbols, moved)[1] is False


@pytest.mark.parametrize("name", ["THR", "ILE"])
def test_recognises_second_centres_of_real_residues(name: str, shared_data) -> None:
    """Deposited proteins: every threonine and isoleucine agrees with its own Cα."""
    structure = gemmi.read_structure(str(shared_data / "xray" / "1aba.pdb"))
    seen = 0
    for residue in structure[0][0]:
        if residue.name != name or any(a.has_altloc() for a in residue):
            continue
        atoms = [a for a in residue if not a.is_hydrogen() and a.name != "OXT"]
        xyz = np.array([a.pos.tolist() for a in atoms])
        all_found = found([a.element.name for a in atoms], xyz - xyz.mean(0) + 15)
        assert sorted(c.what for c in all_found) == ["Cα", f"Cβ of {name.title()}"]
        assert all(0.6 < c.volume < 1.4 for c in all_found)
        seen += 1
    assert seen >= 2


def test_glycine_gives_no_evidence_of_the_hand() -> None:
    symbols, xyz = alanine()
    keep = [0, 1, 2, 4]
    assert hand([symbols[i] for i in keep], xyz[keep]) == (None, False)


def test_contradicting_centres_give_no_evidence_of_the_hand() -> None:
    symbols, xyz = alanine()
    both = np.concatenate([xyz + 8, 20 - xyz])
    assert hand(symbols * 2, both) == (None, False)


def test_a_flat_atom_is_not_a_centre() -> None:
    symbols, xyz = alanine()
    assert found(symbols, xyz * [1, 1, 0.05]) == []


def test_joins_a_molecule_across_the_cell_faces() -> None:
    symbols, xyz = alanine()
    numbers = np.array([gemmi.Element(s).atomic_number for s in symbols])
    cut = (xyz + np.array([0.2, 15, 31.8])) % np.diag(BOX)
    whole = in_one_piece(cut, find_bonds(cut, numbers, BOX), BOX)
    assert whole - whole[0] == pytest.approx(xyz - xyz[0], abs=1e-6)


def test_bonds_are_found_across_the_faces_of_an_oblique_cell() -> None:
    orth = np.array([[10, -2.0, 1.5], [0, 11, 2.5], [0, 0, 12]])
    symbols, xyz = alanine()
    numbers = np.array([gemmi.Element(s).atomic_number for s in symbols])
    inside = find_bonds(xyz + orth @ [0.5, 0.5, 0.5], numbers, orth)
    frac = (xyz @ np.linalg.inv(orth).T) % 1.0
    across = find_bonds(frac @ orth.T, numbers, orth)
    assert set(zip(inside.i, inside.j, strict=True)) == set(zip(across.i, across.j, strict=True))
    assert len(inside.i) == 8  # four bonds from both sides
    assert sorted(inside.length) == pytest.approx(sorted(across.length))
