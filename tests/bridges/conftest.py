"""Stand-ins for the programs that are sent to, and files to send."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.density import MapKind
from patterson_gui.io.viewer_scene import ViewerItem
from tests.bridges.chimerax_standin import Server, StandIn


@pytest.fixture
def chimerax() -> Iterator[Callable[..., StandIn]]:
    """Start a stand-in ChimeraX; takes the fields of `StandIn`."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(**properties: object) -> StandIn:
        server = Server(StandIn(**properties))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        return server.standin

    yield start
    for server, thread in running:
        server.standin.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Install the stand-in as a program called ChimeraX."""
    script = tmp_path / "bin" / "ChimeraX"
    script.parent.mkdir()
    standin = Path(__file__).with_name("chimerax_standin.py")
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{standin}' \"$@\"\n")
    script.chmod(0o755)
    return script


@pytest.fixture
def items(tmp_path: Path) -> list[ViewerItem]:
    """A Patterson, a density and a model, written as files."""
    return make_items(tmp_path / "maps")


def make_items(folder: Path, names: tuple[str, str, str] = ("P", "density", "model")) -> list:
    """Write the three files into `folder` under these names."""
    folder.mkdir(parents=True, exist_ok=True)
    grid = gemmi.Ccp4Map()
    grid.grid = gemmi.FloatGrid(np.arange(8**3, dtype=np.float32).reshape(8, 8, 8))
    grid.grid.set_unit_cell(gemmi.UnitCell(12, 12, 12, 90, 90, 90))
    grid.grid.spacegroup = gemmi.SpaceGroup("P 1")
    grid.update_ccp4_header(2)
    patterson, density = (folder / f"{name}.ccp4" for name in names[:2])
    grid.write_ccp4_map(str(patterson))
    grid.write_ccp4_map(str(density))
    model = folder / f"{names[2]}.pdb"
    model.write_text(
        "ATOM      1  CA  ALA A   1       6.000   6.000   6.000  1.00 20.00           C\n"
    )
    return [
        ViewerItem(patterson, "Patterson", MapKind.PATTERSON, 12.345678, "#9467bd", "mesh"),
        ViewerItem(density, "Predicted density", MapKind.PREDICTED, 0.82, "#1f77b4", "surface"),
        ViewerItem(model, "Model", colour="#888888"),
    ]
