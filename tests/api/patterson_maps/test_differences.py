"""`pg.differences`, and difference Patterson maps by `pg.patterson`."""

import csv
from pathlib import Path

import numpy as np
import pytest

import patterson_gui as pg
from tests.io.opening.test_friedel_pairs import CENTRIC, HKL, MINUS, PLUS, amplitude_pairs


def test_differences_are_those_of_the_file(tmp_path: Path):
    found = pg.differences(amplitude_pairs(tmp_path), "anomalous")
    assert found.kind == "anomalous"
    expected = {tuple(h): v for h, v in zip(HKL.tolist(), PLUS - MINUS, strict=True)}
    assert len(found) == np.count_nonzero(~CENTRIC)
    for hkl, value in zip(found.hkl.tolist(), found.value, strict=True):
        assert value == pytest.approx(expected[tuple(hkl)], abs=1e-4)
    assert found.scaled is None
    assert "Bijvoet pairs" in repr(found)
    assert "⟨|ΔF|/σ⟩" in found._repr_html_()
    found.save(tmp_path / "d.csv")
    with (tmp_path / "d.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found)
    assert float(rows[3]["difference"]) == pytest.approx(found.value[3], rel=1e-5)


def test_a_map_of_differences_is_the_sum_of_their_squares(tmp_path: Path):
    path = amplitude_pairs(tmp_path)
    found = pg.differences(path, "anomalous")
    density = pg.patterson(found)
    np.testing.assert_array_equal(density, pg.patterson(path, kind="anomalous"))
    data = found.read.differences.amplitudes().expand_to_p1()
    at = np.array([[0.1, 0.25, 0.4]])
    at = np.rint(at * density.shape) / density.shape
    expected = 2 * (data.f.astype(float) ** 2 @ np.cos(2 * np.pi * data.hkl @ at.T))
    np.testing.assert_allclose(density.value_at(at), expected / found.cell.volume, rtol=1e-3)
    assert density.name == "Anomalous difference Patterson"


def test_the_native_is_a_file_or_a_data_set(tmp_path: Path, shared_data: Path):
    toxd = shared_data / "heavy" / "toxd" / "toxd.mtz"
    by_name = pg.differences(toxd, "isomorphous", native="FTOXD3", derivative="FAU20")
    by_column = pg.differences(toxd, "isomorphous", native_column="FTOXD3", derivative="FAU20")
    np.testing.assert_array_equal(by_column.value, by_name.value)
    by_file = pg.differences(
        toxd, "isomorphous", native=toxd, native_column="FTOXD3", derivative="DERIV_AU"
    )
    np.testing.assert_array_equal(by_name.value, by_file.value)
    assert by_name.scaled is not None
    assert by_name.statistics.ratio == pytest.approx(0.24, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "isotropic"}, "kind must be one of native, anomalous, isomorphous"),
        ({"native": "FNAT"}, "only used with the kinds"),
        ({"kind": "isomorphous", "native": "x.mtz", "native_column": "F"}, "no file x.mtz"),
        ({"kind": "isomorphous", "native": "native.mtz"}, "There is no file native.mtz: check"),
        ({"kind": "isomorphous"}, "holds one data set"),
        ({"kind": "anomalous", "derivative": "FX"}, "has no data set 'FX'"),
    ],
)
def test_refuses_what_it_cannot_do_in_one_sentence(tmp_path: Path, arguments, words: str):
    with pytest.raises(pg.UserError, match=words):
        pg.patterson(amplitude_pairs(tmp_path), **arguments)


def test_differences_need_a_file(example):
    with pytest.raises(pg.UserError, match="read from a file"):
        pg.patterson(example, kind="anomalous")
