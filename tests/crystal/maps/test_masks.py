import gemmi
import numpy as np

from patterson_gui.crystal.maps.masks import ball_mask, cell_atoms


def test_ball_mask_holds_exactly_the_points_within_the_radius():
    cell, shape = gemmi.UnitCell(9, 10, 11, 70, 110, 100), (18, 20, 24)
    centres = np.random.default_rng(0).random((5, 3))
    mask = ball_mask(cell, shape, centres, 2.0)
    for i, j, k in np.random.default_rng(1).integers(0, 18, (300, 3)):
        frac = gemmi.Fractional(i / 18, j / 20, k / 24)
        near = min(
            cell.find_nearest_pbc_image(frac, gemmi.Fractional(*c), 0).dist() for c in centres
        )
        if abs(near - 2.0) > 1e-6:
            assert mask[i, j, k] == (near < 2.0)


def test_atoms_of_the_cell_agree_with_gemmi_without_hydrogen_and_empty_sites(peptide):
    residue = peptide[0][0][0]
    empty = gemmi.Atom()
    empty.name, empty.element, empty.occ = "X", gemmi.Element("O"), 0.0
    residue.add_atom(empty)
    found = cell_atoms(peptide)
    atoms = [
        cra.atom for cra in peptide[0].all() if cra.atom.occ > 0 and not cra.atom.is_hydrogen()
    ]
    operations = gemmi.SpaceGroup("P 21 21 21").operations()
    expected = []
    for atom in atoms:
        frac = peptide.cell.fractionalize(atom.pos).tolist()
        expected += [op.apply_to_xyz(frac) for op in operations]
    assert len(found) == len(expected) == 4 * len(atoms)
    order = [np.lexsort(np.round(np.asarray(x) % 1.0, 6).T) for x in (found, expected)]
    np.testing.assert_allclose(found[order[0]], (np.array(expected) % 1.0)[order[1]], atol=1e-9)
