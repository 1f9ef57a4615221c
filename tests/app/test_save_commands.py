"""Save commands: maps, phases, models, figures and bundles, in the frame shown."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.patterson import PattersonSettings
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.io.opening.models import read_model
from tests.app.workbench_driver import WorkbenchDriver


def test_figures_give_the_fixed_frame_before_the_aligned_one(predicted: WorkbenchDriver) -> None:
    figures = predicted.saver.figures()
    assert figures is not None
    names = list(figures)
    assert names.index("fixed") < names.index("aligned")
    assert figures["aligned"]["r"] > 0.95 > figures["fixed"]["r"]
    assert figures["aligned"]["inverted"] is True
    assert figures["hand_determined"] is False
    assert len(figures["aligned"]["shells"]) == 12
    json.dumps(figures, allow_nan=False)


def test_figures_of_both_frames_are_null_without_a_truth(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    driver.workbench.show(replace(fragment, model=None, truth=None))
    driver.workbench.predicting.start()
    driver.wait_until_idle()
    figures = driver.saver.figures()
    assert figures is not None
    assert figures["fixed"] is None
    assert figures["aligned"] is None


def test_saves_the_map_in_the_frame_shown(predicted: WorkbenchDriver, tmp_path: Path) -> None:
    predicted.saver.save_map(LayerKey.PREDICTED, tmp_path / "aligned.ccp4")
    predicted.wait_until_idle()
    predicted.document.set_show_aligned(False)
    predicted.saver.save_map(LayerKey.PREDICTED, tmp_path / "fixed.ccp4")
    predicted.wait_until_idle()
    document = predicted.document
    assert document.aligned is not None
    assert document.prediction is not None
    for name, density in (("aligned", document.aligned), ("fixed", document.prediction.density)):
        grid = gemmi.read_ccp4_map(str(tmp_path / f"{name}.ccp4")).grid.array
        np.testing.assert_allclose(grid, density.grid, atol=1e-5)
    first, second = predicted.notices
    assert "aligned to the truth" in first.text
    assert "aligned" not in second.text.replace("aligned.ccp4", "")


def atoms_of(structure: gemmi.Structure) -> np.ndarray:
    return np.array([cra.atom.pos.tolist() for cra in structure[0].all()])


@pytest.mark.parametrize("name", ["atoms.pdb", "atoms.cif"])
def test_saves_built_atoms_in_the_frame_shown(
    built: WorkbenchDriver, fragment: Crystal, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    built.saver.save_atoms(path)
    built.wait_until_idle()
    assert fragment.model is not None
    # The phases of the stand-in are a little wrong, so that the alignment is, too.
    assert np.abs(atoms_of(read_model(path)) - atoms_of(fragment.model)).max() < 0.1
    assert "moved onto the true model" in path.read_text(encoding="utf-8").replace("\n", " ")
    assert built.saver.suggested_name("atoms").endswith("-atoms-aligned.pdb")
    built.document.set_show_aligned(False)
    built.saver.save_atoms(path)
    built.wait_until_idle()
    prediction = built.document.prediction
    assert prediction is not None
    assert prediction.model is not None
    assert np.abs(atoms_of(read_model(path)) - atoms_of(prediction.model)).max() < 2e-3
    assert "moved onto" not in path.read_text(encoding="utf-8")
    assert built.saver.suggested_name("atoms").endswith("-atoms.pdb")
    assert ["aligned to the truth" in notice.text for notice in built.notices] == [True, False]


def test_refuses_to_save_atoms_that_were_not_built(
    predicted: WorkbenchDriver, tmp_path: Path
) -> None:
    assert predicted.saver.atoms_blocked() == "No atoms were built into the predicted density."
    assert predicted.saver.save_atoms(tmp_path / "atoms.pdb") is None
    assert predicted.errors() == ["No atoms were built into the predicted density."]


def test_figures_describe_the_built_atoms_in_both_frames(built: WorkbenchDriver) -> None:
    figures = built.saver.figures()
    assert figures is not None
    atoms = figures["atoms"]
    assert (atoms["n_built"], atoms["n_expected"], atoms["R1"]) == (11, 12, 0.018)
    assert atoms["recall_0_5"] == atoms["element_accuracy"] == 1.0
    assert atoms["fixed"]["recall_0_5"] < 0.5


def test_a_bundle_keeps_the_built_atoms_unmoved(built: WorkbenchDriver, tmp_path: Path) -> None:
    prediction = built.document.prediction
    assert prediction is not None
    assert prediction.model is not None
    built.saver.save_bundle(tmp_path / "a.pgz")
    built.wait_until_idle()
    built.workbench.open(OpenRequest(tmp_path / "a.pgz"))
    built.wait_until_idle()
    again = built.document.prediction
    assert again is not None
    assert again is not prediction
    assert again.model is not None
    assert np.abs(atoms_of(again.model) - atoms_of(prediction.model)).max() < 2e-3
    assert again.built == prediction.built
    assert built.document.truth_comparison is not None
    assert built.document.truth_comparison.atoms is not None
    assert built.document.truth_comparison.atoms.recall == 1.0


def test_saved_phases_reproduce_the_map_shown(predicted: WorkbenchDriver, tmp_path: Path) -> None:
    predicted.saver.save_phases(tmp_path / "p.mtz")
    predicted.wait_until_idle()
    assert predicted.errors() == []
    mtz = gemmi.read_mtz_file(str(tmp_path / "p.mtz"))
    hkl = mtz.make_miller_array()
    prediction, aligned = predicted.document.prediction, predicted.document.aligned
    assert prediction is not None
    assert aligned is not None
    phases = np.radians(mtz.column_with_label("PHWT").array)
    f = mtz.column_with_label("FWT").array * np.exp(1j * phases)
    shown = map_from_terms(hkl.astype(np.int32), f, aligned.cell, aligned.shape)
    assert np.corrcoef(shown.ravel(), aligned.grid.ravel())[0, 1] > 0.999


def test_a_bundle_restores_levels_settings_and_prediction(
    predicted: WorkbenchDriver, tmp_path: Path
) -> None:
    workbench, document = predicted.workbench, predicted.document
    settings = PattersonSettings(remove_origin=True, sharpen="b_factor", b=15.0)
    workbench.update_patterson(settings)
    document.set_level(LayerKey.TRUE, 1.7)
    predicted.wait_until_idle()
    before = document.comparison
    path = tmp_path / "Wörk bündle.pgz"
    predicted.saver.save_bundle(path)
    predicted.wait_until_idle()
    workbench.open_example()
    predicted.wait_until_idle()
    document.set_level(LayerKey.TRUE, 4.0)
    workbench.open(OpenRequest(path))
    predicted.wait_until_idle()
    assert predicted.errors() == []
    assert document.patterson_settings == settings
    assert document.layers[LayerKey.TRUE].level.value == pytest.approx(1.7)
    assert document.prediction is not None
    assert document.comparison is not None
    assert before is not None
    assert document.comparison.aligned.r == pytest.approx(before.aligned.r, abs=1e-3)


def test_writes_peaks_figures_and_model(predicted: WorkbenchDriver, tmp_path: Path) -> None:
    out = predicted.saver
    out.save_peaks(tmp_path / "p.csv")
    out.save_figures(tmp_path / "f.csv")
    out.save_model(tmp_path / "m.cif")
    predicted.wait_until_idle()
    assert predicted.errors() == []
    rows = list(csv.reader((tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(predicted.document.peaks) + 1
    assert "aligned.r" in (tmp_path / "f.csv").read_text()
    crystal = predicted.document.crystal
    assert crystal is not None
    assert crystal.model is not None
    model = gemmi.read_structure(str(tmp_path / "m.cif"))
    assert model[0].count_atom_sites() == crystal.model[0].count_atom_sites()


def test_refuses_to_overwrite_a_folder(predicted: WorkbenchDriver, tmp_path: Path) -> None:
    predicted.saver.save_figures(tmp_path)
    predicted.wait_until_idle()
    (error,) = predicted.errors()
    assert "folder" in error
    assert tmp_path.is_dir()


def test_says_why_absent_data_cannot_be_saved(driver: WorkbenchDriver) -> None:
    out = driver.saver
    assert out.save_map(LayerKey.PREDICTED, Path("x.ccp4")) is None
    assert out.save_phases(Path("x.mtz")) is None
    assert out.save_bundle(Path("x.pgz")) is None
    assert driver.errors() == [
        "Predict the density first.",
        "Predict the density first.",
        "Open a file first.",
    ]


def test_suggested_names_say_when_a_map_is_aligned(predicted: WorkbenchDriver) -> None:
    out = predicted.saver
    assert out.suggested_name("predicted") == "1aba-A-10-11-predicted-aligned.ccp4"
    predicted.document.set_show_aligned(False)
    assert out.suggested_name("predicted") == "1aba-A-10-11-predicted.ccp4"
    assert out.suggested_name("phases") == "1aba-A-10-11-phases.mtz"


def test_saves_sites_and_tells_of_occupancies_that_a_pdb_file_does_not_hold(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    driver.saver.save_sites(tmp_path / "none.pdb")
    assert driver.errors() == ["There are no sites to save: find some, or add one."]
    driver.workbench.sites.add("Au", (0.1, 0.2, 0.3), occupancy=1.5)
    for name in ("a.pdb", "a.csv"):
        driver.saver.save_sites(tmp_path / name)
        driver.wait_until_idle()
    assert "above 1 are written as 1" in driver.notices[-2].text
    assert "above 1" not in driver.notices[-1].text
    assert "Au,0.10000,0.20000,0.30000,1.50000," in (tmp_path / "a.csv").read_text()
