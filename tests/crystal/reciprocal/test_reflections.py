import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.reciprocal.equivalents import to_asu, unique_reflections
from patterson_gui.crystal.reciprocal.reflections import Amplitudes, merge

CUBIC = gemmi.UnitCell(20, 20, 20, 90, 90, 90)


@pytest.mark.parametrize("name", ["P 1", "C 1 2 1", "P 43 21 2", "R 3:H", "P 61 2 2", "I 2 3"])
def test_expansion_holds_every_reflection_of_p1_but_the_absences_once(name):
    hexagonal = name.startswith(("R", "P 6"))
    cell = gemmi.UnitCell(20, 20, 25, 90, 90, 120) if hexagonal else CUBIC
    group = gemmi.SpaceGroup(name)
    hkl = unique_reflections(cell, group, 3.0)
    data = Amplitudes(hkl, np.arange(1, len(hkl) + 1, dtype=np.float32), cell, group)
    expanded = data.expand_to_p1()
    every = {tuple(h) for h in unique_reflections(cell, gemmi.SpaceGroup("P 1"), 3.0)}
    found = {tuple(h) for h in expanded.hkl}
    assert len(found) == len(expanded)
    assert found <= every
    absent = np.array(sorted(every - found), dtype=np.int32).reshape(-1, 3)
    assert np.all(group.operations().systematic_absences(absent))
    # Each carries the amplitude of the reflection it is equivalent to.
    home = {tuple(h): f for h, f in zip(hkl, data.f, strict=True)}
    for h, f in zip(to_asu(expanded.hkl, cell, group), expanded.f, strict=True):
        assert home[tuple(h)] == f
    assert expanded.spacegroup.xhm() == "P 1"
    assert data.completeness == 1.0


def test_completeness_counts_missing_reflections_to_the_resolution_limit():
    hkl = unique_reflections(CUBIC, gemmi.SpaceGroup("P 1"), 3.0)
    data = Amplitudes(hkl, np.ones(len(hkl), np.float32), CUBIC, gemmi.SpaceGroup("P 1"))
    keep = np.ones(len(hkl), dtype=bool)
    keep[: len(hkl) // 4] = False
    keep[data.d.argmin()] = True
    part = data.select(keep)
    assert part.completeness == pytest.approx(keep.mean(), abs=0.01)


def test_merging_weighs_by_the_inverse_square_of_sigma():
    hkl, value, sigma = merge([[1, 2, 3], [-1, -2, -3]], [10.0, 20.0], [1.0, 2.0], CUBIC,
                              gemmi.SpaceGroup("P 1"))  # fmt: skip
    assert hkl.tolist() == [[1, 2, 3]]
    assert value[0] == pytest.approx((10 + 20 / 4) / (1 + 1 / 4))
    # The two disagree by far more than their uncertainties: the scatter decides.
    assert sigma[0] == pytest.approx(np.sqrt((4 + 64 / 4) / 1.25), rel=1e-6)


def test_merging_agrees_with_gemmi_on_simulated_unmerged_data():
    group = gemmi.SpaceGroup("P 41 21 2")
    rng = np.random.default_rng(0)
    hkl = rng.integers(-5, 6, (4000, 3)).astype(np.int32)
    value, sigma = rng.normal(100, 10, 4000), rng.uniform(5, 15, 4000)
    found, mean, _ = merge(hkl, value, sigma, CUBIC, group)
    expected = gemmi.Intensities()
    expected.set_data(CUBIC, group, hkl, value, sigma)
    expected.remove_systematic_absences()
    expected.merge_in_place(gemmi.DataType.Mean)
    lookup = {tuple(h): v for h, v in zip(expected.miller_array, expected.value_array, strict=True)}
    lookup.pop((0, 0, 0), None)
    assert {tuple(h) for h in found} == set(lookup)
    for h, v in zip(found, mean, strict=True):
        assert v == pytest.approx(lookup[tuple(h)], rel=1e-5)


def test_measurements_without_a_usable_sigma_weigh_as_the_least_certain():
    _, value, _sigma = merge([[1, 2, 3]] * 3, [10, 10, 40], [1, 3, 0], CUBIC,
                            gemmi.SpaceGroup("P 1"))  # fmt: skip
    assert value[0] == pytest.approx((10 + 10 / 9 + 40 / 9) / (1 + 2 / 9))
    assert merge([[1, 2, 3]], [5], [0], CUBIC, gemmi.SpaceGroup("P 1"))[2] is None


def test_merging_nothing_gives_nothing():
    hkl, value, sigma = merge(np.empty((0, 3)), [], [], CUBIC, gemmi.SpaceGroup("P 1"))
    assert hkl.shape == (0, 3)
    assert len(value) == 0
    assert sigma is None or len(sigma) == 0


def test_sigmas_of_another_length_are_an_error():
    with pytest.raises(ValueError, match="2 measurements but 1"):
        merge([[1, 2, 3], [1, 2, 4]], [1, 2], [1], CUBIC, gemmi.SpaceGroup("P 1"))
