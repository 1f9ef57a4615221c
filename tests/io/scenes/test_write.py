"""Scenes for other programs: their maps hold the density of every atom that is sent."""

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.scenes.write import SceneMap, write_scene
from tests.plugins.conftest import toy_crystal

CELL = gemmi.UnitCell(10, 11, 12, 80, 95, 103)


def moved(crystal: Crystal, cells: tuple[float, float, float]) -> Crystal:
    """The crystal with its model moved by whole cells, which changes no density."""
    by = crystal.cell.orthogonalize(gemmi.Fractional(*cells))
    assert crystal.model is not None
    for cra in crystal.model[0].all():
        cra.atom.pos += by
    return crystal


def sent_values(path: Path, model: gemmi.Structure) -> list[float]:
    """The map's values at the atoms, from the points of the file alone: it holds no symmetry."""
    read = gemmi.read_ccp4_map(str(path))
    counts = [read.header_i32(word) for word in (8, 9, 10)]
    start = np.array([read.header_i32(word) for word in (5, 6, 7)])
    values = np.array(read.grid.array)
    found = []
    for cra in model[0].all():
        place = np.array(read.grid.unit_cell.fractionalize(cra.atom.pos).tolist()) * counts - start
        nearest = np.rint(place).astype(int)
        assert (nearest >= 0).all()
        assert (nearest < values.shape).all(), "an atom is outside the map"
        found.append(float(values[tuple(nearest)]))
    return found


@pytest.mark.parametrize("cells", [(0, 0, 0), (1, -1, 0), (-3, 2, 5)])
def test_maps_hold_the_density_of_models_outside_the_cell(
    tmp_path: Path, cells: tuple[float, float, float]
) -> None:
    crystal = moved(toy_crystal(CELL, "P 1"), cells)
    assert crystal.truth is not None
    assert crystal.model is not None
    shown = SceneMap(crystal.truth, "true", 2.5 * crystal.truth.rmsd, "#888888")
    scene = write_scene(tmp_path, crystal, [shown])
    item = next(item for item in scene.items if item.key == MapKind.TRUE.value)
    values = sent_values(item.path, crystal.model)
    assert min(values) > shown.level


def test_the_difference_of_an_exact_prediction_has_no_contour_of_noise(tmp_path: Path) -> None:
    crystal = toy_crystal(CELL, "P 1")
    truth = crystal.truth
    assert truth is not None
    noise = np.random.default_rng(1).normal(0, 1e-7 * truth.rmsd, truth.grid.shape)
    predicted = replace(truth, grid=(truth.grid + noise).astype(np.float32), kind=MapKind.PREDICTED)
    maps = [SceneMap(m, m.kind.value, 2.5 * m.rmsd, "#888888") for m in (predicted, truth)]
    scene = write_scene(tmp_path, crystal, maps)
    item = next(item for item in scene.items if item.key == MapKind.DIFFERENCE.value)
    assert item.level is not None
    highest = float(np.abs(gemmi.read_ccp4_map(str(item.path)).grid.array).max())
    assert highest < item.level
