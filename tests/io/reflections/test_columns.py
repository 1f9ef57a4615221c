"""Measurements become amplitudes by the same rules, whatever file they stood in."""

from pathlib import Path

import numpy as np

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
