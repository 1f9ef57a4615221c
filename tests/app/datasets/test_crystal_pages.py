"""Paging through a data set of crystals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.models.writers.materials import write_materials
from tests.app.workbench_driver import WorkbenchDriver
from tests.crystal.example_materials import hematite, perovskite, rock_salt


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    splits = ("train", "val", "test")
    crystals = (rock_salt(), perovskite(), hematite())
    source = tmp_path / "some.extxyz"
    write_materials(source, [replace(m, split=s) for m, s in zip(crystals, splits, strict=True)])
    settings = MaterialDataSetSettings(kind="lattice")
    return build_material_dataset([source], tmp_path / "c.h5", settings).path


def test_each_page_is_a_crystal_with_all_atoms_of_the_cell(
    driver: WorkbenchDriver, data_file: Path
) -> None:
    driver.workbench.open(OpenRequest(data_file))
    driver.wait_until_idle()
    browser = driver.workbench.datasets
    assert (browser.position, browser.count) == (0, 3)
    crystal = driver.document.crystal
    assert crystal is not None
    assert crystal.name == "NaCl salt"
    assert crystal.material is not None
    assert crystal.material.formula == "Cl4Na4"
    assert crystal.amplitudes is not None
    assert crystal.amplitudes.d_min == pytest.approx(0.8, abs=0.05)
    assert crystal.truth is not None
    browser.step(1)
    driver.wait_until_idle()
    crystal = driver.document.crystal
    assert crystal is not None
    assert crystal.model is not None
    places = [cra.atom.pos.tolist() for cra in crystal.model[0].all()]
    assert crystal.material is not None
    assert np.allclose(places, crystal.material.positions)
    assert crystal.provenance.startswith("CaTiO3 perovskite of the validation crystals")


def test_pages_through_one_split(driver: WorkbenchDriver, data_file: Path) -> None:
    driver.workbench.open(OpenRequest(data_file))
    driver.wait_until_idle()
    browser = driver.workbench.datasets
    assert browser.splits() == {"train": 1, "val": 1, "test": 1}
    browser.set_split("test")
    driver.wait_until_idle()
    assert browser.example is not None
    assert browser.example.name == "Fe2O3 hematite"
    rows = dict(browser.example.rows)
    assert rows["Atoms"] == "10 (O6 Fe4)"
    assert rows["Split"] == "test"


def test_describes_the_data_set(driver: WorkbenchDriver, data_file: Path) -> None:
    driver.workbench.open(OpenRequest(data_file))
    driver.wait_until_idle()
    groups = {heading: dict(rows) for heading, rows in driver.workbench.datasets.facts}
    assert groups["Contents"]["Crystals"] == "3"
    assert groups["Contents"]["Examples"] == "9"
    assert groups["Contents"]["Atoms"] == "23, 5 – 10 a cell"
    assert groups["Left out"] == {"Nothing": ""}
    assert groups["Settings"]["Kind"] == "lattice, windows of 10 Å"
    assert groups["Provenance"]["Splits"] == "by the files"
