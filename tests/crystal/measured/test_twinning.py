"""Tests for twins, on simulated crystals that are twinned by a known fraction."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.measured.intensities import MergedIntensities
from patterson_gui.crystal.measured.merging import merge
from patterson_gui.crystal.measured.twinning import l_test, twin_laws, twin_notes
from patterson_gui.crystal.reciprocal.equivalents import match, to_asu
from tests.crystal.measured.simulated import crystal

TETRAGONAL = gemmi.UnitCell(12, 12, 15, 90, 90, 90)


def twinned(name: str, fraction: float) -> MergedIntensities:
    """A tetragonal crystal twinned by a twofold axis along a."""
    data, _ = crystal(name, TETRAGONAL, 0.95, ("C",) * 30)
    merged = merge(data, data.spacegroup, True)
    mate = to_asu(merged.hkl * np.array([1, -1, -1], dtype=np.int32), TETRAGONAL, data.spacegroup)
    place, found = match(merged.hkl, mate)
    assert found.all()
    value = (1.0 - fraction) * merged.value + fraction * merged.value[place]
    return replace(merged, value=value)


@pytest.mark.parametrize(
    ("name", "fraction", "mean", "square"),
    [("P 41", 0.0, 0.5, 1 / 3), ("P 41", 0.5, 0.375, 0.2), ("P 4/n:2", 0.0, 2 / np.pi, 0.5)],
)
def test_l_is_that_of_padilla_and_yeates(
    name: str, fraction: float, mean: float, square: float
) -> None:
    merged = twinned(name, fraction)
    # The zones h0l and hhl coincide with themselves: they are not twinned.
    h, k, _ = merged.hkl.T
    found = l_test(merged.select((h != 0) & (k != 0) & (h != k) & (h != -k)))
    assert found.mean_abs_l == pytest.approx(mean, abs=0.02)
    assert found.mean_l2 == pytest.approx(square, abs=0.02)


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_finds_the_twin_law_and_its_fraction(fraction: float) -> None:
    (law,) = twin_laws(twinned("P 41", fraction))
    assert law.fraction == pytest.approx(fraction, abs=0.03)
    assert law.r == pytest.approx((1.0 - 2.0 * fraction) / 2.0, abs=0.05)
    assert abs(np.linalg.det(np.array(law.law))) == pytest.approx(1.0)


def test_a_lattice_of_the_laue_class_has_no_twin_law() -> None:
    data, _ = crystal("P 41 21 2", TETRAGONAL, 1.2)
    assert twin_laws(merge(data, data.spacegroup, True)) == ()


def test_a_triclinic_angle_near_90_allows_a_twin_law() -> None:
    cell = gemmi.UnitCell(7, 9, 11, 90, 90.2, 90)
    data, _ = crystal("P 1 21/c 1", cell, 0.9)
    (law,) = twin_laws(merge(data, data.spacegroup, True))
    assert law.r > 0.4
    assert law.fraction < 0.1


def test_too_few_reflections_give_no_figure() -> None:
    data, _ = crystal("P 41", gemmi.UnitCell(4, 4, 5, 90, 90, 90), 1.5, ("C",))
    merged = merge(data, data.spacegroup, True)
    assert np.isnan(l_test(merged).mean_abs_l)
    assert all(np.isnan(law.r) for law in twin_laws(merged))


def test_a_twin_is_told_and_a_single_crystal_is_not() -> None:
    twin, single = twinned("P 41", 0.45), twinned("P 41", 0.0)
    assert len(list(twin_notes(twin_laws(twin), l_test(twin)))) == 2
    assert not list(twin_notes(twin_laws(single), l_test(single)))


@pytest.mark.parametrize("fraction", [0.1, 0.3])
def test_finds_the_fraction_of_a_twin_with_a_centre_of_symmetry(fraction: float) -> None:
    (law,) = twin_laws(twinned("P 4/n:2", fraction))
    assert law.fraction == pytest.approx(fraction, abs=0.04)
