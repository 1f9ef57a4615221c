"""The scene of a difference map: its two signs are drawn in different styles."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.gui.rendering.contouring import ContourRequest, compute_contour
from patterson_gui.gui.rendering.map_scene import MapScene
from patterson_gui.gui.rendering.scene import Shape
from tests.gui.scenes import blob


@pytest.fixture
def scene() -> MapScene:
    """Of a wave that is as high as it is deep."""
    x = np.sin(2 * np.pi * np.arange(24) / 24)
    grid = (x[:, None, None] * x[None, :, None] * x[None, None, :]).astype(np.float32)
    cell = gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    density = DensityMap(grid, cell, p1(), MapKind.DIFFERENCE)
    scene = MapScene()
    scene.set_cell(cell)
    scene.set_contour(compute_contour(ContourRequest(density, 1.5, 1)))
    return scene


def test_the_negative_side_of_a_wire_is_dashed(scene: MapScene) -> None:
    scene.style = "wire"
    above, below = shown(scene)
    assert above.geometry.shape is below.geometry.shape is Shape.LINES
    assert len(below.geometry.indices) == pytest.approx(len(above.geometry.indices) / 2, rel=0.05)


def test_the_negative_side_of_a_surface_is_a_wire(scene: MapScene) -> None:
    scene.style = "surface"
    above, below = shown(scene)
    assert above.geometry.shape is Shape.TRIANGLES
    assert below.geometry.shape is Shape.LINES


def test_quick_pictures_are_of_the_draft_and_fine_ones_of_the_full_contour() -> None:
    request = ContourRequest(blob(), 2.0, 1)
    draft = compute_contour(replace(request, is_draft=True))
    scene = MapScene()
    scene.set_cell(blob().cell)
    scene.set_contour(draft)
    (first,) = shown(scene)[-1:]
    assert first.draft is None
    scene.set_contour(replace(compute_contour(request), draft=draft))
    (part,) = shown(scene)[-1:]
    assert part.shown(fine=False) is first.geometry
    assert part.shown(fine=True) is part.geometry
    assert len(part.geometry.indices) > 3 * len(first.geometry.indices)


def shown(scene: MapScene):  # type: ignore[no-untyped-def]
    built = scene.build("#00aa00")
    assert built is not None
    return built.parts[-2:]
