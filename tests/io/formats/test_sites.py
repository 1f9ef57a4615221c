"""Atoms in fractional coordinates as a gemmi structure."""

import gemmi
import numpy as np
import pytest

from patterson_gui.io.formats.sites import Site, element_of, structure_of_sites

CELL = gemmi.UnitCell(7, 8, 11, 80, 95, 110)


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("Cl1-", "Cl"), ("CL12", "Cl"), ("C1A", "C"), ("c", "C"), ("CA", "Ca"), ("Q1", None),
        ("O2-", "O"), ("H11", "H"), ("D", "D"), ("Zz", None), ("", None), ("1C", "C"),
        ("Ob", "O"),
    ],
)  # fmt: skip
def test_finds_the_element_at_the_beginning(text: str, element: str | None):
    assert element_of(text) == element


def test_anisotropic_u_gives_the_debye_waller_factor_of_the_international_tables():
    """exp(−2π² Σ U_ij a*_i a*_j h_i h_j), Vol. D (1.9.2.14), in a triclinic cell."""
    u11, u22, u33, u12, u13, u23 = u = (0.03, 0.04, 0.05, 0.004, -0.006, 0.008)
    site = Site("C1", "C", (0.1, 0.2, 0.3), 1.0, 0.05, u)
    structure = structure_of_sites("a", CELL, gemmi.SpaceGroup("P 1"), [site])
    atom = structure[0][0][0][0]
    reciprocal = CELL.reciprocal()
    for h in ([1, 0, 0], [0, 2, 0], [0, 0, 3], [1, -2, 3], [3, 2, 1]):
        a, b, c = np.array(h) * (reciprocal.a, reciprocal.b, reciprocal.c)
        exponent = u11 * a * a + u22 * b * b + u33 * c * c
        exponent += 2 * (u12 * a * b + u13 * a * c + u23 * b * c)
        s = np.array(CELL.frac.mat.tolist()).T @ h
        assert atom.aniso.r_u_r(gemmi.Vec3(*s)) == pytest.approx(exponent, rel=1e-5)
    assert atom.b_iso == pytest.approx(8 * np.pi**2 * atom.aniso.trace() / 3, rel=1e-5)


def test_keeps_place_occupancy_and_disorder_group():
    sites = [
        Site("C1", "C", (0.1, 0.2, 0.3), 0.5, 0.02),
        Site("O1A", "O", (0.4, 0.5, 0.6), 0.6, 0.03, part=1),
        Site("O1B", "O", (0.4, 0.5, 0.7), 0.4, 0.03, part=-2),
        Site("O1C", "O", (0.4, 0.5, 0.8), 0.4, 0.03, part=27),
    ]
    structure = structure_of_sites("name", CELL, gemmi.SpaceGroup("P -1"), sites)
    assert (structure.name, structure.spacegroup_hm) == ("name", "P -1")
    assert len(structure.cell.images) == 1  # the inversion, beside the identity
    (residue,) = structure[0][0]
    assert (residue.name, str(residue.seqid), residue.het_flag) == ("UNL", "1", "H")
    assert [atom.altloc for atom in residue] == ["\0", "A", "B", "A"]
    for atom, site in zip(residue, sites, strict=True):
        assert (atom.name, atom.element.name) == (site.label, site.element)
        assert CELL.fractionalize(atom.pos).tolist() == pytest.approx(site.frac)
        assert atom.occ == pytest.approx(site.occ)
        assert atom.b_iso == pytest.approx(8 * np.pi**2 * site.u_iso)
