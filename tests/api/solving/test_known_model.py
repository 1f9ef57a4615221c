"""A known model, its phases or its structure factors beside the data never reach the solver."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.api.solving import solve as solving
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import Solution
from patterson_gui.io.opening.intensities import read_intensities
from tests.io.solved_crystals import made_solution

Given = tuple[Intensities, Contents | None, Any]
ATOMS = (
    "C1 1 0.1 0.2 0.3 11.0 0.03\nC2 1 0.2 0.3 0.4 11.0 0.03\nO1 3 0.5 0.1 0.9 11.0 0.03\n"
    "Q1 1 0.7 0.7 0.7 11.0 0.05 2.1\n"
)
SITES = """loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_U_iso_or_equiv
C1 C 0.1 0.2 0.3 0.03
O1 O 0.5 0.1 0.9 0.03
"""
PDB = (
    "CRYST1    7.773    8.722   10.864  90.00 102.98  90.00 P 1 21 1\n"
    "ATOM      1  C1  LIG A   1       1.000   2.000   3.000  1.00 20.00           C\n"
    "ATOM      2  O1  LIG A   1       2.000   3.000   4.000  1.00 20.00           O\n"
)


@pytest.fixture
def given_to_solver(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Given]:
    """What `pg.solve` hands to the solver for a file."""
    calls: list[Given] = []
    answer = made_solution("P 1 21/n 1")

    def stand_in(intensities: Any, contents: Any, settings: Any, *_: Any) -> Solution:
        calls.append((intensities, contents, settings))
        return answer

    monkeypatch.setattr(solving, "solve_structure", stand_in)

    def given(path: Path) -> Given:
        pg.solve(path, progress=False)
        return calls[-1]

    return given


def assert_same(one: Given, other: Given) -> None:
    """All fields agree to the last bit."""
    for field in fields(Intensities):
        a, b = getattr(one[0], field.name), getattr(other[0], field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            assert np.array_equal(a, b), field.name
        elif isinstance(a, gemmi.UnitCell):
            assert a.parameters == b.parameters
        else:
            assert a == b, field.name
    assert one[1:] == other[1:]


def sucrose(folder: Path) -> Path:
    """A copy of the measured example with its instructions."""
    folder.mkdir()
    example = pg.measured_example_path()
    for ending in (".hkl", ".ins"):
        source = example.with_suffix(ending)
        (folder / source.name).write_bytes(source.read_bytes())
    return folder / example.name


def with_atoms(folder: Path, atoms: str = ATOMS) -> Path:
    """The same with atoms in the instructions."""
    path = sucrose(folder)
    instructions = path.with_suffix(".ins")
    text = instructions.read_text()
    instructions.write_text(text.replace("HKLF", f"FVAR 0.5\n{atoms}HKLF"))
    return path


def test_atoms_in_the_instructions_are_not_looked_at(
    tmp_path: Path, given_to_solver: Callable[[Path], Given]
) -> None:
    without, with_model = sucrose(tmp_path / "a"), with_atoms(tmp_path / "b")
    assert_same(given_to_solver(without), given_to_solver(with_model))


def test_a_model_beside_the_reflections_is_not_looked_at(
    tmp_path: Path, given_to_solver: Callable[[Path], Given]
) -> None:
    without, with_model = sucrose(tmp_path / "a"), sucrose(tmp_path / "b")
    with_model.with_suffix(".pdb").write_text(PDB)
    cif = gemmi.cif.read_string(f"data_b\n{_cell_items(with_model)}{SITES}")
    cif.write_file(str(with_model.with_suffix(".cif")))
    assert_same(given_to_solver(without), given_to_solver(with_model))


def _cell_items(path: Path) -> str:
    cell = read_intensities(path).intensities.cell
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    pairs = zip(names, cell.parameters, strict=True)
    return "".join(f"_cell_{name} {value:.5f}\n" for name, value in pairs)


def test_sites_and_calculated_values_in_a_cif_are_not_looked_at(
    tmp_path: Path, given_to_solver: Callable[[Path], Given]
) -> None:
    data = read_intensities(pg.measured_example_path()).intensities
    head = (
        f"data_a\n{_cell_items(pg.measured_example_path())}"
        "_space_group_name_H-M_alt 'P 1 21 1'\n_chemical_formula_sum 'C12 H22 O11'\n"
        "_cell_formula_units_Z 2\n_diffrn_radiation_wavelength 0.71073\n"
    )
    items = ["index_h", "index_k", "index_l", "F_squared_meas", "F_squared_sigma"]
    rows = [
        f"{h} {k} {l} {value:.2f} {sigma:.2f}"
        for (h, k, l), value, sigma in zip(data.hkl, data.value, data.sigma, strict=True)  # noqa: E741
    ]
    for folder, sites, more, calculated in (
        ("a", "", [], ""),
        ("b", SITES, ["F_squared_calc", "F_calc", "phase_calc"], " 3.0 1.7 45.0"),
    ):
        (tmp_path / folder).mkdir()
        loop = "".join(f"_refln_{item}\n" for item in items + more)
        body = "\n".join(row + calculated for row in rows)
        (tmp_path / folder / "x.cif").write_text(f"{head}{sites}loop_\n{loop}{body}\n")
    one, other = (given_to_solver(tmp_path / folder / "x.cif") for folder in "ab")
    assert_same(one, other)
    assert len(one[0]) == len(data)


def test_phases_and_structure_factors_in_an_mtz_are_not_looked_at(
    tmp_path: Path, given_to_solver: Callable[[Path], Given]
) -> None:
    data = read_intensities(pg.measured_example_path()).intensities
    measured = np.column_stack([data.hkl, data.value, data.sigma])
    known = np.tile([5.0, 45.0, 7.0, 90.0, 4.0, 30.0, 1.0], (len(data), 1))
    columns = (("I", "J"), ("SIGI", "Q"), ("FC", "F"), ("PHIC", "P"), ("FWT", "F"),
               ("PHWT", "P"), ("F-model", "F"), ("PHIB", "P"), ("FOM", "W"))  # fmt: skip
    for folder, used, table in (
        ("a", columns[:2], measured),
        ("b", columns, np.column_stack([measured, known])),
    ):
        (tmp_path / folder).mkdir()
        mtz = gemmi.Mtz(with_base=True)
        mtz.spacegroup = data.spacegroup
        mtz.set_cell_for_all(data.cell)
        mtz.add_dataset("x").wavelength = 0.71073
        for label, kind in used:
            mtz.add_column(label, kind)
        mtz.set_data(table.astype(np.float32))
        mtz.write_to_file(str(tmp_path / folder / "x.mtz"))
    (tmp_path / "b" / "x.pdb").write_text(PDB)
    assert_same(*(given_to_solver(tmp_path / folder / "x.mtz") for folder in "ab"))


def test_an_opened_crystal_with_a_model_is_solved_without_it(
    tmp_path: Path, given_to_solver: Callable[[Path], Given]
) -> None:
    path = sucrose(tmp_path / "a")
    expected = given_to_solver(path)
    path.with_suffix(".pdb").write_text(PDB)
    crystal = pg.open(path)
    assert crystal.model is not None  # type: ignore[union-attr]
    assert_same(expected, given_to_solver(crystal))  # type: ignore[arg-type]


def test_the_solution_is_the_same_with_and_without_the_true_atoms(tmp_path: Path) -> None:
    """To the last bit, with the atoms of the solution itself in the instructions."""
    one = pg.solve(sucrose(tmp_path / "a"), progress=False)
    assert one.model is not None
    numbers = {"C": 1, "H": 2, "O": 3}
    atoms = "".join(
        f"{label} {numbers[element]} {x:.5f} {y:.5f} {z:.5f} 11.0 0.03\n"
        for label, element, (x, y, z) in zip(
            one.model.labels, one.model.elements, one.model.frac, strict=True
        )
    )
    other = pg.solve(with_atoms(tmp_path / "b", atoms), progress=False)
    assert other.model is not None
    for name in ("frac", "occ", "u_iso", "u_aniso"):
        assert np.array_equal(
            getattr(one.model, name), getattr(other.model, name), equal_nan=True
        ), name
    times = ("seconds", "seconds_phases")
    first, second = (
        {key: value for key, value in solved.figures.items() if key not in times}
        for solved in (one, other)
    )
    assert first == second
