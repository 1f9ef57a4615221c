"""Data sets in a folder tree."""

from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.screening.data_sets import (
    MeasuredSet,
    find_sets,
    fingerprint,
    read_record,
    write_record,
)
from patterson_gui.io.solution.write import write_solution
from tests.io.solved_crystals import made_solution

HKL = "   1   0   0    1.00    0.10\n   0   0   0    0.00    0.00\n"
MODEL = "data_a\n_cell_length_a 5\nloop_\n_atom_site_label\n_atom_site_fract_x\nC1 0.1\n"
REFLECTIONS = (
    "data_b\nloop_\n_refln_index_h\n_refln_index_k\n_refln_index_l\n_refln_F_squared_meas\n"
    "_refln_F_squared_sigma\n1 0 0 5.0 0.1\n"
)


def test_a_set_is_one_reflection_file_with_its_companions(tmp_path: Path) -> None:
    for name, text in {
        "a.hkl": HKL, "a.ins": "TITL a\n", "a.cif": REFLECTIONS, "a_truth.cif": MODEL,
        "sub/b.cif": REFLECTIONS, "sub/c.HKL": HKL, "sub/model.cif": MODEL, ".hidden.hkl": HKL,
        ".git/x.hkl": HKL, "notes.txt": "x",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    sets = find_sets(tmp_path)
    assert [(one.name, one.path.name) for one in sets] == [
        ("a", "a.hkl"), ("sub/b", "b.cif"), ("sub/c", "c.HKL"),
    ]  # fmt: skip
    assert {path.name for path in sets[0].companions} == {"a.ins", "a.cif"}


def test_results_of_this_program_are_no_data_sets(tmp_path: Path) -> None:
    (tmp_path / "a.hkl").write_text(HKL)
    write_solution(tmp_path / "a-solved", made_solution("P 1"), "a")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.hkl").write_text(HKL)
    assert [one.name for one in find_sets(tmp_path, leave_out=tmp_path / "out")] == ["a"]


def test_a_folder_without_data_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no data sets"):
        find_sets(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        find_sets(tmp_path / "missing")


def test_the_fingerprint_follows_content_and_options_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.hkl"
    path.write_text(HKL)
    one = MeasuredSet("a", path)
    first = fingerprint(one, {"seed": 0})
    path.touch()
    assert fingerprint(one, {"seed": 0}) == first
    assert fingerprint(one, {"seed": 1}) != first
    (tmp_path / "a.ins").write_text("TITL a\n")
    assert fingerprint(one, {"seed": 0}) != first


def test_a_record_is_read_back_and_a_damaged_one_counts_as_none(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    write_record(tmp_path, "mark", {"verdict": "solved", "r1": float("nan")})
    assert read_record(tmp_path) == ("mark", {"verdict": "solved", "r1": None})
    (tmp_path / "screen-row.json").write_text("{")
    assert read_record(tmp_path) is None
