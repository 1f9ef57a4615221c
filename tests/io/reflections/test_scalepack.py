"""Read merged Scalepack files."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes
from patterson_gui.io.reflections.scalepack import read_scalepack
from patterson_gui.io.source_file import SourceFile
from tests.io.reflection_files import HKL, SIGMA, F, same

HEAD = f"    1\n -987\n{8.5:10.3f}{9.5:10.3f}{12.5:10.3f}{90:10.3f}{103:10.3f}{90:10.3f} p21/c\n"


def rows(pair: bool) -> str:
    lines = []
    for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True):
        one = f"{f * f:8.1f}{2 * f * s:8.1f}"
        lines.append(f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{one}{one if pair else ''}\n")
    return "".join(lines)


@pytest.mark.parametrize("pair", [False, True])
def test_reads_intensities_with_and_without_friedel_mates(tmp_path: Path, pair: bool):
    path = tmp_path / "a.sca"
    path.write_text(HEAD + rows(pair))
    assert same(read_amplitudes(path))
    (choice,) = list_columns(path)
    assert (choice.label, choice.kind, choice.sigma, choice.dataset) == (
        "I", "intensity", "σ", "a",
    )  # fmt: skip
    assert choice.n == len(F) * (2 if pair else 1)


def test_stores_friedel_mates_under_opposite_indices_and_leaves_out_what_was_not_measured(
    tmp_path: Path,
):
    path = tmp_path / "a.sca"
    path.write_text(
        HEAD
        + "   1   1   1   100.0    10.0   300.0    20.0\n"
        + "   2   1   1   100.0    10.0 99999.0    -1.0\n"
        + "   3   1  -1 99999.0    -1.0   400.0    30.0\n"
        + "   4   1   1 99999.0    -1.0\n"
    )
    data = read_scalepack(SourceFile(path)).data
    measured = np.isfinite(data.value)
    assert data.hkl[measured].tolist() == [[1, 1, 1], [2, 1, 1], [-1, -1, -1], [-3, -1, 1]]
    assert data.value[measured].tolist() == [100, 100, 300, 400]
    assert data.sigma[measured].tolist() == [10, 10, 20, 30]
    assert data.n == 4


def test_separates_numbers_by_their_columns_where_they_touch(tmp_path: Path):
    """Indices have four letters and values eight: h k l I+ σ I− σ, here without any space."""
    path = tmp_path / "a.sca"
    path.write_text(HEAD + "-100-101-102123456.712345.67654321.054321.05\n")
    data = read_scalepack(SourceFile(path)).data
    assert data.hkl.tolist() == [[-100, -101, -102], [100, 101, 102]]
    assert data.value.tolist() == [123456.7, 654321.0]
    assert data.sigma.tolist() == [12345.67, 54321.05]


def test_passes_over_empty_lines_and_further_columns(tmp_path: Path):
    path = tmp_path / "a.sca"
    path.write_text(
        HEAD
        + "   1   1   1   100.0    10.0   300.0    20.0     7.0\n"
        + "\n"
        + "   2   1   1   200.0    10.0\n"
        + "   2   2   1   200.0     0.0\n"
    )
    data = read_scalepack(SourceFile(path)).data
    measured = np.isfinite(data.value)
    assert data.hkl[measured].tolist() == [[1, 1, 1], [2, 1, 1], [-1, -1, -1]]
    assert data.value[measured].tolist() == [100, 200, 300]


def test_reads_a_space_group_written_with_spaces(tmp_path: Path):
    path = tmp_path / "a.sca"
    path.write_text(HEAD.replace("p21/c", "p 1 21/c 1") + rows(pair=False))
    assert read_amplitudes(path).spacegroup.xhm() == "P 1 21/c 1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD.replace("p21/c", "p99") + rows(pair=False), "“p99”, which is not known"),
        (HEAD.replace("8.500", "0.000"), "has an unusable cell"),
        (
            HEAD.replace("90.000 p21/c", "90p21 /c").replace("   103", "103"),
            "has an unusable cell",
        ),
        (HEAD, "holds no reflections"),
        (HEAD + "   1   1   1 rubbish\n", "has a line that is not a reflection"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, text: str, sentence: str):
    path = tmp_path / "a.sca"
    path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_amplitudes(path)


def test_tells_values_that_did_not_fit_and_a_last_line_that_is_cut(tmp_path: Path):
    path = tmp_path / "a.sca"
    good = "   1   1   1   100.0    10.0\n   2   1   1   200.0    10.0\n"
    path.write_text(HEAD + good + "   3   1   1********    10.0\n   4   1   1   400.0    1")
    data = read_scalepack(SourceFile(path)).data
    measured = np.isfinite(data.value)
    assert data.value[measured].tolist() == [100, 200]
    assert "1 rows of a.sca hold values that did not fit" in " ".join(data.notes)
    assert "cut off within its last line" in " ".join(data.notes)
    path.write_text(HEAD + "   4   1   1   400.0\n" + good)
    with pytest.raises(UserError, match="is not a reflection"):
        read_scalepack(SourceFile(path))
