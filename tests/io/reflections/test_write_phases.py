"""Phases as an MTZ that other programs turn into the same map."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui import __version__
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.errors import UserError
from patterson_gui.io.opening.reflections import list_columns, read_amplitudes
from patterson_gui.io.reflections.write_phases import write_amplitudes, write_phases


def test_gemmi_makes_the_predicted_map_of_the_written_phases(
    tmp_path: Path, prediction: Prediction
):
    path = tmp_path / "phases ü.mtz"
    write_phases(path, prediction, name="ala-gly")
    mtz = gemmi.read_mtz_file(str(path))
    assert [(c.label, c.type) for c in mtz.columns] == [
        ("H", "H"), ("K", "H"), ("L", "H"), ("FP", "F"), ("SIGFP", "Q"),
        ("FWT", "F"), ("PHWT", "P"), ("FOM", "W"),
    ]  # fmt: skip
    grid = np.array(mtz.transform_f_phi_to_map("FWT", "PHWT", exact_size=(24, 24, 24)).array)
    scale = np.abs(prediction.density.grid).max()
    assert np.abs(grid - prediction.density.grid).max() < 1e-4 * scale
    assert mtz.spacegroup.xhm() == "P 1"
    assert mtz.cell.approx(prediction.amplitudes.cell, 1e-4)
    assert np.isnan(mtz.column_with_label("SIGFP").array).all()
    assert np.array_equal(mtz.column_with_label("FOM").array, prediction.fom)
    assert any("hand undetermined" in line for line in mtz.history)


def test_writes_measured_amplitudes_and_map_coefficients_to_columns_of_their_own(
    tmp_path: Path, prediction: Prediction
):
    """A predicted map never has exactly the measured amplitudes, so FP and FWT differ."""
    data = prediction.amplitudes
    factors = np.random.default_rng(0).uniform(0.5, 1.5, len(data)).astype(np.float32)
    sigma = (0.1 * data.f).astype(np.float32)
    measured = replace(data, f=data.f * factors, sigma=sigma)
    path = tmp_path / "phases.mtz"
    write_phases(path, replace(prediction, amplitudes=measured))
    mtz = gemmi.read_mtz_file(str(path))
    assert np.array_equal(mtz.make_miller_array(), data.hkl)
    columns = {column.label: np.array(column.array) for column in mtz.columns}
    assert np.array_equal(columns["FP"], measured.f)
    assert np.array_equal(columns["SIGFP"], sigma)
    assert columns["FWT"] == pytest.approx(data.f, rel=1e-3, abs=1e-3)
    grid = np.array(mtz.transform_f_phi_to_map("FWT", "PHWT", exact_size=(24, 24, 24)).array)
    scale = np.abs(prediction.density.grid).max()
    assert np.abs(grid - prediction.density.grid).max() < 1e-4 * scale


def test_the_phases_are_those_of_the_map(prediction: Prediction):
    data = prediction.amplitudes
    f = coefficients_from_map(prediction.density.grid, data.cell, data.hkl)
    difference = np.angle(f * np.exp(-1j * np.radians(prediction.phases_deg)))
    assert np.abs(difference[np.abs(f) > 0.1]).max() < 1e-2


def test_writes_uncertainties_beside_the_amplitudes(tmp_path: Path, prediction: Prediction):
    sigma = (0.1 * prediction.amplitudes.f).astype(np.float32)
    measured = replace(prediction, amplitudes=replace(prediction.amplitudes, sigma=sigma))
    path = tmp_path / "a.mtz"
    write_phases(path, measured)
    (choice,) = list_columns(path)
    assert (choice.label, choice.sigma) == ("FP", "SIGFP")
    got = read_amplitudes(path)
    assert got.f == pytest.approx(measured.amplitudes.f, rel=1e-5)


def test_amplitudes_keep_their_space_group(tmp_path: Path, fragment: Crystal):
    assert fragment.amplitudes is not None
    data = replace(fragment.amplitudes, spacegroup=gemmi.SpaceGroup("P 1 21 1"))
    data = data.select(~data.spacegroup.operations().systematic_absences(data.hkl))
    write_amplitudes(tmp_path / "a.mtz", data)
    assert read_amplitudes(tmp_path / "a.mtz").spacegroup.xhm() == "P 1 21 1"


def test_names_the_file_the_data_set_and_how_the_phases_were_made(
    tmp_path: Path, prediction: Prediction
):
    """Texts of an MTZ are ASCII: at most 70 letters in the title and 80 in a line of history."""
    path = tmp_path / "a.mtz"
    name = "Alanylglycin ü\n" + 100 * "x"
    write_phases(path, replace(prediction, hand_determined=True), name=name)
    mtz = gemmi.read_mtz_file(str(path))
    assert mtz.title == ("Alanylglycin ? " + 100 * "x")[:70]
    dataset = mtz.datasets[1]
    assert dataset.crystal_name == "Alanylglycin"  # the record ends it at the first space
    assert (dataset.project_name, dataset.dataset_name) == ("patterson_gui", "patterson_gui")
    assert dataset.cell.approx(prediction.amplitudes.cell, 1e-4)
    assert mtz.cell.approx(prediction.amplitudes.cell, 1e-4)
    program, amplitudes, figures, columns = mtz.history
    assert program == f"From patterson_gui {__version__}, method auto, seed 5"
    assert amplitudes == "Amplitudes: calculated for a test"
    assert figures == "R 0.0700, hand determined, origin arbitrary"
    assert columns.startswith("FWT/PHWT: coefficients of the predicted map")
    write_amplitudes(path, replace(prediction.amplitudes, label=200 * "y"), name="")
    mtz = gemmi.read_mtz_file(str(path))
    assert mtz.datasets[1].crystal_name == "crystal"
    assert mtz.history == [f"From patterson_gui {__version__}: {200 * 'y'}"[:80]]
    write_amplitudes(path, replace(prediction.amplitudes, label="to 1.5 Å"), name="a")
    assert gemmi.read_mtz_file(str(path)).history[0].endswith(": to 1.5 A")
    write_amplitudes(path, prediction.amplitudes, name=50 * "z")
    assert gemmi.read_mtz_file(str(path)).datasets[1].crystal_name == 40 * "z"


def test_reports_a_read_only_target_and_keeps_it(tmp_path: Path, prediction: Prediction):
    path = tmp_path / "a.mtz"
    path.write_bytes(b"mine")
    path.chmod(0o444)
    with pytest.raises(UserError, match="read-only"):
        write_phases(path, prediction)
    assert path.read_bytes() == b"mine"
