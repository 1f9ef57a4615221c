import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.comparison.agreement import pearson
from patterson_gui.crystal.models.fragment import default_range, make_fragment
from patterson_gui.crystal.models.residues import atoms_to_cb
from patterson_gui.errors import UserError


def heavy(structure):
    return [cra.atom for cra in structure[0].all()]


def test_cleans_and_centres_a_fragment_as_in_the_papers(peptide):
    crystal = make_fragment(peptide, "A", "52", "52A")
    atoms = heavy(crystal.model)
    assert [atom.name for atom in atoms] == ["N", "CA", "C", "O", "CB", "N", "CA", "C", "O"]
    assert {(atom.b_iso, atom.occ) for atom in atoms} == {(20.0, 1.0)}
    weights = np.array([atom.element.atomic_number for atom in atoms], float)
    positions = np.array([atom.pos.tolist() for atom in atoms])
    np.testing.assert_allclose(weights @ positions / weights.sum(), [6, 6, 6], atol=1e-4)
    original = peptide[0]["A"][0]["CA"][0].pos
    assert atoms[1].pos.dist(atoms[0].pos) == pytest.approx(
        original.dist(peptide[0]["A"][0]["N"][0].pos), abs=1e-4
    )
    assert crystal.cell.parameters == (12, 12, 12, 90, 90, 90)
    assert crystal.spacegroup.xhm() == "P 1"
    assert crystal.is_fragment
    assert dict(crystal.composition.counts) == {"C": 5, "N": 2, "O": 2}
    assert crystal.truth.shape == (24, 24, 24)
    assert crystal.truth.d_min == 1.5
    assert crystal.amplitudes.absolute
    assert crystal.amplitudes.completeness == 1.0
    assert "A:52-52A" in crystal.provenance
    assert "12 × 12 × 12 Å" in crystal.provenance


def test_amplitudes_of_a_fragment_agree_with_gemmi(peptide):
    crystal = make_fragment(peptide, "A", "52", "53", cell_edge=None)
    calculator = gemmi.StructureFactorCalculatorX(crystal.model.cell)
    data = crystal.amplitudes
    for i in range(0, len(data), 37):
        f = calculator.calculate_sf_from_model(crystal.model[0], data.hkl[i].tolist())
        assert data.f[i] == pytest.approx(abs(f), rel=1e-4, abs=1e-3)


def test_truth_of_a_fragment_is_the_density_of_its_atoms(peptide):
    crystal = make_fragment(peptide, "A", "52", "52A")
    model, truth = crystal.model, crystal.truth
    calculator = gemmi.DensityCalculatorX()
    calculator.grid.set_unit_cell(model.cell)
    calculator.grid.spacegroup = gemmi.SpaceGroup("P 1")
    calculator.grid.set_size(*truth.shape)
    calculator.addends.clear()
    calculator.add_model_density_to_grid(model[0])
    assert pearson(truth.grid, np.array(calculator.grid.array)) > 0.99
    assert abs(truth.mean) < 1e-5


def test_extent_plus_margin_is_rounded_to_an_even_half_angstrom_grid(peptide):
    crystal = make_fragment(peptide, "A", "52", "53", cell_edge=None)
    positions = np.array([atom.pos.tolist() for atom in heavy(crystal.model)])
    edges = np.array(crystal.cell.parameters[:3])
    np.testing.assert_array_equal(edges, np.ceil(np.ptp(positions, axis=0) + 3.0))


def test_rejects_a_cube_that_is_too_small(peptide):
    with pytest.raises(UserError, match=r"too large for a cube of 7 Å.*1\.\d Å|too large"):
        make_fragment(peptide, "A", "52", "53", cell_edge=7.0)


@pytest.mark.parametrize(("option", "value"), [("cell_edge", -1.0), ("margin", 0.0)])
def test_rejects_sizes_that_are_not_positive(peptide, option, value):
    settings = {"cell_edge": None, option: value}
    with pytest.raises(UserError, match="positive"):
        make_fragment(peptide, "A", "52", "52A", **settings)


def test_rejects_a_range_with_a_chain_break(peptide):
    with pytest.raises(UserError, match="not bonded"):
        make_fragment(peptide, "A", "53", "60", cell_edge=None)


def test_residue_numbers_may_be_given_as_numbers(peptide):
    assert make_fragment(peptide, "A", 53, 53).composition.n_atoms == 6


def test_default_range_is_the_first_bonded_complete_pair(peptide):
    assert default_range(peptide) == ("A", "52", "52A")


def test_reports_a_model_without_a_bonded_pair():
    with pytest.raises(UserError, match="no two bonded"):
        default_range(gemmi.Structure())


def test_default_range_fits_the_cube_and_makes_a_fragment_of_real_proteins(shared_data):
    for name in ("1aba.pdb", "1dur.pdb", "1yjp.pdb", "5e5z.pdb"):
        structure = gemmi.read_structure(str(shared_data / "xray" / name))
        crystal = make_fragment(structure, *default_range(structure))
        assert crystal.composition.n_atoms >= 8


def test_fragment_does_not_touch_the_structure_it_comes_from(peptide):
    before = peptide.make_pdb_string()
    make_fragment(peptide, "A", "52", "53", cell_edge=None)
    assert peptide.make_pdb_string() == before


def test_a_dialanine_is_centred_and_boxed_by_the_atoms_it_keeps(peptide):
    crystal = make_fragment(peptide, "A", "52A", "53", cell_edge=None, atoms_of=atoms_to_cb)
    atoms = heavy(crystal.model)
    assert [atom.name for atom in atoms] == ["N", "CA", "C", "O", "N", "CA", "C", "O", "CB"]
    assert dict(crystal.composition.counts) == {"C": 5, "N": 2, "O": 2}
    weights = np.array([atom.element.atomic_number for atom in atoms], float)
    positions = np.array([atom.pos.tolist() for atom in atoms])
    edges = np.array(crystal.cell.parameters[:3])
    np.testing.assert_allclose(weights @ positions / weights.sum(), edges / 2, atol=1e-4)
    np.testing.assert_array_equal(edges, np.ceil(np.ptp(positions, axis=0) + 3.0))
    # What was cut off scatters no longer: F(000) in electrons bounds every amplitude.
    assert crystal.amplitudes.f.max() < weights.sum()
