"""Measurements become amplitudes by the same rules, whatever file they stood in."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reflections import read_reflections
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
    ((8500, 9500, 12500, 90, 103, 90), (1, 1, 2000), r"there would be 2e\+09 unique reflections"),
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


def test_accepts_the_largest_virus_and_the_finest_resolution(tmp_path: Path):
    for cell, largest in (
        (gemmi.UnitCell(800, 1000, 1000, 90, 90, 90), (1, 1, 300)),
        (gemmi.UnitCell(5, 5, 5, 90, 90, 90), (1, 1, 20)),
    ):
        hkl = np.array([[1, 1, 1], [1, 1, 2], largest], dtype=np.int32)
        columns = [("F", "F", np.full(3, 9.0)), ("SIGF", "Q", np.ones(3))]
        assert len(read_reflections(write_mtz(tmp_path / "a.mtz", columns, hkl, cell)).amplitudes)
