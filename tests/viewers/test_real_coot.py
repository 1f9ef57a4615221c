"""Coot's own code reads what is sent: the density at every atom is ours."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from patterson_gui.bridges.coot.bridge import Coot
from patterson_gui.bridges.coot.frames import Coot as RunningCoot
from patterson_gui.bridges.scene_files import TAG
from patterson_gui.crystal.colours import MAP_COLOURS
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.io.maps.ccp4 import Box, read_map, write_map
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.scenes.write import SceneMap, write_scene
from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions, ViewerScene
from tests.plugins.conftest import toy_crystal

CELLS = [
    pytest.param((10, 11, 12, 90, 90, 90), "P 1", id="P1"),
    pytest.param((11, 12, 13, 90, 90, 90), "P 21 21 21", id="P212121"),
    pytest.param((13, 13, 17, 90, 90, 120), "P 61", id="hexagonal"),
    pytest.param((10, 11, 12, 80, 95, 103), "P 1", id="triclinic"),
]


@dataclass
class Real:
    """A Coot that runs without a window."""

    port: int

    @property
    def options(self) -> ViewerOptions:
        return ViewerOptions(ports=(self.port,), launch=False)

    def ask(self, expression: str) -> Any:
        """The value of an expression of Python in there."""
        coot = RunningCoot(self.port, timeout=20)
        with coot._connection() as channel:
            return json.loads(channel.python(f"__import__('json').dumps({expression})"))

    def densities(self, name: str, places: np.ndarray) -> np.ndarray:
        number = self.ask("__import__('coot').numbers()")[name]
        told = json.dumps(places.tolist())
        return np.array(self.ask(f"__import__('coot').densities({number}, {told})"))


@pytest.fixture(params=["1.1.20", "1.3"])
def real(request: pytest.FixtureRequest, coot_python: Path) -> Iterator[Real]:
    script = Path(__file__).with_name("real_coot.py")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    words = [str(coot_python), str(script), request.param]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("port "):
                    break
            else:
                pytest.fail("Coot's own code did not start")
            yield Real(int(line.split()[1]))
        finally:
            process.kill()


@pytest.fixture
def bridge(tmp_path: Path) -> Coot:
    return Coot(timeout=30.0, listeners=tmp_path / "listeners")


def atoms_of(model: gemmi.Structure) -> np.ndarray:
    return np.array([cra.atom.pos.tolist() for cra in model[0].all()])


def ours_at(density: DensityMap, places: np.ndarray) -> np.ndarray:
    """gemmi's tricubic interpolation of our own map."""
    grid = gemmi.FloatGrid(density.grid, density.cell, density.spacegroup)
    return np.array([grid.interpolate_value(gemmi.Position(*p), order=3) for p in places])


def box_of(what: str, crystal: Crystal) -> Box | None:
    """The part of the crystal that a file holds."""
    if what == "whole cell":
        return None
    if what == "asymmetric unit":
        extent = gemmi.find_asu_brick(crystal.spacegroup).get_extent()
        low, high = extent.minimum.tolist(), extent.maximum.tolist()
    else:
        assert crystal.model is not None
        frac = np.array(
            [crystal.cell.fractionalize(gemmi.Position(*p)).tolist() for p in
             atoms_of(crystal.model)]
        )  # fmt: skip
        low, high = (frac.min(axis=0) - 0.25).tolist(), (frac.max(axis=0) + 0.25).tolist()
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


@pytest.mark.parametrize(("cell", "group"), CELLS)
def test_density_at_every_atom_is_the_one_sent(
    real: Real, bridge: Coot, tmp_path: Path, cell: tuple[float, ...], group: str
) -> None:
    crystal = toy_crystal(gemmi.UnitCell(*cell), group)
    assert crystal.truth is not None
    assert crystal.model is not None
    places = atoms_of(crystal.model)
    expected = ours_at(crystal.truth, places)
    assert expected.min() > 0.5  # there is something to be read
    items = []
    for number, what in enumerate(("whole cell", "asymmetric unit", "box")):
        path = tmp_path / f"{number}.ccp4"
        write_map(path, crystal.truth, box=box_of(what, crystal))
        items.append(ViewerItem(path, what, MapKind.TRUE, 1.0, key=what))
    report = bridge.send(ViewerScene(tuple(items), "toy"), tmp_path, real.options)
    assert report.sent, report.sentence
    assert report.sentence.endswith(f"(port {real.port}).")
    for item in items:
        there = real.densities(f"{item.name} {TAG}", places)
        assert there == pytest.approx(expected, abs=5e-4), item.name


@pytest.mark.parametrize(("cell", "group"), CELLS)
def test_coot_reads_what_the_window_sends(
    real: Real, bridge: Coot, tmp_path: Path, cell: tuple[float, ...], group: str
) -> None:
    crystal = toy_crystal(gemmi.UnitCell(*cell), group)
    assert crystal.amplitudes is not None
    assert crystal.truth is not None
    assert crystal.model is not None
    predicted = DensityMap(
        0.9 * crystal.truth.grid, crystal.cell, crystal.truth.spacegroup, MapKind.PREDICTED, 1.5
    )
    maps = [
        SceneMap(density, stem, 2.0 * density.rmsd, MAP_COLOURS[density.kind])
        for density, stem in (
            (patterson(crystal.amplitudes), "patterson"), (predicted, "predicted"),
            (crystal.truth, "true"),
        )
    ]  # fmt: skip
    scene = write_scene(tmp_path, crystal, maps)
    assert bridge.send(scene, tmp_path, real.options).sent
    places = atoms_of(crystal.model)
    expected = ours_at(crystal.truth, places)
    assert real.densities(f"toy true {TAG}", places) == pytest.approx(expected, abs=5e-4)
    assert real.densities(f"toy predicted {TAG}", places) == pytest.approx(0.9 * expected, abs=5e-4)
    assert real.densities(f"toy difference {TAG}", places) == pytest.approx(
        -0.1 * expected, abs=2e-3
    )
    numbers = real.ask("__import__('coot').numbers()")
    assert set(numbers) == {
        f"toy {what} {TAG}" for what in ("patterson", "predicted", "true", "difference", "model")
    }
    fit = real.ask(
        f"__import__('coot').fit({numbers[f'toy model {TAG}']}, {numbers[f'toy true {TAG}']})"
    )
    assert next(iter(fit.values())) > 0.9  # by Coot's own judgement


def test_a_damaged_map_never_reaches_coot(real: Real, bridge: Coot, tmp_path: Path) -> None:
    good = toy_crystal(gemmi.UnitCell(10, 11, 12, 90, 90, 90))
    assert good.truth is not None
    path = tmp_path / "bad.ccp4"
    write_map(path, good.truth)
    path.write_bytes(path.read_bytes()[:-100])
    from patterson_gui.errors import UserError

    with pytest.raises(UserError, match="cut short"):
        bridge.send(ViewerScene((ViewerItem(path, "bad", MapKind.TRUE),)), tmp_path, real.options)
    # Past the bridge, the plugin itself refuses: a map with a number that is none.
    write_map(path, good.truth)
    data = bytearray(path.read_bytes())
    data[-4:] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    item = ViewerItem(path, "bad", MapKind.TRUE)
    report = bridge.send(ViewerScene((item,)), tmp_path, real.options)
    assert not report.sent
    assert "not numbers" in report.sentence
    assert real.ask("__import__('coot').numbers()") == {}


def test_coot_writes_model_and_map_itself(real: Real, bridge: Coot, tmp_path: Path) -> None:
    crystal = toy_crystal(gemmi.UnitCell(11, 12, 13, 90, 90, 90), "P 21 21 21")
    assert crystal.truth is not None
    assert crystal.model is not None
    write_map(tmp_path / "theirs.ccp4", crystal.truth)
    crystal.model.write_pdb(str(tmp_path / "theirs.pdb"))
    real.ask(f"__import__('coot').read_pdb({str(tmp_path / 'theirs.pdb')!r})")
    real.ask(f"__import__('coot').read_ccp4_map({str(tmp_path / 'theirs.ccp4')!r}, 0)")
    fetched = bridge.fetch(tmp_path / "out", real.options)
    assert fetched.model is not None
    assert fetched.map is not None
    back = read_map(fetched.map)
    assert back.cell.parameters == pytest.approx(crystal.cell.parameters, abs=0.01)
    np.testing.assert_allclose(back.grid, crystal.truth.grid, atol=1e-4)
    model = read_model(fetched.model)
    assert model.cell.parameters == pytest.approx(crystal.cell.parameters, abs=0.01)
    assert np.abs(atoms_of(model) - atoms_of(crystal.model)).max() < 2e-3
