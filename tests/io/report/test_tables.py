"""Tables that spreadsheets and scripts read."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import gemmi
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS
from patterson_gui.crystal.maps.peaks import find_peaks
from patterson_gui.errors import UserError
from patterson_gui.io.report.tables import flattened, write_figures, write_peaks

FIGURES = {
    "name": "naïve, “quoted”", "R": 0.07, "fixed": None, "bad": math.nan,
    "aligned": {"r": 0.99, "shells": [{"n": 3}, {"n": 4}]},
}  # fmt: skip


def test_writes_peaks_as_csv_with_units(tmp_path: Path, fragment: Crystal):
    assert fragment.amplitudes is not None
    sharpened = PattersonSettings(sharpen="e_values", remove_origin=True)
    density = replace(patterson(fragment.amplitudes, sharpened), absolute=True)
    peaks = find_peaks(density)
    write_peaks(tmp_path / "P.csv", peaks, density)
    with (tmp_path / "P.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(peaks)
    assert list(rows[0]) == ["peak", *(column.key_in("e²/Å³") for column in PEAK_COLUMNS)]
    assert float(rows[1]["length_A"]) == pytest.approx(peaks[1].length_A, abs=1e-3)
    assert float(rows[1]["u"]) == pytest.approx(peaks[1].frac[0], abs=1e-4)


def test_writes_peaks_as_pdb_with_their_heights(tmp_path: Path, fragment: Crystal):
    assert fragment.amplitudes is not None
    density = patterson(fragment.amplitudes, PattersonSettings())
    peaks = find_peaks(density)
    write_peaks(tmp_path / "P.pdb", peaks, density)
    written = gemmi.read_structure(str(tmp_path / "P.pdb"))
    atoms = [(cra.residue.seqid.num, cra.atom) for cra in written[0].all()]
    assert [number for number, _ in atoms] == list(range(len(peaks)))  # the origin peak is 0
    for (_, atom), peak in zip(atoms, peaks, strict=True):
        place = density.cell.orthogonalize(gemmi.Fractional(*peak.frac))
        assert place.dist(atom.pos) < 2e-3
        assert atom.b_iso == pytest.approx(peak.rmsd, abs=0.01)


def test_numbers_peaks_like_the_window(tmp_path: Path, fragment: Crystal):
    assert fragment.amplitudes is not None
    for settings, first in (
        (PattersonSettings(), "0"),
        (PattersonSettings(remove_origin=True), "1"),
    ):
        density = patterson(fragment.amplitudes, settings)
        write_peaks(tmp_path / "P.csv", find_peaks(density, min_rmsd=1.0), density)
        with (tmp_path / "P.csv").open(newline="") as file:
            assert next(csv.DictReader(file))["peak"] == first


def test_writes_figures_as_strict_json(tmp_path: Path):
    path = tmp_path / "figures.json"
    write_figures(path, FIGURES)

    def refuse(name: str) -> None:
        pytest.fail(f"{name} is not JSON")

    read = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert read == {**FIGURES, "bad": None}


def test_writes_figures_as_a_table_of_dotted_names(tmp_path: Path):
    path = tmp_path / "figures.CSV"
    write_figures(path, FIGURES)
    with path.open(newline="", encoding="utf-8") as file:
        read = dict(csv.reader(file))
    assert read["aligned.shells.1.n"] == "4"
    assert read["bad"] == read["fixed"] == ""
    assert read["name"] == FIGURES["name"]
    assert ("aligned.r", 0.99) in flattened(FIGURES)


def test_reports_a_target_that_cannot_be_written(tmp_path: Path):
    with pytest.raises(UserError, match="is a folder"):
        write_figures(tmp_path, FIGURES)
