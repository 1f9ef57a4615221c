import csv

import gemmi
import numpy as np
import pytest

import patterson_gui as pg
from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps import density_map
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.maps.peaks import find_peaks

CELL = gemmi.UnitCell(8, 9, 10, 80, 95, 110)


def some_map(cls=pg.DensityMap):
    grid = np.random.default_rng(0).normal(size=(6, 8, 10)).astype(np.float32)
    return cls(grid, CELL, p1(), MapKind.DENSITY, name="noise")


def test_converts_a_map_and_shares_its_grid():
    plain = some_map(density_map.DensityMap)
    public = pg.DensityMap.of(plain)
    assert isinstance(public, density_map.DensityMap)
    assert public.grid is plain.grid
    assert public.name == "noise"
    assert pg.DensityMap.of(public) is public


def test_replace_keeps_the_public_class_of_a_map():
    density = some_map()
    assert isinstance(density.with_grid(density.grid * 2), pg.DensityMap)


def test_numpy_reads_a_map_as_its_grid():
    density = some_map()
    assert np.asarray(density) is density.grid
    assert np.asarray(density, dtype=np.float64).dtype == np.float64
    assert np.array(density) is not density.grid
    assert float(np.max(density)) == density.grid.max()
    with pytest.raises(ValueError, match="copy"):
        np.array(density, dtype=np.float64, copy=False)


def test_gemmi_reads_a_saved_map(tmp_path):
    density = some_map()
    density.save(tmp_path / "noise.ccp4")
    read = gemmi.read_ccp4_map(str(tmp_path / "noise.ccp4"), setup=True)
    np.testing.assert_array_equal(np.array(read.grid), density.grid)
    assert read.grid.unit_cell.parameters == pytest.approx(CELL.parameters, abs=1e-4)


def test_peaks_agree_with_those_of_the_program(example):
    density = pg.patterson(example)
    assert tuple(density.peaks(n=20, min_rmsd=2.0)) == find_peaks(density, 20, 2.0)


def test_saves_peaks_as_a_table_with_a_header(example, tmp_path):
    peaks = pg.patterson(example).peaks(n=5)
    peaks.save(tmp_path / "peaks.csv")
    with (tmp_path / "peaks.csv").open() as lines:
        rows = list(csv.reader(lines))
    assert rows[0][:3] == ["peak", "height_e2/A3", "height_rmsd"]
    assert len(rows) == 1 + len(peaks)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n": 0}, "n must be at least 1, not 0."),
        ({"n": 2.5}, "n must be a whole number, not 2.5."),
        ({"min_rmsd": "high"}, "min_rmsd must be a number, not 'high'."),
    ],
)
def test_refuses_wrong_arguments_of_peaks_in_one_sentence(arguments, sentence):
    with pytest.raises(pg.UserError) as error:
        some_map().peaks(**arguments)
    assert str(error.value) == sentence
