"""SHELX instructions of a solved structure, read back."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.solution import Solution
from patterson_gui.io.formats.shelx_instructions import parse_instructions
from patterson_gui.io.formats.shelx_symmetry import shelx_symmetry
from patterson_gui.io.solution.shelx_res import DifferencePeak, compact_name, res_text
from tests.io.solved_crystals import (
    SETTINGS,
    gemmi_f,
    made_solution,
    small_structure_of,
    some_model,
)


def written(solution: Solution, **options: object) -> str:
    assert solution.structure is not None
    return res_text(solution.structure, solution, "made", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_atoms_of_the_file_give_the_same_structure_factors(name: str) -> None:
    solution = made_solution(name, d_min=1.3)
    assert solution.structure is not None
    read = parse_instructions(written(solution), "made.res")
    symmetry = shelx_symmetry(solution.structure.spacegroup)
    assert read.spacegroup.xhm() == symmetry.spacegroup.xhm()
    hkl = solution.structure.merged.hkl
    # With the origin at s, F(h) of the file is F(h) exp(−2πi h·s).
    wanted = solution.structure.f_calc * np.exp(-2j * np.pi * hkl @ symmetry.origin)
    difference = np.abs(gemmi_f(small_structure_of(read), hkl) - wanted)
    assert difference.max() < 2e-3 * np.abs(wanted).max()


def test_atoms_on_special_positions_have_fixed_coordinates_and_their_share() -> None:
    lines = written(made_solution("F m -3 m")).splitlines()
    (sulphur,) = [line.split() for line in lines if line.startswith("S1 ")]
    assert sulphur[2:5] == ["10.000000"] * 3
    assert float(sulphur[5]) == pytest.approx(10 + 1 / 48, abs=1e-6)
    lines = written(made_solution("C 1 2/c 1")).splitlines()
    (sulphur,) = [line.split() for line in lines if line.startswith("S1 ")]
    assert sulphur[2:6] == ["10.000000", "0.300000", "10.250000", "10.5000000"]


def test_the_head_has_cell_uncertainties_wavelength_and_contents() -> None:
    text = written(made_solution("P 1 21/n 1"))
    lines = text.splitlines()
    assert lines[0] == "TITL made in P2(1)/n"
    assert lines[1] == "REM patterson_gui solution in P2(1)/n"
    assert lines[2].startswith("REM R1 0.032,  Rweak 0.012,  Alpha 0.040,")
    (cell,) = [line.split() for line in lines if line.startswith("CELL")]
    assert [float(word) for word in cell[1:]] == [0.71073, 7, 8, 9, 90, 105, 90]
    (zerr,) = [line.split() for line in lines if line.startswith("ZERR")]
    assert [float(word) for word in zerr[2:]] == [0.001, 0.001, 0.002, 0, 0.01, 0]
    assert "LATT 1" in lines
    assert "SFAC C H N O S" in lines
    # Of each C, H, N there are four in the cell, of S two, of the disordered O 0.6 × 4.
    assert "UNIT 4 4 4 2.4 2" in lines
    assert "HKLF 4" in lines
    assert lines.index("HKLF 4") < lines.index("END")
    assert max(map(len, lines)) <= 80


def test_hydrogen_atoms_follow_the_atom_they_ride_on() -> None:
    lines = written(made_solution("P 1 21 1")).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("C1 "))
    assert lines[start + 2].startswith("AFIX ")
    assert lines[start + 3].startswith("H1 ")
    assert lines[start + 4] == "AFIX 0"


def test_disordered_atoms_stand_in_their_part() -> None:
    lines = written(made_solution("P 1 21 1")).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("O1 "))
    assert lines[start - 1] == "PART 1"
    assert "PART 0" in lines[start + 2 :]


def test_alternatives_share_a_free_variable() -> None:
    solution = made_solution("P 1 21 1", d_min=1.3)
    structure = solution.structure
    assert structure is not None
    model = structure.model
    rows = [model.labels.index(label) for label in ("N1", "O1")]
    occ, part = np.ones(len(model)), np.zeros(len(model), dtype=np.int64)
    occ[rows], part[rows] = [0.6, 0.4], [1, 2]
    split = replace(structure, model=replace(model, occ=occ, part=part))
    text = written(replace(solution, structure=split))
    (variables,) = [line.split() for line in text.splitlines() if line.startswith("FVAR")]
    assert float(variables[2]) == pytest.approx(0.6)
    codes = {
        line.split()[0]: float(line.split()[5])
        for line in text.splitlines()
        if line[:2] in ("N1", "O1")
    }
    assert codes == {"N1": 21.0, "O1": -21.0}
    read = {
        site.label: site.occ
        for site in small_structure_of(parse_instructions(text, "made.res")).sites
    }
    assert read["N1"] == pytest.approx(0.6)
    assert read["O1"] == pytest.approx(0.4)


def test_difference_peaks_follow_after_the_end() -> None:
    text = written(made_solution("P 1"), peaks=[DifferencePeak((0.1, 0.2, 0.3), 0.45)])
    after = text.partition("\nEND\n")[2]
    assert "Highest difference peak  0.310,  deepest hole -0.220" in after
    assert "Q1    1   0.10000   0.20000   0.30000  11.00000  0.05     0.45" in after
    assert len(parse_instructions(text, "x").sites) == 4


def test_writes_extinction_and_twin_only_where_they_were_refined() -> None:
    text = written(made_solution("P 1 21 1"))
    assert "EXTI" not in text
    assert "TWIN" not in text
    law = ((-1, 0, 0), (0, -1, 0), (1, 0, 1))
    text = written(made_solution("P 1 21 1", extinction=0.012, twin_law=law, twin_fraction=0.31))
    assert "\nEXTI 0.012000\n" in text
    assert "\nTWIN -1 0 0 0 -1 0 1 0 1 2\nBASF 0.31000\n" in text
    # A Flack parameter that was only estimated is no parameter of the model.
    assert "TWIN" not in written(made_solution("P 1 21 1", flack=0.4, flack_sigma=0.01))
    text = written(made_solution("P 1 21 1", flack=0.4, flack_sigma=0.01, inverted=0.4))
    assert "\nTWIN\nBASF 0.40000\n" in text


def test_a_change_of_axes_is_told_for_the_original_file() -> None:
    solution = made_solution("P 1 21/n 1")
    assert solution.structure is not None
    matrix = np.array([[0, 0, 1], [0, -1, 0], [1, 0, 0]])
    changed = replace(solution, structure=replace(solution.structure, change_of_axes=matrix))
    text = " ".join(written(changed).replace("REM", "").split())
    assert "HKLF 4 1 0 0 1 0 -1 0 1 0 0" in text
    zerr = next(line for line in written(changed).splitlines() if line.startswith("ZERR"))
    # a and c are exchanged, so their uncertainties are.
    assert [float(w) for w in zerr.split()[2:]] == pytest.approx([0.002, 0.001, 0.001, 0, 0.01, 0])


@pytest.mark.parametrize(
    ("name", "written_name"),
    [
        ("P 1 21/c 1", "P2(1)/c"),
        ("P 21 21 21", "P2(1)2(1)2(1)"),
        ("I 41/a:2", "I4(1)/a"),
        ("R -3 c:H", "R-3c"),
        ("C 1 2/c 1", "C2/c"),
        ("P 3 2 1", "P321"),
        ("P 1", "P1"),
        ("F m -3 m", "Fm-3m"),
    ],
)
def test_names_of_groups_are_those_of_shelx_programs(name: str, written_name: str) -> None:
    assert compact_name(gemmi.SpaceGroup(name)) == written_name


def test_labels_longer_than_shelx_allows_are_numbered_anew() -> None:
    solution = made_solution("P 1 21 1")
    assert solution.structure is not None
    model = replace(some_model("P 1 21 1"), labels=("CARBON1", "N1", "O1", "H1"))
    text = written(replace(solution, structure=replace(solution.structure, model=model)))
    labels = {site.label for site in parse_instructions(text, "x").sites}
    assert labels == {"C1", "N1", "O1", "H1"}


def test_hydrogen_that_is_expected_and_not_placed_is_named() -> None:
    solution = made_solution("P 1 21/n 1")
    assert solution.structure is not None
    heavy = solution.structure.model.without_hydrogen()
    bare = replace(
        solution,
        structure=replace(solution.structure, model=heavy),
        contents=Contents(("C", "H", "N"), {"C": 4, "H": 20, "N": 4}),
    )
    lines = written(bare).splitlines()
    assert "SFAC C H N O S" in lines
    assert "UNIT 4 20 4 2.4 2" in lines
    read = parse_instructions(written(bare), "made.res")
    assert [site.element for site in read.sites] == ["S", "O", "N", "C"]


def test_the_overall_scale_follows_the_factor_of_the_reflection_list() -> None:
    solution = made_solution("P 1 21/n 1")
    assert solution.structure is not None

    def scale(**options: object) -> float:
        (line,) = [x for x in written(solution, **options).splitlines() if x.startswith("FVAR")]
        return float(line.split()[1])

    # FVAR is the scale of |F|.
    assert scale() == pytest.approx(solution.structure.figures.scale**0.5, rel=1e-4)
    assert scale(hkl_factor=100.0) == pytest.approx(10.0 * scale(), rel=1e-4)
