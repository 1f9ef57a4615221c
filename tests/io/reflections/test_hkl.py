"""SHELX reflections in every layout, and what is no reflection among them."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes, read_reflections
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
