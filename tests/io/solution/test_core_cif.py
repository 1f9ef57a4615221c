"""CIF of a solved structure, read back by gemmi, ASE and this program."""

import io
import warnings
from dataclasses import replace

import gemmi
import numpy as np
import pytest
from gemmi import cif

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.models.bond_geometry import bond_angles, bond_lengths
from patterson_gui.crystal.models.bonds import find_bonds
from patterson_gui.crystal.solution import Solution
from patterson_gui.io.formats.cif_blocks import parse_cif
from patterson_gui.io.models.small_molecules import model_of_block
from patterson_gui.io.reflections.cif import list_choices
from patterson_gui.io.solution.cell_uncertainties import volume_sigma
from patterson_gui.io.solution.core_cif import cif_text
from patterson_gui.io.solution.reflection_lists import hkl_text
from patterson_gui.io.solution.shelx_res import res_text
from tests.io.solved_crystals import SETTINGS, gemmi_f, made_solution, model_of_cif, solution_of


def text_of(solution: Solution, **options: str) -> str:
    structure = solution.structure
    assert structure is not None
    bonds = find_bonds(structure.model, structure.merged.cell, structure.spacegroup)
    return cif_text(structure, solution, "made", bonds, **options)


def block_of(solution: Solution, **options: str) -> cif.Block:
    return parse_cif(text_of(solution, **options), "made.cif").sole_block()


@pytest.mark.parametrize("name", SETTINGS)
def test_gemmi_calculates_the_same_structure_factors_from_the_file(name: str) -> None:
    solution = made_solution(name, d_min=1.3)
    structure = solution.structure
    assert structure is not None
    small = gemmi.make_small_structure_from_block(block_of(solution))
    assert small.spacegroup.xhm() == name
    small.setup_cell_images()
    small.change_occupancies_to_crystallographic()
    f = gemmi_f(small, structure.merged.hkl)
    assert np.abs(f - structure.f_calc).max() < 5e-3 * np.abs(structure.f_calc).max()


def test_ase_reads_the_atoms_of_the_cell() -> None:
    from ase.io import read

    solution = made_solution("R -3:H")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        atoms = read(io.StringIO(text_of(solution)), format="cif")
    counts = {symbol: atoms.get_chemical_symbols().count(symbol) for symbol in "CHNS"}
    assert counts == {"C": 18, "H": 18, "N": 18, "S": 3}


def test_this_program_reads_model_and_embedded_reflections() -> None:
    solution = made_solution("P 1 21/n 1")
    structure = solution.structure
    assert structure is not None
    res, (hkl, _) = res_text(structure, solution, "made"), hkl_text(solution.intensities)
    document = parse_cif(text_of(solution, res=res, hkl=hkl), "made.cif")
    read = model_of_block(document.sole_block(), "made.cif").structure
    assert read[0].count_atom_sites() == len(structure.model)
    assert any(choice.label == "_shelx_hkl_file" for choice in list_choices(document))


def test_figures_and_contents_are_those_of_the_solution() -> None:
    block = block_of(made_solution("P 1 21/n 1", flack=0.03, flack_sigma=0.05))
    values = {
        "_cell_length_c": "9.000(2)",
        "_cell_angle_beta": "105.000(10)",
        "_cell_angle_alpha": "90.000",
        "_space_group_name_H-M_alt": "P 1 21/n 1",
        "_space_group_name_Hall": "-P 2yn",
        "_space_group_IT_number": "14",
        "_refine_ls_R_factor_gt": "0.0321",
        "_refine_ls_wR_factor_ref": "0.0898",
        "_refine_ls_abs_structure_Flack": "0.03(5)",
        "_refine_ls_extinction_method": "none",
        "_diffrn_radiation_wavelength": "0.71073",
        "_refine_ls_hydrogen_treatment": "constr",
    }
    for tag, value in values.items():
        assert cif.as_string(block.find_value(tag)) == value, tag


def test_refined_atoms_have_their_uncertainties() -> None:
    solution = made_solution("P 1 21 1")
    structure = solution.structure
    assert structure is not None
    n = len(structure.model)
    model = replace(
        structure.model,
        sigma_frac=np.full((n, 3), 0.00023),
        sigma_u_iso=np.full(n, 0.002),
        sigma_u_aniso=np.full((n, 6), 0.0031),
        sigma_occ=np.array([0, 0, 0.011, 0]),
    )
    block = block_of(replace(solution, structure=replace(structure, model=model)))
    row = block.find("_atom_site_", ["label", "fract_x", "U_iso_or_equiv", "occupancy"]).find_row
    x = model.frac[0, 0]
    assert row("C1")[1] == f"{x:.4f}(2)"
    # The root of three squares of 0.0031, a third of it.
    assert row("C1")[2].endswith("(18)")
    assert row("O1")[3] == "0.600(11)"
    # A hydrogen atom that rides is not refined.
    assert "(" not in row("H1")[2]


def test_bond_lengths_and_their_uncertainties_follow_random_displacements() -> None:
    cell, group = gemmi.UnitCell(9, 10, 11, 85, 100, 95), gemmi.SpaceGroup("P 1")
    steps = np.array(
        [[0, 0, 0], [0.15, 0.03, 0], [0.2, 0.16, 0], [0.3, 0.18, 0.1], [0.45, 0.2, 0.1]]
    )
    model = AsymmetricUnit.isotropic(("C",) * 5, 0.1 + steps)
    sigma_frac = np.full((5, 3), [0.0004, 0.0003, 0.0002])
    cell_sigma = np.array([0.002, 0.003, 0.001, 0.02, 0.03, 0.01])
    model = replace(model, sigma_frac=sigma_frac)
    bonds = find_bonds(model, cell, group)
    lengths = bond_lengths(model, cell, bonds, cell_sigma)
    angles = bond_angles(model, cell, bonds, cell_sigma)
    assert (len(lengths.row), len(angles.first)) == (4, 3)
    rng = np.random.default_rng(0)
    drawn_lengths, drawn_angles = [], []
    for _ in range(3000):
        moved = model.frac + rng.normal(size=(5, 3)) * sigma_frac
        other_cell = gemmi.UnitCell(*(np.array(cell.parameters) + rng.normal(size=6) * cell_sigma))
        vectors = (bonds.places(moved) - moved[bonds.atom]) @ orthogonalization(other_cell).T
        drawn_lengths.append(np.linalg.norm(vectors[lengths.row], axis=1))
        one, other = vectors[angles.first], vectors[angles.second]
        norm = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        drawn_angles.append(np.degrees(np.arccos((one * other).sum(axis=1) / norm)))
    assert np.mean(drawn_lengths, axis=0) == pytest.approx(lengths.length, abs=1e-3)
    assert np.mean(drawn_angles, axis=0) == pytest.approx(angles.angle, abs=0.1)
    assert np.std(drawn_lengths, axis=0) == pytest.approx(lengths.sigma, rel=0.08)
    assert np.std(drawn_angles, axis=0) == pytest.approx(angles.sigma, rel=0.08)


def test_the_volume_has_the_uncertainty_of_a_cube() -> None:
    sigma = np.array([0.01, 0.01, 0.01, 0, 0, 0])
    cube = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    assert volume_sigma(cube, sigma) == pytest.approx(np.sqrt(3) * 100 * 0.01, rel=1e-4)


def test_symmetry_codes_lead_to_the_neighbour() -> None:
    solution = made_solution("C 1 2/c 1")
    structure = solution.structure
    assert structure is not None
    block = block_of(solution)
    ops = [cif.as_string(v) for v in block.find_loop("_space_group_symop_operation_xyz")]
    cell = structure.merged.cell
    places = dict(zip(structure.model.labels, structure.model.frac, strict=True))
    items = ["atom_site_label_1", "atom_site_label_2", "distance", "site_symmetry_2"]
    rows = list(block.find("_geom_bond_", items))
    assert any(row[3] != "." for row in rows)
    for row in rows:
        other = places[row[1]]
        if row[3] != ".":
            number, shift = row[3].split("_")
            other = np.array(gemmi.Op(ops[int(number) - 1]).apply_to_xyz(other.tolist()))
            other = other + [int(digit) - 5 for digit in shift]
        vector = gemmi.Fractional(*(other - places[row[0]]))
        assert cell.orthogonalize(vector).length() == pytest.approx(cif.as_number(row[2]), abs=1e-3)


def test_bond_lengths_of_a_measured_crystal_are_the_deposited_ones(shared_data) -> None:
    path = shared_data / "smallmol" / "2016452.cif"
    model, cell, group = model_of_cif(path)
    block = block_of(solution_of(model, cell, group, d_min=2.0))
    deposited = next(b for b in cif.read(str(path)) if len(b.find_loop("_atom_site_fract_x")))
    items = ["atom_site_label_1", "atom_site_label_2", "distance", "?site_symmetry_2"]

    def table(of: cif.Block) -> dict[frozenset[str], float]:
        return {
            frozenset((row[0], row[1])): cif.as_number(row[2])
            for row in of.find("_geom_bond_", items)
            if not (row.has(3) and row[3] not in (".", "?"))
        }

    ours, theirs = table(block), table(deposited)
    shared = ours.keys() & theirs.keys()
    assert len(shared) > 10
    assert all(abs(ours[pair] - theirs[pair]) < 0.002 for pair in shared)
