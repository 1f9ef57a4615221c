"""The peaks of a density: which maps are offered, nearest atoms, holes, files."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from patterson_gui.app.density_peaks import density_peaks
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from tests.app.conftest import WorkbenchDriver


def test_peaks_of_the_true_density_are_at_its_atoms(
    driver: WorkbenchDriver, fragment: Crystal, tmp_path: Path
) -> None:
    listed = driver.workbench.density_peaks
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    assert listed.layers() == (LayerKey.PATTERSON, LayerKey.TRUE)
    listed.choose(LayerKey.TRUE)
    driver.wait_until_idle()
    assert listed.found is None  # nobody looks
    listed.watch(True)
    driver.wait_until_idle()
    found = listed.found
    assert found is not None
    assert found.density is driver.document.truth
    assert found.near is not None
    nearest = [atom.distance for atom in found.near[:10] if atom is not None]
    assert len(nearest) == 10
    assert max(nearest) < 0.4
    driver.saver.save_peaks(tmp_path / "a.csv")
    driver.wait_until_idle()
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.peaks)
    assert float(rows[0]["distance_A"]) == round(nearest[0], 3)
    assert rows[0]["nearest_atom"] == found.near[0].label  # type: ignore[union-attr]


def test_another_crystal_lists_its_patterson_peaks(
    driver: WorkbenchDriver, fragment: Crystal
) -> None:
    listed = driver.workbench.density_peaks
    driver.workbench.show(fragment)
    driver.wait_until_idle()
    listed.watch(True)
    listed.choose(LayerKey.TRUE)
    driver.wait_until_idle()
    driver.workbench.show(replace(fragment, model=None, truth=None))
    driver.wait_until_idle()
    assert listed.layer is LayerKey.PATTERSON
    assert listed.found is None


def test_a_difference_map_lists_its_holes(fragment: Crystal) -> None:
    truth = fragment.truth
    assert truth is not None
    turned = replace(truth, grid=-truth.grid, kind=MapKind.DIFFERENCE)
    peaks = density_peaks(turned)
    assert peaks[0].height < 0
    assert peaks[0].rmsd < -10
    heights = np.abs([peak.rmsd for peak in peaks])
    assert (np.diff(heights) <= 1e-9).all()
