import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.models.whole_cell import (
    NoUnitCell,
    composition_of,
    crystal_from_model,
    default_resolution,
    without_cell,
)
from patterson_gui.crystal.reciprocal.structure_factors import structure_factors
from patterson_gui.errors import UserError


def test_a_deposited_model_gives_amplitudes_in_its_own_space_group(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "1yjp.pdb"))
    crystal = crystal_from_model(structure)
    assert crystal.spacegroup.xhm() == "P 1 21 1"
    assert crystal.amplitudes.d_min == pytest.approx(1.5, abs=0.02)
    assert crystal.truth.spacegroup.xhm() == "P 1 21 1"
    assert crystal.model is structure
    assert not crystal.is_fragment
    # GNNQQNY, twice in the cell, with its waters.
    assert dict(crystal.composition.counts) == {"C": 66, "N": 24, "O": 42}


def test_calculated_amplitudes_resemble_the_measured_ones(shared_data):
    structure = gemmi.read_structure(str(shared_data / "xray" / "1aba.pdb"))
    mtz = gemmi.read_mtz_file(str(shared_data / "xray" / "1aba-sf.mtz"))
    label = next(c.label for c in mtz.columns if c.type == "F")
    measured = mtz.get_float(label)
    measured.ensure_asu()
    lookup = dict(zip(map(tuple, measured.miller_array), measured.value_array, strict=True))
    data = crystal_from_model(structure, 2.0).amplitudes
    pairs = [(f, lookup[tuple(h)]) for h, f in zip(data.hkl, data.f, strict=True)
             if tuple(h) in lookup and data.cell.calculate_d(h.tolist()) < 4]  # fmt: skip
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.85


def test_rejects_a_model_without_a_cell_but_puts_it_into_a_box(peptide_without_cell):
    with pytest.raises(NoUnitCell, match="P1 box"):
        crystal_from_model(peptide_without_cell)
    boxed = without_cell(peptide_without_cell)
    crystal = crystal_from_model(boxed)
    assert crystal.spacegroup.xhm() == "P 1"
    positions = np.array([cra.atom.pos.tolist() for cra in boxed[0].all()])
    edges = np.array(boxed.cell.parameters[:3])
    assert np.all(positions > 2.4)
    assert np.all(positions < edges - 2.4)
    assert peptide_without_cell[0][0][0][0].pos.x == pytest.approx(11.104)


def test_a_box_drops_the_symmetry_the_model_had(peptide):
    boxed = without_cell(peptide)
    assert boxed.find_spacegroup().xhm() == "P 1"
    f = structure_factors(boxed, boxed.cell, gemmi.SpaceGroup("P 1"), 3.0)
    calculator = gemmi.StructureFactorCalculatorX(boxed.cell)
    expected = calculator.calculate_sf_from_model(boxed[0], f.hkl[5].tolist())
    assert abs(f.f[5] - expected) < 1e-3 * abs(expected)


def test_rejects_an_empty_model_without_a_cell_as_empty():
    for act in (crystal_from_model, without_cell):
        with pytest.raises(UserError, match="no atoms") as caught:
            act(gemmi.Structure())
        assert not isinstance(caught.value, NoUnitCell)


def test_names_an_unknown_space_group(peptide):
    peptide.spacegroup_hm = "P 7"
    with pytest.raises(UserError, match="P 7"):
        crystal_from_model(peptide)


def test_counts_copies_by_strict_symmetry_that_the_file_omits(peptide):
    before = composition_of(peptide).n_atoms
    operation = gemmi.Transform()
    operation.vec.fromlist([0, 0, 10])
    peptide.ncs.append(gemmi.NcsOp(operation, "1", False))
    assert composition_of(peptide).n_atoms == 2 * before


def test_partial_occupancies_count_as_shares(peptide):
    # CA of the first residue is in two conformers of 0.6 and 0.4: one atom, four times.
    assert composition_of(peptide).counts["C"] % 4 == 0
    assert "H" not in composition_of(peptide).counts


def test_uses_the_first_of_several_models_and_says_so(peptide):
    second = gemmi.Model(2)
    second.add_chain(peptide[0][0].clone())
    peptide.add_model(second)
    crystal = crystal_from_model(peptide, 3.0)
    assert any("first of 2 models" in note for note in crystal.notes)


def test_default_resolution_falls_as_cells_grow():
    sizes = [30, 80, 150, 400]
    found = [default_resolution(gemmi.UnitCell(a, a, a, 90, 90, 90)) for a in sizes]
    assert found == [1.5, 2.0, 2.0, 4.0]


def test_rejects_more_reflections_than_fit_into_memory(peptide):
    with pytest.raises(UserError, match="million reflections"):
        crystal_from_model(peptide, 0.05)


def test_a_cell_edge_that_no_crystal_has_is_refused(peptide):
    cell = peptide.cell.parameters
    peptide.cell = gemmi.UnitCell(*cell[:2], 100_000.0, *cell[3:])
    with pytest.raises(UserError, match="cell edge of 100,000 Å"):
        crystal_from_model(peptide)
