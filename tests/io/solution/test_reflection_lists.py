"""Reflections of a solved structure, read back."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.io.formats.cif_blocks import parse_cif
from patterson_gui.io.formats.shelx_instructions import HklFormat
from patterson_gui.io.reflections.cif import list_choices, measurements
from patterson_gui.io.reflections.shelx.hkl import parse_hkl
from patterson_gui.io.solution.reflection_lists import fcf_text, hkl_text
from tests.io.solved_crystals import SCALE, made_solution


def intensities(value: list[float], sigma: list[float]) -> Intensities:
    n = len(value)
    hkl = np.array([[h, -12, 100 - h] for h in range(n)], dtype=np.int32)
    cell, group = gemmi.UnitCell(10, 11, 12, 90, 90, 90), gemmi.SpaceGroup("P 1")
    return Intensities(hkl, np.array(value), np.array(sigma), cell, group)


@pytest.mark.parametrize("top", [0.02, 5.0, 999.0, 5e4, 123456.7, 3.2e9])
def test_intensities_of_any_size_fit_their_columns(top: float) -> None:
    rng = np.random.default_rng(0)
    value = top * np.concatenate([[1.0, -0.03, 0.0], rng.random(50)])
    data = intensities(value.tolist(), (0.001 * top + 0.01 * np.abs(value)).tolist())
    text, factor = hkl_text(data)
    lines = text.splitlines()
    assert {len(line) for line in lines} == {32}
    assert all(line[12] == line[20] == " " for line in lines)
    read = parse_hkl(text, HklFormat(), "a.hkl")
    assert np.array_equal(read.hkl, data.hkl)
    assert read.value / factor == pytest.approx(value, abs=2e-5 * top)
    assert read.sigma is not None
    assert read.sigma / factor == pytest.approx(data.sigma, rel=0.06)
    assert (read.sigma > 0).all()


def test_large_negative_intensities_fit_their_columns() -> None:
    text, factor = hkl_text(intensities([-98765.4, 5.0], [100.0, 1.0]))
    read = parse_hkl(text, HklFormat(), "a.hkl")
    assert read.value[0] / factor == pytest.approx(-98765.4, rel=1e-4)
    assert {len(line) for line in text.splitlines()} == {32}


def test_the_list_ends_with_zero_indices() -> None:
    text, _ = hkl_text(intensities([1000.0], [1.0]))
    assert text.splitlines()[-1] == "   0   0   0    0.00    0.00   0"


def test_indices_follow_a_change_of_axes() -> None:
    matrix = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    text, _ = hkl_text(intensities([1000.0, 2000.0], [1.0, 1.0]), matrix)
    assert text.splitlines()[1].split()[:3] == ["-12", "99", "1"]


def test_list_4_has_fo2_and_fc2_on_absolute_scale() -> None:
    solution = made_solution("P 1 21/n 1")
    structure = solution.structure
    assert structure is not None
    document = parse_cif(fcf_text(structure, "made"), "made.fcf")
    block = document.sole_block()
    assert block.find_value("_shelx_refln_list_code") == "4"
    calculated = np.array([float(v) for v in block.find_loop("_refln_F_squared_calc")])
    assert calculated == pytest.approx(np.abs(structure.f_calc) ** 2, rel=1e-3, abs=0.01)
    choice = list_choices(document)[0]
    read = measurements(document, choice)
    assert choice.label == "F_squared_meas"
    assert np.array_equal(read.hkl, structure.merged.hkl)
    assert read.value == pytest.approx(structure.merged.value / SCALE, rel=1e-3, abs=0.01)


def test_lists_keep_the_ratio_of_measured_and_calculated_intensities() -> None:
    """R of the list is that of the refinement, whatever extinction and twinning do."""
    structure = made_solution("P 1 21/n 1").structure
    assert structure is not None
    rng = np.random.default_rng(1)
    calculated = structure.calculated * rng.uniform(0.5, 1.0, len(structure.merged))
    value = calculated * rng.uniform(0.9, 1.1, len(structure.merged))
    changed = replace(
        structure, calculated=calculated, merged=replace(structure.merged, value=value)
    )
    block = parse_cif(fcf_text(changed, "made"), "made.fcf").sole_block()
    fo2, fc2 = (
        np.array([float(v) for v in block.find_loop(f"_refln_F_squared_{item}")])
        for item in ("meas", "calc")
    )
    strong = fc2 > 10
    ratio = value[strong] / calculated[strong]
    assert fo2[strong] / fc2[strong] == pytest.approx(ratio, rel=3e-3)


def test_list_6_gives_gemmi_the_map_of_the_structure_factors() -> None:
    structure = made_solution("P 1 21 1").structure
    assert structure is not None
    block = parse_cif(fcf_text(structure, "made", phases=True), "made.fcf").sole_block()
    assert block.find_value("_shelx_refln_list_code") == "6"
    amplitude, phase = (
        np.array([float(v) for v in block.find_loop(f"_refln_{item}")])
        for item in ("F_calc", "phase_calc")
    )
    f = amplitude * np.exp(1j * np.radians(phase))
    assert np.abs(f - structure.f_calc).max() < 2e-3 * np.abs(structure.f_calc).max()


def test_symmetry_and_cell_stand_in_the_list() -> None:
    structure = made_solution("R -3:H").structure
    assert structure is not None
    block = parse_cif(fcf_text(structure, "made"), "made.fcf").sole_block()
    small = gemmi.make_small_structure_from_block(block)
    assert small.cell.parameters == (11, 11, 9, 90, 90, 120)
    assert small.spacegroup.xhm() == "R -3:H"
    assert len(block.find_loop("_space_group_symop_operation_xyz")) == 18


def test_a_scale_of_zero_does_not_divide() -> None:
    structure = made_solution("P 1", scale=0.0).structure
    assert structure is not None
    assert "nan" not in fcf_text(replace(structure), "made").lower()
