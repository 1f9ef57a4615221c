"""What is handed to the console is read again as it was."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.api.console import from_window
from patterson_gui.api.types.maps import DensityMap as PublicMap
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.handover import write_handover
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.resources import example_path


def test_the_crystal_and_its_maps_are_read_as_they_were(tmp_path: Path) -> None:
    crystal = open_any(example_path())
    grid = np.random.default_rng(1).normal(size=(4, 6, 8)).astype(np.float32)
    cell = gemmi.UnitCell(10, 11, 12, 90, 101, 90)
    density = DensityMap(
        grid, cell, gemmi.SpaceGroup("P 1 2/m 1"), MapKind.PATTERSON, 1.25, "a name", False
    )
    write_handover(tmp_path / "1", crystal, {"patterson": density})
    again, maps = from_window(tmp_path / "1")
    assert again.cell.parameters == crystal.cell.parameters
    assert again.name == crystal.name
    assert np.array_equal(maps["patterson"].grid, grid)
    assert isinstance(maps["patterson"], PublicMap)
    for name in ("kind", "d_min", "name", "absolute"):
        assert getattr(maps["patterson"], name) == getattr(density, name)
    assert maps["patterson"].spacegroup.xhm() == "P 1 2/m 1"


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    crystal = open_any(example_path())
    write_handover(tmp_path / "1", crystal, {})
    (tmp_path / "1" / "maps.json").unlink()
    with pytest.raises(UserError, match="press Reload"):
        from_window(tmp_path / "1")
