"""MTZ, PDB and maps of a solved structure."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.models.bonds import find_bonds
from patterson_gui.crystal.models.model_maps import (
    absolute_intensities,
    density_of,
    difference_of,
    map_terms,
)
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.io.solution.map_coefficients import write_map_coefficients
from patterson_gui.io.solution.solution_model import write_pdb
from tests.io.solved_crystals import SCALE, SETTINGS, gemmi_f, made_solution, small_structure


def structure_in(name: str) -> RefinedStructure:
    structure = made_solution(name).structure
    assert structure is not None
    return structure


@pytest.mark.parametrize("name", SETTINGS)
def test_the_mtz_holds_the_structure_factors_in_the_ccp4_asymmetric_unit(
    name: str, tmp_path: Path
) -> None:
    structure = structure_in(name)
    path = tmp_path / "made.mtz"
    write_map_coefficients(path, map_terms(structure), "made", 0.71073)
    mtz = gemmi.read_mtz_file(str(path))
    assert mtz.spacegroup.xhm() == name
    assert mtz.column_labels()[3:] == [
        "FP", "SIGFP", "FC", "PHIC", "FWT", "PHWT", "DELFWT", "PHDELWT",
    ]  # fmt: skip
    unit = gemmi.ReciprocalAsu(mtz.spacegroup)
    hkl = np.array(mtz.make_miller_array())
    assert all(unit.is_in(h) for h in hkl.tolist())
    # F of the model at the indices of the file, by gemmi.
    small = small_structure(structure.model, structure.merged.cell, structure.spacegroup)
    wanted = gemmi_f(small, hkl)
    amplitude, phase = (np.array(mtz.column_with_label(label)) for label in ("FC", "PHIC"))
    assert amplitude * np.exp(1j * np.radians(phase)) == pytest.approx(
        wanted, abs=1e-4 * np.abs(wanted).max()
    )
    # The data were made from the model: the difference vanishes.
    largest = np.abs(wanted).max()
    assert np.array(mtz.column_with_label("FP")) == pytest.approx(
        np.abs(wanted), abs=1e-4 * largest
    )
    assert np.abs(np.array(mtz.column_with_label("DELFWT"))).max() < 1e-4 * largest


def test_friedel_mates_are_averaged_without_dispersion() -> None:
    structure = structure_in("P 1 21 1")
    merged, f = structure.merged, structure.f_calc
    # f″ as an imaginary part that both mates have: F(±h) = A(±h) + iB(±h).
    dispersion = 0.3j * gemmi_f(
        small_structure(structure.model, merged.cell, structure.spacegroup), merged.hkl
    )
    both = replace(
        structure,
        merged=replace(
            merged,
            hkl=np.vstack([merged.hkl, -merged.hkl]),
            value=np.tile(merged.value, 2),
            sigma=np.tile(merged.sigma, 2),
            redundancy=np.tile(merged.redundancy, 2),
            friedel_merged=False,
        ),
        f_calc=np.concatenate([f + dispersion, np.conj(f) + 1j * np.conj(dispersion / 1j)]),
        calculated=np.tile(structure.calculated, 2),
    )
    terms = map_terms(both)
    assert len(terms.hkl) == len(merged)
    assert np.sort(np.abs(terms.fc)) == pytest.approx(np.sort(np.abs(f)), rel=1e-9)


@pytest.mark.parametrize("name", ["P 1 21 1", "I 41/a:2", "R 3 m:R"])
def test_the_density_shows_the_atoms_on_absolute_scale(name: str, tmp_path: Path) -> None:
    structure = structure_in(name)
    density = density_of(structure)
    heights = density.value_at(structure.model.frac)
    heavy = ~structure.model.is_hydrogen
    assert density.kind is MapKind.DENSITY
    assert (heights[heavy] > 3 * density.rmsd).all()
    # Gemmi's map of the coefficients in the file.
    write_map_coefficients(tmp_path / "made.mtz", map_terms(structure), "made")
    mtz = gemmi.read_mtz_file(str(tmp_path / "made.mtz"))
    grid = mtz.transform_f_phi_to_map("FWT", "PHWT", exact_size=density.shape)
    assert np.abs(np.array(grid) - density.grid).max() < 1e-3 * density.grid.max()


def test_the_difference_map_shows_a_missing_atom() -> None:
    structure = structure_in("P -1")
    less = structure.model.select(np.arange(len(structure.model)) != 1)
    f = gemmi_f(
        small_structure(less, structure.merged.cell, structure.spacegroup), structure.merged.hkl
    )
    difference = difference_of(
        replace(structure, model=less, f_calc=f, calculated=SCALE * np.abs(f) ** 2)
    )
    assert difference.kind is MapKind.DIFFERENCE
    where = np.array(np.unravel_index(int(difference.grid.argmax()), difference.shape))
    missing = structure.model.frac[1]
    away = [s * where / difference.shape - missing for s in (1, -1)]
    cell = structure.merged.cell
    assert min(
        cell.orthogonalize(gemmi.Fractional(*(x - np.rint(x)))).length() for x in away
    ) == pytest.approx(0, abs=0.3)


def test_intensities_are_freed_of_extinction() -> None:
    structure = made_solution("P 1 21/n 1", extinction=0.05).structure
    assert structure is not None
    merged, fc2 = structure.merged, np.abs(structure.f_calc) ** 2
    sin_theta = merged.wavelength / (2 * merged.d)
    path = 0.001 * merged.wavelength**3 / np.sin(2 * np.arcsin(sin_theta))
    # SHELXL: Fc is multiplied by k (1 + 0.001 x Fc² λ³ / sin 2θ)^−¼.
    value = SCALE * (np.abs(structure.f_calc) * (1 + 0.05 * path * fc2) ** -0.25) ** 2
    dimmed = replace(structure, merged=replace(merged, value=1.1 * value), calculated=value)
    assert absolute_intensities(dimmed)[0] == pytest.approx(1.1 * fc2)


def test_intensities_are_freed_of_the_second_twin_domain() -> None:
    law = ((-1, 0, 0), (0, -1, 0), (0, 0, 1))
    made = made_solution("P -1", twin_law=law, twin_fraction=0.3).structure
    assert made is not None
    merged, fc2 = made.merged, np.abs(made.f_calc) ** 2
    small = small_structure(made.model, merged.cell, made.spacegroup)
    other = np.abs(gemmi_f(small, merged.hkl @ np.array(law).T)) ** 2
    value = SCALE * (0.7 * fc2 + 0.3 * other)
    twinned = replace(made, merged=replace(merged, value=value), calculated=value)
    assert absolute_intensities(twinned)[0] == pytest.approx(fc2, rel=1e-6, abs=1e-5 * fc2.max())


@pytest.mark.parametrize("name", SETTINGS)
def test_the_pdb_is_read_back_with_setting_and_displacements(name: str, tmp_path: Path) -> None:
    solution = made_solution(name)
    structure = solution.structure
    assert structure is not None
    bonds = find_bonds(structure.model, structure.merged.cell, structure.spacegroup)
    write_pdb(tmp_path / "made.pdb", structure, solution, "made", bonds)
    read = gemmi.read_structure(str(tmp_path / "made.pdb"))
    assert read.find_spacegroup().xhm() == name
    atoms = [cra.atom for cra in read[0].all()]
    assert [atom.name for atom in atoms] == list(structure.model.labels)
    frac = np.array([read.cell.fractionalize(atom.pos).tolist() for atom in atoms])
    assert frac == pytest.approx(structure.model.frac, abs=2e-4)
    calculator = gemmi.StructureFactorCalculatorX(read.cell)
    read.setup_cell_images()
    hkl = structure.merged.hkl[:20]
    f = np.array([calculator.calculate_sf_from_model(read[0], h) for h in hkl.tolist()])
    # PDB rounds occupancies to 0.01, which matters for an atom with 1/48 of them.
    worst = 0.25 if "m" in name and name[0] == "F" else 0.03
    assert np.abs(f - structure.f_calc[:20]).max() < worst * np.abs(structure.f_calc).max()
    assert any("Verdict: solved" in line for line in read.raw_remarks)


def test_centric_reflections_enter_the_density_with_the_measured_amplitude() -> None:
    terms = map_terms(structure_in("P 1 21 1"))
    doubled = replace(terms, fo=2.0 * np.abs(terms.fc))
    phase = terms.fc / np.abs(terms.fc)
    modulus = (doubled.density_terms / phase).real / np.abs(terms.fc)
    assert 0 < np.count_nonzero(terms.centric) < len(terms.fc)
    assert modulus[terms.centric] == pytest.approx(2.0)
    assert modulus[~terms.centric] == pytest.approx(3.0)
