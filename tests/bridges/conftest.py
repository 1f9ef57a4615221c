"""Stand-ins for the other programs, and files to send."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.bridges.chimerax import program as chimerax_program
from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.viewers.scene import SendReport, ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.chimerax_standin import VERSIONS, StandIn
from tests.bridges.chimerax_standin_server import Server

SKEWED = (9.0, 11.0, 13.0, 75.0, 82.0, 105.0)
# Every version as we start it, and two that somebody started without `json`.
ROWS = [*((version, True) for version in VERSIONS), ("1.5", False), ("1.11", False)]


def scene_of(items: list[ViewerItem], cell=None) -> ViewerScene:
    """A scene as the program makes it: every item has a key."""
    return ViewerScene(tuple(replace(i, key=i.key or i.name) for i in items), "toy", cell)


def aimed(standin: StandIn) -> ViewerOptions:
    """Where a stand-in listens; nothing is started."""
    return ViewerOptions(ports=(standin.port,), launch=False)


def send(
    standin: StandIn, items: list[ViewerItem], folder: Path, bridge=None, cell=None
) -> SendReport:
    """Send items to a stand-in, each bridge a run of this program."""
    bridge = bridge or ChimeraX(timeout=5)
    return bridge.send(scene_of(items, cell), folder, aimed(standin))


@pytest.fixture
def no_real_chimerax(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests find only the programs they installed themselves."""
    monkeypatch.delenv("CHIMERAX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(chimerax_program, "PLACES", {"linux": ()})


@pytest.fixture
def unused_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=ROWS, ids=[f"{v}-{'json' if json else 'text'}" for v, json in ROWS])
def any_chimerax(request, chimerax) -> Callable[..., StandIn]:
    """Start a stand-in of one of many versions."""
    version, json_mode = request.param
    return lambda **properties: chimerax(version=version, json_mode=json_mode, **properties)


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
    module = "tests.bridges.chimerax_standin_server"
    script.write_text(
        f"#!/bin/sh\ncd '{Path(__file__).parents[2]}'\nexec '{sys.executable}' -m {module} \"$@\"\n"
    )
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
