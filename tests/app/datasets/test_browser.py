"""Paging through a data set of proteins; each example opens as a crystal."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.app.datasets.protein_pages import ProteinPage, ProteinPages, example_crystal
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.io.datasets.proteins import read_dataset
from tests.app.example_datasets import N_TEST, N_TRAIN, N_VAL, write_small_dataset
from tests.app.workbench_driver import WorkbenchDriver

N = N_TRAIN + N_VAL + N_TEST


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    return write_small_dataset(tmp_path / "data.h5")


@pytest.fixture
def reader(driver: WorkbenchDriver, data_file: Path) -> WorkbenchDriver:
    driver.workbench.open(OpenRequest(data_file))
    driver.wait_until_idle()
    return driver


def name(driver: WorkbenchDriver) -> str:
    assert driver.document.crystal is not None
    return driver.document.crystal.name


def test_a_data_set_opens_with_its_first_example(reader: WorkbenchDriver, data_file: Path) -> None:
    browser = reader.workbench.datasets
    assert reader.errors() == []
    assert browser.data is not None
    assert (browser.position, browser.count) == (0, N)
    assert name(reader) == "1aaa A:1-2"
    assert reader.document.patterson is not None
    assert reader.document.truth is not None
    assert browser.showing


def test_turning_pages_stops_at_the_ends(reader: WorkbenchDriver) -> None:
    browser = reader.workbench.datasets
    browser.step(1)
    reader.wait_until_idle()
    assert name(reader) == "1aaa A:2-3"
    browser.last()
    reader.wait_until_idle()
    assert name(reader) == "3ccc A:3-4"
    browser.step(10)
    reader.wait_until_idle()
    assert browser.position == N - 1
    browser.go(-5)
    reader.wait_until_idle()
    assert name(reader) == "1aaa A:1-2"


def test_shows_the_last_of_quickly_turned_pages(reader: WorkbenchDriver) -> None:
    browser = reader.workbench.datasets
    shown: list[str] = []
    reader.document.crystal_changed.connect(lambda: shown.append(name(reader)))
    for _ in range(6):
        browser.step(1)
    reader.wait_until_idle()
    assert shown[-1] == "2bbb A:2-3"
    assert len(shown) < 6 + 1


def test_pages_through_one_split(reader: WorkbenchDriver) -> None:
    browser = reader.workbench.datasets
    assert browser.splits() == {"train": N_TRAIN, "val": N_VAL, "test": N_TEST}
    browser.set_split("val")
    reader.wait_until_idle()
    assert (browser.position, browser.count, browser.index) == (0, N_VAL, N_TRAIN)
    assert name(reader) == "2bbb A:1-2"
    browser.set_split(None)
    reader.wait_until_idle()
    assert browser.index == N_TRAIN


def test_a_random_page_differs_from_the_present_one(reader: WorkbenchDriver) -> None:
    browser = reader.workbench.datasets
    browser.set_split("val")
    for _ in range(5):
        before = browser.index
        browser.random()
        assert browser.index != before
    reader.wait_until_idle()


def test_an_example_is_centred_in_its_cell_by_gemmis_centre_of_mass(data_file: Path) -> None:
    example = read_dataset(data_file).example(3)
    crystal = example_crystal(example)
    assert crystal.model is not None
    numbers = [cra.atom.element.atomic_number for cra in crystal.model[0].all()]
    places = np.array([cra.atom.pos.tolist() for cra in crystal.model[0].all()])
    np.testing.assert_allclose(np.average(places, axis=0, weights=numbers), 10.0, atol=1e-3)
    assert [r.name for r in crystal.model[0][0]] == list(example.residues)
    assert crystal.amplitudes is not None
    # The amplitudes are those gemmi finds by its own summation.
    calculator = gemmi.StructureFactorCalculatorX(crystal.cell)
    for i in range(0, len(crystal.amplitudes), 97):
        hkl = crystal.amplitudes.hkl[i].tolist()
        expected = abs(calculator.calculate_sf_from_model(crystal.model[0], hkl))
        assert crystal.amplitudes.f[i] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_a_cell_from_the_extent_leaves_a_margin_of_three_angstroms(tmp_path: Path) -> None:
    data = read_dataset(write_small_dataset(tmp_path / "auto.h5", cell=None))
    example = data.example(0)
    crystal = example_crystal(example)
    edges = np.array([crystal.cell.a, crystal.cell.b, crystal.cell.c])
    room = edges - np.ptp(example.positions, axis=0)
    assert (room >= 3 - 1e-6).all()
    assert (room < 4).all()
    assert dict(ProteinPage(example).rows)["Cell"] == "extent + 3 Å"


def test_keeps_a_skewed_cell(tmp_path: Path) -> None:
    cell = (18.0, 19.0, 20.0, 80.0, 95.0, 105.0)
    data = read_dataset(write_small_dataset(tmp_path / "skewed.h5", cell=cell))
    assert example_crystal(data.example(0)).cell.parameters == pytest.approx(cell)


def test_describes_the_data_set(data_file: Path) -> None:
    groups = {
        heading: dict(rows) for heading, rows in ProteinPages(read_dataset(data_file)).facts()
    }
    assert groups["Contents"]["Examples"] == str(N)
    assert groups["Contents"]["– validation"] == str(N_VAL)
    assert groups["Contents"]["Entries, chains"] == "3, 3"
    assert list(groups["Left out"].items()) == [
        ("hydrogen atoms", "12"),
        ("residues that are incomplete", "3"),
    ]
    assert groups["Settings"]["Cell"] == "20 × 20 × 20 Å"
    assert groups["Provenance"]["Splits"] == "as the test needs it"
    assert "1aaa.pdb" in groups["Provenance"]["Source files"]


def test_closing_a_data_set_restores_the_crystal_open_before(
    driver: WorkbenchDriver, data_file: Path
) -> None:
    driver.workbench.open_example()
    driver.wait_until_idle()
    before = driver.document.crystal
    driver.workbench.open(OpenRequest(data_file))
    driver.wait_until_idle()
    driver.workbench.datasets.step(1)
    driver.wait_until_idle()
    driver.workbench.datasets.close()
    driver.wait_until_idle()
    assert driver.document.crystal is before
    assert driver.workbench.datasets.data is None


def test_closing_a_data_set_keeps_a_crystal_opened_meanwhile(
    reader: WorkbenchDriver, data_file: Path
) -> None:
    reader.workbench.open_example()
    reader.wait_until_idle()
    browser = reader.workbench.datasets
    opened = reader.document.crystal
    assert not browser.showing
    browser.close()
    reader.wait_until_idle()
    assert reader.document.crystal is opened


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda content: content[: len(content) // 2], "damaged or was cut short"),
        (lambda content: content[:8] + bytes(200), "damaged or was cut short"),
        (lambda content: b"", "empty"),
    ],
)
def test_refuses_a_damaged_data_set_and_keeps_the_open_crystal(
    driver: WorkbenchDriver, data_file: Path, damage: object, why: str
) -> None:
    driver.workbench.open_example()
    driver.wait_until_idle()
    before = driver.document.crystal
    data_file.write_bytes(damage(data_file.read_bytes()))  # type: ignore[operator]
    driver.workbench.open(OpenRequest(data_file))
    driver.wait_until_idle()
    (error,) = driver.errors()
    assert why in error
    assert "\n" not in error
    assert driver.document.crystal is before
    assert driver.workbench.datasets.data is None
