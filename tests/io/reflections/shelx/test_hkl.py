"""SHELX reflections in every layout, and what is no reflection among them."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import (
    list_columns,
    read_amplitudes,
    read_reflections,
    reflection_file,
)
from patterson_gui.io.reflections.columns import Measurements
from patterson_gui.io.source_file import SourceFile
from tests.io.reflection_files import INS, F, hkl_text, same


@pytest.mark.parametrize(
    "text",
    [
        hkl_text(),
        hkl_text(end=""),
        hkl_text(batch=""),
        hkl_text(end="\n_exptl_absorpt_process_details 'some program'\n;\ntext\n;\n"),
        hkl_text() + "TITL written by a program\nREM 1 2 3 4 5\n  -1  -1  -1 9999.00    1.00   1\n",
        hkl_text().replace("\n", "\r\n"),
        "\n".join(" ".join(line.split()) for line in hkl_text().splitlines()),
        "\n".join("  ".join(line.split()).rjust(60) for line in hkl_text().splitlines()),
        "#h,k,l,fosq,sigfosq\n" + hkl_text(),
    ],
)
def test_every_layout_of_a_shelx_file_gives_the_same_amplitudes(tmp_path: Path, text: str):
    path = tmp_path / "a b.hkl"
    path.write_bytes(text.encode())
    (tmp_path / "a b.ins").write_text(INS)
    read = read_reflections(path)
    assert same(read.amplitudes)
    assert read.companion.path == tmp_path / "a b.ins"
    assert list_columns(path)[0].kind == "intensity"


def test_reports_a_damaged_line_among_the_reflections(tmp_path: Path):
    path = tmp_path / "a.hkl"
    (tmp_path / "a.ins").write_text(INS)
    lines = hkl_text().splitlines()
    lines[20] = "   1   x   1"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match=r"line 21: “1   x   1”"):
        read_amplitudes(path)


def test_separates_columns_that_touch(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(" -10 -12  10-1234.56 1234.56   1\n   1   1   110000.0099999.99   1\n")
    (tmp_path / "a.ins").write_text(INS)
    got = read_amplitudes(path)
    assert len(got) == 2


def test_hklf_3_holds_amplitudes_and_hklf_4_scale_and_matrix_count(tmp_path: Path):
    path, instructions = tmp_path / "a.hkl", tmp_path / "a.res"
    path.write_text(hkl_text())
    instructions.write_text(INS.replace("HKLF 4", "HKLF 3"))
    assert list_columns(path)[0].kind == "amplitude"
    assert read_amplitudes(path).f == pytest.approx(F**2, rel=0.01)
    instructions.write_text(INS.replace("HKLF 4", "HKLF 4 0.25 -1 0 0 0 -1 0 0 0 1"))
    got = read_amplitudes(path)
    assert got.f.max() == pytest.approx(F.max() / 2, rel=0.01)
    instructions.write_text(INS.replace("HKLF 4", "HKLF 1"))
    with pytest.raises(UserError, match="HKLF 1"):
        read_amplitudes(path)


def test_uses_only_reflections_without_overlap_of_a_twin(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(
        "   1   1   1  100.00    1.00   1\n"
        "   1   1   2  100.00    1.00  -2\n"
        "   1   1   3  100.00    1.00   1\n"
        "   1   1   4  100.00    1.00   2\n"
    )
    for instruction in ("HKLF 5", ""):
        (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", instruction))
        read = read_reflections(path)
        assert [tuple(h) for h in np.abs(read.amplitudes.hkl)] == [(1, 1, 1)]
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", "HKLF 5"))
    assert any("twin" in note for note in read_reflections(path).notes)


def test_uses_every_batch_where_no_batch_number_is_negative(tmp_path: Path):
    """Without HKLF, positive batch numbers are scale groups and not domains of a twin."""
    path = tmp_path / "a.hkl"
    path.write_text("   1   1   1  100.00    1.00   1\n   1   1   2  100.00    1.00   2\n")
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", ""))
    assert len(read_amplitudes(path)) == 2


def test_ends_at_the_line_of_zeros(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(
        "   1   1   1  100.00    1.00   1\n   0   0   0    0.00    0.00   0\n"
        "   1   1   2  100.00    1.00   1\n"
    )
    (tmp_path / "a.ins").write_text(INS)
    assert [tuple(h) for h in np.abs(read_amplitudes(path).hkl)] == [(1, 1, 1)]


def measurements_of(tmp_path: Path, text: str, hklf: str = "HKLF 4") -> Measurements:
    """What is read of a .hkl with instructions beside it."""
    path = tmp_path / "a.hkl"
    path.write_text(text)
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", hklf))
    reflections = reflection_file(SourceFile(path))
    return reflections.measured(reflections.choices[0]).data


@pytest.mark.parametrize("more", ["", "-0.12345 0.54321"])
def test_separates_all_columns_that_touch(tmp_path: Path, more: str):
    """As in files of unmerged reflections, where direction cosines follow the batch number."""
    lines = [f"-100-120-10012345.671234.567  12{more}", f"   1   2 300-1234.5612345.67-103{more}"]
    data = measurements_of(tmp_path, "\n".join(lines))
    assert data.hkl.tolist() == [[-100, -120, -100], [1, 2, 300]]
    assert data.value.tolist() == [12345.67, -1234.56]
    assert data.sigma.tolist() == [1234.567, 12345.67]


def test_takes_a_blank_sigma_as_none_and_not_the_batch_number(tmp_path: Path):
    data = measurements_of(
        tmp_path,
        "   1   1   1  100.00           2\n   1   1   2  200.00           1\n",
    )
    assert data.value.tolist() == [100, 200]
    assert data.sigma is None
    data = measurements_of(
        tmp_path,
        "   1   1   1  100.00           2\n   1   1   2  200.00    3.00   2\n",
    )
    assert data.sigma.tolist() == [0, 3]


def test_reads_long_values_between_blanks_without_sigma(tmp_path: Path):
    """In columns, the last digits of the value would be taken for σ."""
    data = measurements_of(tmp_path, "   1   1   1  123.4567\n   1   1   2  765.4321\n")
    assert data.value.tolist() == [123.4567, 765.4321]
    assert data.sigma is None
    (choice,) = list_columns(tmp_path / "a.hkl")
    assert (choice.label, choice.sigma, choice.n) == ("I", None, 2)
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", "HKLF 3"))
    assert list_columns(tmp_path / "a.hkl")[0].label == "F"


def test_uses_negative_batch_numbers_of_hklf_4(tmp_path: Path):
    """SHELXL marks the reflections of its free R value by them; they belong to no twin."""
    lines = "   1   1   1  100.00    1.00   1\n   1   1   2  200.00    1.00  -1\n"
    assert measurements_of(tmp_path, lines, "HKLF 4").value.tolist() == [100, 200]


def test_counts_reflections_without_batch_number_to_the_first_domain(tmp_path: Path):
    lines = "   1   1   1  100.00    1.00\n   1   1   2  200.00    1.00   2\n"
    assert measurements_of(tmp_path, lines, "HKLF 5").value.tolist() == [100]


def test_leaves_out_what_the_matrix_of_hklf_maps_between_indices(tmp_path: Path):
    lines = "   2   1   1  100.00    1.00   1\n   1   1   2  200.00    1.00   1\n"
    data = measurements_of(tmp_path, lines, "HKLF 4 2 0.5 0 0 0 0 1 0 1 0")
    assert data.hkl.tolist() == [[1, 1, 1]]
    assert (data.value.tolist(), data.sigma.tolist()) == ([200], [2])


def test_skips_blank_lines_and_stops_at_text(tmp_path: Path):
    text = "\n\n" + hkl_text(end="").replace("\n", "\n\n") + "some text\n" * 12
    path = tmp_path / "a.hkl"
    path.write_text(text)
    (tmp_path / "a.ins").write_text(INS)
    assert same(read_amplitudes(path))


def test_stops_at_a_single_line_of_text(tmp_path: Path):
    data = measurements_of(tmp_path, "   1   1   1  100.00    1.00   1\nwritten by a program\n")
    assert data.value.tolist() == [100]


def test_notes_where_cell_and_format_come_from(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(hkl_text() + INS)
    notes = read_reflections(path).notes
    assert not any("Unit cell" in note or "HKLF" in note for note in notes)
    path.write_text(hkl_text())
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4\n", ""))
    notes = read_reflections(path).notes
    assert "Unit cell and space group come from a.ins." in notes
    assert any(note.startswith("No HKLF instruction was found: ") for note in notes)


def test_counts_numbers_that_overflowed_their_columns(tmp_path: Path):
    """DIALS and others write asterisks; reflections of both kinds may alternate."""
    path = tmp_path / "a.hkl"
    path.write_text(
        "   1   1   1  100.00    1.00   1\n   1   1   2********   17.88   1\n"
        "   1   1   3  200.00    1.00   1\n   1   1   499999.99********   1\n"
    )
    (tmp_path / "a.ins").write_text(INS)
    read = reflection_file(SourceFile(path))
    measured = read.measured(read.choices[0])
    assert measured.data.value.tolist() == [100, 200]
    assert any("2 reflections of a.hkl did not fit" in note for note in measured.notes)


def test_uses_overlapped_reflections_where_most_of_a_twin_overlap(tmp_path: Path):
    lines = "".join(
        f"   1   1{i:4d}  100.00    1.00  -2\n   1  -1{i:4d}  100.00    1.00   1\n"
        for i in range(1, 5)
    )
    data = measurements_of(tmp_path, lines, "HKLF 5")
    assert data.hkl.tolist() == [[1, -1, i] for i in range(1, 5)]
    assert "4 of the 4 reflections" in data.notes[0]


def test_tells_of_overlap_without_an_instruction(tmp_path: Path):
    lines = (
        "   1   1   1  100.00    1.00   1\n   1   1   2  100.00    1.00  -2\n"
        "   1   1   3  100.00    1.00   1\n   1   1   4  100.00    1.00   1\n"
    )
    data = measurements_of(tmp_path, lines, "")
    assert data.hkl.tolist() == [[1, 1, 1], [1, 1, 4]]
    assert "1 that overlap" in data.notes[0]


def test_takes_batch_0_as_the_first_domain(tmp_path: Path):
    lines = "   1   1   1  100.00    1.00   0\n   1   1   2  100.00    1.00   0\n"
    assert len(measurements_of(tmp_path, lines, "HKLF 5").value) == 2


def test_keeps_the_main_reflections_of_a_modulated_crystal(tmp_path: Path):
    lines = "-8 -3 2 -1 0.24 0.70\n-8 -3 2 0 2.41 0.70\n-8 -3 2 1 0.24 0.70\n-8 -3 3 0 9.1 0.4\n"
    data = measurements_of(tmp_path, lines)
    assert data.hkl.tolist() == [[-8, -3, 2], [-8, -3, 3]]
    assert data.value.tolist() == [2.41, 9.1]
    assert "2 satellite" in data.notes[0]


def test_reads_wider_columns_than_those_of_shelx_by_blanks(tmp_path: Path):
    lines = "  -8  -3   2   1234.56      1.23\n  -8  -3   3    183.26      4.07\n"
    data = measurements_of(tmp_path, lines)
    assert data.value.tolist() == [1234.56, 183.26]
    assert data.sigma.tolist() == [1.23, 4.07]


def test_leaves_out_rows_with_negative_sigma(tmp_path: Path):
    path = tmp_path / "a.hkl"
    path.write_text(
        "   1   1   1  100.00    1.00   1\n   1   1   1   -1.00   -1.00   1\n"
        "   1   1   2  100.00    1.00   1\n   1   1   3   -1.00   -1.00   1\n"
    )
    (tmp_path / "a.ins").write_text(INS)
    read = read_reflections(path)
    assert len(read.amplitudes) == 2
    assert read.amplitudes.f[0] == pytest.approx(10.0, rel=0.01)
    assert any("2 rows with a negative σ" in note for note in read.notes)


def test_reads_numbers_between_commas(tmp_path: Path):
    data = measurements_of(tmp_path, "-8,-3,2,2.409,0.704\n-8,-3,3,183.255,4.074\n")
    assert data.hkl.tolist() == [[-8, -3, 2], [-8, -3, 3]]
    assert data.sigma.tolist() == [0.704, 4.074]


def test_reads_a_value_that_is_wider_than_its_columns(tmp_path: Path):
    lines = "   1   1   1  100.00    1.00   1\n   1   1  -2123456.78   12.34   1\n"
    data = measurements_of(tmp_path, lines)
    assert data.hkl.tolist() == [[1, 1, 1], [1, 1, -2]]
    assert (data.value.tolist(), data.sigma.tolist()) == ([100, 123456.78], [1, 12.34])


def test_reports_bad_lines_that_lie_close_together(tmp_path: Path):
    """They must not be taken for the end of the reflections."""
    path = tmp_path / "a.hkl"
    (tmp_path / "a.ins").write_text(INS)
    lines = hkl_text().splitlines()
    for number in range(5, 60, 5):
        lines[number] = "   1   x   1"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match="line 6"):
        read_amplitudes(path)


def test_reads_amplitudes_and_no_phases_of_a_phased_list(tmp_path: Path):
    lines = (
        "   0   0   1    10.50  0.9000   100.0    1.00\n   0   0   2   191.98  0.8   -20.0  2.5\n"
    )
    data = measurements_of(tmp_path, lines)
    assert data.kind == "amplitude"
    assert (data.value.tolist(), data.sigma.tolist()) == ([10.5, 191.98], [1.0, 2.5])


def test_refuses_several_reflections_in_a_line(tmp_path: Path):
    path = tmp_path / "a.hkl"
    line = "   0   0   1    3643   0   0   2 2052733   0   0   3    2315   0   0   4 1543847\n"
    path.write_text(line * 30)
    (tmp_path / "a.ins").write_text(INS)
    with pytest.raises(UserError, match="several reflections in each line"):
        read_reflections(path)


def test_reads_an_instruction_that_its_number_touches(tmp_path: Path):
    (tmp_path / "a.hkl").write_text(hkl_text())
    (tmp_path / "a.ins").write_text(INS.replace("HKLF 4", "HKLF3"))
    assert list_columns(tmp_path / "a.hkl")[0].kind == "amplitude"
