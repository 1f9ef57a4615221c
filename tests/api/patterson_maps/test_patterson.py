import numpy as np
import pytest

import patterson_gui as pg


def test_values_agree_with_a_direct_sum(example):
    density, data = pg.patterson(example), example.amplitudes.expand_to_p1()
    places = np.random.default_rng(0).integers(0, density.shape[0], size=(5, 3))
    frac = places / np.array(density.shape)
    phases = 2 * np.pi * data.hkl @ frac.T
    expected = 2 * (data.f.astype(float) ** 2 @ np.cos(phases)) / example.cell.volume
    np.testing.assert_allclose(density.value_at(frac), expected, rtol=1e-4)
    assert density.units == "e²/Å³"


def test_takes_a_crystal_its_amplitudes_or_its_file(example):
    of_crystal = pg.patterson(example, d_min=2.0)
    np.testing.assert_array_equal(pg.patterson(example.amplitudes, d_min=2.0), of_crystal)
    np.testing.assert_array_equal(pg.patterson(pg.example_path(), d_min=2.0), of_crystal)
    assert of_crystal.d_min == pytest.approx(2.0)


@pytest.mark.parametrize(("short", "long"), [("E", "e_values"), ("B", "b_factor")])
def test_accepts_short_names_of_sharpening(example, short, long):
    sharpened = pg.patterson(example, sharpen=short)
    np.testing.assert_array_equal(sharpened, pg.patterson(example, sharpen=long))
    assert not np.array_equal(sharpened, pg.patterson(example))


def test_removes_the_origin_peak(example):
    removed = pg.patterson(example, remove_origin=True)
    assert removed.grid[0, 0, 0] < 0.1 * pg.patterson(example).grid[0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sharpen": "F"}, "sharpen must be one of none, .*E, B"),
        ({"b": 5}, "b is only used with"),
        ({"d_min": -1}, "d_min must be larger than 0 Å"),
        ({"spacing": None, "d_min": "fine"}, "d_min must be a number"),
    ],
)
def test_refuses_wrong_arguments_in_one_sentence(example, arguments, words):
    with pytest.raises(pg.UserError, match=words):
        pg.patterson(example, **arguments)


def test_refuses_sources_that_are_not_crystals():
    with pytest.raises(pg.UserError, match="not an object of type list"):
        pg.patterson([1, 2, 3])
