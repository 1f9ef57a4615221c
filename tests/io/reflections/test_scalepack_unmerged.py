"""Read unmerged Scalepack files, as cctbx writes them ("no merge original index")."""

from pathlib import Path

import numpy as np
import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.opening.friedel_pairs import read_friedel_pairs
from patterson_gui.io.opening.intensities import read_intensities
from patterson_gui.io.opening.reflections import read_amplitudes
from patterson_gui.io.reflections.reflection_file import NoCellGiven
from tests.io.opening.test_friedel_pairs import CENTRIC, HKL, INS, MINUS, PLUS

HEAD = """    2 p21
  1  0  0  0  1  0  0  0  1
  0  0  0
 -1  0  0  0  1  0  0  0 -1
  0  6  0
"""


def lines(index: np.ndarray, f: np.ndarray, flag: int) -> str:
    """(6I4, I6, 2I2, I3, 2F8.1), each reflection under the indices of the other asymmetric unit."""
    rows = []
    for hkl, value in zip(index.tolist(), f, strict=True):
        original = "".join(f"{i:4d}" for i in (-hkl[0], hkl[1], -hkl[2]))
        unique = "".join(f"{abs(i):4d}" for i in hkl)
        rows.append(f"{original}{unique}{14:6d}{flag:2d}{0:2d}{1:3d}{value**2:8.1f}{0.5:8.1f}\n")
    return "".join(rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.ins").write_text(INS)
    (tmp_path / "a.sca").write_text(HEAD + lines(HKL, PLUS, 1) + lines(-HKL, MINUS, 2))
    return tmp_path / "a.sca"


def test_keeps_friedel_mates_under_their_original_indices(path: Path):
    found = read_friedel_pairs(path)
    expected = {tuple(h): v for h, v in zip(HKL.tolist(), PLUS - MINUS, strict=True)}
    assert found.n_pairs == np.count_nonzero(~CENTRIC)
    known = np.isfinite(found.difference)
    for hkl, value in zip(found.hkl[known].tolist(), found.difference[known], strict=True):
        assert value == pytest.approx(expected[tuple(hkl)], abs=0.02)


def test_the_cell_comes_from_a_file_beside_and_the_group_from_the_list(path: Path):
    read = read_intensities(path)
    assert read.intensities.cell.a == pytest.approx(12.5)
    assert read.intensities.spacegroup.xhm() == "P 1 21 1"
    assert len(read.intensities) == 2 * len(HKL)
    assert any("unmerged" in note for note in read.notes)
    assert len(read_amplitudes(path)) == len(HKL)


def test_asks_for_a_cell_that_no_file_gives(path: Path):
    path.with_suffix(".ins").unlink()
    with pytest.raises(NoCellGiven, match=r"unmerged Scalepack file, which has no unit cell"):
        read_amplitudes(path)


def test_leaves_out_what_was_not_measured_or_did_not_fit(path: Path):
    good = "   1   1   1   1   1   1    14 1 0  1   100.0    10.0\n"
    path.write_text(
        HEAD
        + good
        + "   2   1   1   2   1   1    14 1 0  1   100.0    -1.0\n"
        + "   3   1   1   3   1   1    14 1 0  1********    10.0\n"
        + "   4   1   1   4   1   1    14 1 0  1   100.0"
    )
    read = read_intensities(path)
    assert read.intensities.hkl.tolist() == [[1, 1, 1]]
    notes = " ".join(read.notes)
    assert "1 rows of a.sca hold values that did not fit" in notes
    assert "cut off within its last line" in notes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD, "holds no reflections"),
        (HEAD + "   1   1   1   1   1   1    14 1 0  1  rubbish     1.0\n", "is not a reflection"),
    ],
)
def test_says_what_is_wrong(path: Path, text: str, reason: str):
    path.write_text(text)
    with pytest.raises(UserError, match=reason):
        read_amplitudes(path)
