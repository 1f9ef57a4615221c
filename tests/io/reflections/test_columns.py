"""How measurements become amplitudes, and what is refused, for files of all formats."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reflections import read_reflections
from patterson_gui.io.reflections.columns import refuse_impossible_cell
from tests.io.reflection_files import HKL, SIGMA, F, write_mtz


def test_weak_and_negative_intensities_give_small_positive_amplitudes(tmp_path: Path):
    intensity = F**2
    intensity[:20] = -5.0
    path = write_mtz(tmp_path / "a.mtz", [("I", "J", intensity), ("SIGI", "Q", 0 * F + 10)])
    read = read_reflections(path)
    assert (read.amplitudes.f > 0).all()
    assert read.amplitudes.f.min() < 5
    assert any("French" in note for note in read.notes)


def test_notes_the_rule_for_negative_intensities_without_sigma(tmp_path: Path):
    intensity = F**2
    intensity[:20] = -5.0
    path = write_mtz(tmp_path / "a.mtz", [("I", "J", intensity)])
    read = read_reflections(path)
    assert read.amplitudes.f.min() == 0
    assert any("negative ones taken as zero" in note for note in read.notes)


def test_unmeasured_absent_and_negative_values_are_left_out(tmp_path: Path):
    f, sigma = F.copy(), SIGMA.copy()
    f[0], sigma[0] = np.nan, np.nan
    f[1], sigma[1] = 0, 0
    f[2] = -3
    hkl = np.concatenate([HKL, [[0, 0, 0], [0, 1, 0], [0, 0, 1]]])
    path = write_mtz(
        tmp_path / "a.mtz",
        [("F", "F", np.append(f, [9, 9, 9])), ("SIGF", "Q", np.append(sigma, [1, 1, 1]))],
        hkl,
    )
    read = read_reflections(path)
    assert len(read.amplitudes) == len(F) - 3
    assert any("1 negative amplitudes" in note for note in read.notes)
    assert any("2 measurements that P 1 21/c 1 forbids" in note for note in read.notes)


# (cell, largest index of one reflection in P 21/c, reason)
IMPOSSIBLE = [
    ((5.2, 10.3, 21.0, 90, 90, 0.5), (2, 3, 5), "the resolution would be 0.09 Å"),
    ((4200, 4700, 4900, 90, 103, 90), (1, 1, 1600), r"there would be 2e\+09 unique reflections"),
    (
        (4900, 4900, 4900, 90, 90, 90),
        (1, 1, 140),
        r"only 3 of 1e\+06 unique reflections would be measured",
    ),
    ((900, 900, 900, 90, 90, 0.8), (10, 1, 2), r"there would be 2e\+09 indices h k l to try"),
]


@pytest.mark.parametrize(("parameters", "largest", "reason"), IMPOSSIBLE)
def test_refuses_a_cell_that_does_not_fit_its_indices(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    parameters: tuple[float, ...],
    largest: tuple[int, int, int],
    reason: str,
):
    """Nothing counts the reflections of such a cell: there are billions of indices to try."""
    monkeypatch.setattr(equivalents, "unique_reflections", None)
    hkl = np.array([[1, 1, 1], [1, 1, 2], largest], dtype=np.int32)
    columns = [("F", "F", np.full(3, 9.0)), ("SIGF", "Q", np.ones(3))]
    path = write_mtz(tmp_path / "a.mtz", columns, hkl, gemmi.UnitCell(*parameters))
    with pytest.raises(UserError, match=rf"^a\.mtz has a cell of .*\({reason}\): correct") as error:
        open_any(path)
    assert "\n" not in str(error.value)


def test_accepts_the_largest_virus_and_the_finest_resolution():
    """A list of a virus may hold a twentieth of its reflections."""
    rng = np.random.default_rng(1)
    for cell, group, largest, n in (
        (gemmi.UnitCell(800, 1000, 1000, 90, 90, 90), "P 21 21 21", 300, 600_000),
        (gemmi.UnitCell(5, 5, 5, 90, 90, 90), "P 1", 20, 3),
    ):
        hkl = rng.integers(0, largest // 2, (n, 3), dtype=np.int32)
        hkl[0] = 1, 1, largest
        refuse_impossible_cell(hkl, cell, gemmi.SpaceGroup(group), "a.mtz")


def write_amplitudes_mtz(path: Path, hkl: list[list[int]], f: list[float]) -> Path:
    """An MTZ of F and SIGF = 1."""
    columns = [("F", "F", np.array(f)), ("SIGF", "Q", np.ones(len(f)))]
    return write_mtz(path, columns, np.array(hkl, dtype=np.int32))


@pytest.mark.parametrize(
    ("hkl", "f", "sentence"),
    [
        ([[1, 1, 1], [1, 1, 2]], [-9.0, -8.0], "holds no measured value in F, SIGF of a.mtz"),
        ([[1, 1, 1], [1, 1, 2]], [9.0, 1e16], r"contains absurd values .*\(up to 1e\+16\)"),
        ([[1, 1, 1], [1, 1, 2001]], [9.0, 8.0], "indices beyond 2000, which no crystal has"),
        ([[0, 1, 0], [0, 0, 1]], [9.0, 8.0], "holds only reflections that P 1 21/c 1 forbids"),
    ],
)
def test_rejects_impossible_values_and_indices(
    tmp_path: Path, hkl: list[list[int]], f: list[float], sentence: str
):
    path = write_amplitudes_mtz(tmp_path / "a.mtz", hkl, f)
    with pytest.raises(UserError, match=sentence):
        read_reflections(path)


def test_tells_that_data_end_where_nothing_can_be_seen(tmp_path: Path):
    path = write_mtz(
        tmp_path / "a.mtz",
        [("F", "F", np.full(20, 9.0)), ("SIGF", "Q", np.ones(20))],
        np.stack([np.arange(20) + 1, np.ones(20), np.ones(20)], axis=1).astype(np.int32),
        gemmi.UnitCell(4900, 4900, 4900, 90, 90, 90),
    )
    assert any("The data end at 244 Å" in note for note in read_reflections(path).notes)


def test_counts_the_measurements_that_were_merged(tmp_path: Path):
    """P 21/c: (h k l), (-h k -l) and their Friedel mates are equivalent; 010 is absent."""
    hkl = [[0, 0, 0], [0, 1, 0], [1, 2, 3], [-1, 2, -3], [-1, -2, -3], [1, 1, 1]]
    path = write_amplitudes_mtz(tmp_path / "a.mtz", hkl, [99.0, 99.0, 10.0, 11.0, 12.0, 5.0])
    read = read_reflections(path)
    assert sorted(read.amplitudes.f.tolist()) == pytest.approx([5.0, 11.0])
    assert read.notes == (
        "1 measurements that P 1 21/c 1 forbids are left out.",
        "4 measurements merged to 2 unique reflections.",
    )
    path = write_amplitudes_mtz(tmp_path / "b.mtz", hkl[-2:], [12.0, 5.0])
    assert read_reflections(path).notes == ()


def test_notes_a_cell_without_the_symmetry_of_its_space_group(tmp_path: Path):
    note = "The cell does not have the symmetry of P 1 21/c 1."
    for alpha, expected in ((90.0, False), (93.0, True)):
        cell = gemmi.UnitCell(8.5, 9.5, 12.5, alpha, 103, 90)
        path = write_mtz(tmp_path / "a.mtz", [("F", "F", F), ("SIGF", "Q", SIGMA)], cell=cell)
        assert (note in read_reflections(path).notes) == expected


def test_limits_the_weight_of_measurements_with_a_tiny_sigma(tmp_path: Path):
    """Two equivalents, of which one claims to be exact, must not make weights overflow."""
    columns = [("F", "F", np.array([10.0, 20.0])), ("SIGF", "Q", np.array([1e-30, 1e-30]))]
    hkl = np.array([[1, 2, 3], [-1, -2, -3]], dtype=np.int32)
    read = read_reflections(write_mtz(tmp_path / "a.mtz", columns, hkl))
    # σ of 1e-5 and 2e-5: weights 4 and 1.
    assert read.amplitudes.f.tolist() == pytest.approx([12.0])


def test_takes_a_zero_as_measured_where_its_sigma_is_positive(tmp_path: Path):
    """Old files write an unmeasured reflection as zero with σ = 0."""
    columns = [("F", "F", np.array([0.0, 0.0, 5.0])), ("SIGF", "Q", np.array([0.0, 0.5, 0.0]))]
    hkl = np.array([[1, 1, 1], [1, 1, 2], [1, 1, 3]], dtype=np.int32)
    read = read_reflections(write_mtz(tmp_path / "a.mtz", columns, hkl))
    assert np.abs(read.amplitudes.hkl).tolist() == [[1, 1, 2], [1, 1, 3]]
    assert sorted(read.amplitudes.f.tolist()) == [0.0, 5.0]
    assert not any("negative" in note for note in read.notes)


def test_refuses_a_cell_edge_that_no_crystal_has(tmp_path: Path):
    path = write_mtz(
        tmp_path / "a.mtz",
        [("F", "F", np.full(20, 9.0))],
        np.stack([np.arange(20) + 1, np.ones(20), np.ones(20)], axis=1).astype(np.int32),
        gemmi.UnitCell(1e4, 9.5, 12.5, 90, 90, 90),
    )
    with pytest.raises(UserError, match="a cell edge of 10,000 Å, which no crystal has"):
        read_reflections(path)
