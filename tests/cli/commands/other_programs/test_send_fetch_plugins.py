"""`send`, `fetch` and `plugins` as they are typed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patterson_gui.app.settings import Settings
from patterson_gui.bridges import by_name as viewers
from patterson_gui.bridges.plugin_base import ProgramPlugin
from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import (
    Fetched,
    PluginStatus,
    SendReport,
    Viewer,
    ViewerOptions,
    ViewerScene,
)

Call = Callable[..., Any]


@dataclass
class FakeBridge:
    """Takes what is sent."""

    scenes: list[ViewerScene] = field(default_factory=list)
    options: list[ViewerOptions] = field(default_factory=list)
    sent: bool = True

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        self.scenes.append(scene)
        self.options.append(options)
        return SendReport(
            "Sent." if self.sent else "No Coot was found: open the script.", self.sent
        )

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        self.options.append(options)
        return Fetched(folder / "m.pdb", None, "Fetched m from Coot.")


@pytest.fixture
def coot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeBridge:
    """In the place of the bridge to Coot."""
    bridge = FakeBridge()
    monkeypatch.setattr(viewers, "_made", {Viewer.COOT: bridge})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return bridge


@pytest.fixture
def bundle(call: Call, model: Path, tmp_path: Path) -> Path:
    assert call("fragment", model, "--residues", "A:2-3", "-o", tmp_path / "EX.pgz").code == 0
    folder = tmp_path / "made"
    answer = call("predict", tmp_path / "EX.pgz", "-o", folder, "--starts", 4, "--method",
                  "retrieval")  # fmt: skip
    assert answer.code == 0, answer.err
    return folder / "prediction.pgz"


def test_send_shows_all_maps_of_a_bundle_aligned_as_in_the_window(
    call: Call, bundle: Path, coot: FakeBridge, tmp_path: Path
) -> None:
    answer = call("send", bundle, "--to", "coot")
    assert answer.code == 0, answer.err
    assert answer.out == "Sent.\n"
    (scene,) = coot.scenes
    items = {item.key: item for item in scene.items}
    assert {"patterson", "predicted", "true", "difference", "model"} <= set(items)
    aligned = read_map(bundle.with_name("predicted-aligned.ccp4"))
    assert read_map(items["predicted"].path).grid == pytest.approx(aligned.grid, abs=1e-4)
    assert items["predicted"].level == pytest.approx(2.5 * aligned.rmsd, rel=1e-3)
    contents = read_bundle(bundle)
    assert contents.patterson is not None
    assert items["patterson"].level == pytest.approx(1.4 * contents.patterson.rmsd, rel=1e-3)
    assert not coot.options[0].launch
    call("send", bundle, "--to", "coot", "--as-predicted")
    fixed = {item.key: item for item in coot.scenes[1].items}["predicted"]
    assert contents.prediction is not None
    assert read_map(fixed.path).grid == pytest.approx(contents.prediction.density.grid, abs=1e-4)


def test_a_bundle_has_the_aligned_prediction_for_other_programs(
    bundle: Path,
) -> None:
    import zipfile

    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        moved = archive.read(manifest["aligned"]["map"])
    beside = bundle.with_name("predicted-aligned.ccp4").read_bytes()
    assert moved == beside
    contents = read_bundle(bundle)
    assert contents.prediction is not None
    as_it_is = read_map(bundle.with_name("predicted.ccp4"))
    assert contents.prediction.density.grid == pytest.approx(as_it_is.grid, abs=1e-5)


def test_send_passes_on_the_paths_of_maps_and_models(
    call: Call, model: Path, coot: FakeBridge, tmp_path: Path
) -> None:
    call("patterson", model, "-o", tmp_path / "P.ccp4")
    call("send", tmp_path / "P.ccp4", model, "--to", "coot", "--launch", "--port", 9191)
    (scene,) = coot.scenes
    density, atoms = scene.items
    assert density.path == tmp_path / "P.ccp4"
    assert density.kind is MapKind.PATTERSON
    assert atoms.path == model
    assert atoms.kind is None
    assert coot.options[0] == ViewerOptions(None, (9191,), True, keep=True, no_other_ports=True)


def test_send_refuses_a_damaged_map(call: Call, coot: FakeBridge, tmp_path: Path) -> None:
    bad = tmp_path / "bad.ccp4"
    bad.write_bytes(np.zeros(4000, dtype=np.int32).tobytes())
    answer = call("send", bad, "--to", "coot")
    assert answer.code == 1
    assert coot.scenes == []
    assert len(answer.err.splitlines()) == 1


def test_send_refuses_files_that_are_neither_map_nor_model(
    call: Call, coot: FakeBridge, tmp_path: Path
) -> None:
    hkl = tmp_path / "x.hkl"
    hkl.write_text("".join(f"   1   0{n:4d}  100.00    1.00   1\n" for n in range(30)))
    answer = call("send", hkl, "--to", "coot")
    assert answer.code == 1
    assert "neither a map nor a model" in answer.err
    assert coot.scenes == []


def test_send_fails_if_the_program_did_not_receive_the_files(
    call: Call, model: Path, coot: FakeBridge
) -> None:
    coot.sent = False
    answer = call("send", model, "--to", "coot")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "No Coot was found: open the script.\n"


def test_finds_a_program_by_the_settings_unless_told_otherwise(
    call: Call, model: Path, coot: FakeBridge, own_settings: Path
) -> None:
    own_settings.mkdir()
    place = ViewerPlace(program="/opt/coot/bin/coot", ports=[9090, 9091])
    settings = Settings(viewers={Viewer.COOT: place})
    (own_settings / "settings.json").write_text(settings.model_dump_json())
    call("send", model, "--to", "coot")
    assert coot.options[0] == ViewerOptions(
        Path("/opt/coot/bin/coot"), (9090, 9091), launch=False, keep=True
    )
    call("send", model, "--to", "coot", "--program", "/mine", "--port", 9)
    assert coot.options[1] == ViewerOptions(
        Path("/mine"), (9,), launch=False, keep=True, no_other_ports=True
    )


def test_fetch_prints_the_files_it_wrote(call: Call, coot: FakeBridge, tmp_path: Path) -> None:
    answer = call("fetch", "--from", "coot", "-o", tmp_path)
    assert answer.code == 0
    assert answer.out == f"Fetched m from Coot.\n→ {tmp_path / 'm.pdb'}\n"
    assert not coot.options[0].launch


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["send", "x.ccp4", "--to", "vmd"], "vmd"),
        (["send", "x.ccp4"], "--to"),
        (["send", "x.ccp4", "--to", "coot", "--port", "0"], "from 1 to 65535"),
        (["send", "no.ccp4", "--to", "coot"], "does not exist"),
        (["plugins", "install"], "Which program's plugin?"),
        (["plugins", "install", "all", "--program", "/x"], "--program names one program"),
    ],
)
def test_reports_wrong_options_in_one_line(
    call: Call, coot: FakeBridge, words: list[str], message: str
) -> None:
    answer = call(*words)
    assert answer.code == 1
    assert message in answer.err
    assert len(answer.err.splitlines()) == 1


def test_plugins_checks_all_programs_although_one_fails(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status(plugin: ProgramPlugin, program: Path | None) -> PluginStatus:
        if plugin.viewer is Viewer.CHIMERAX:
            raise UserError("No ChimeraX was found.")
        return PluginStatus(True, f"It is in {plugin.viewer.label}.")

    monkeypatch.setattr(ProgramPlugin, "status", status)
    answer = call("plugins", "status")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "No ChimeraX was found.", "It is in Coot.", "It is in PyMOL.",
    ]  # fmt: skip
    answer = call("plugins", "status", "chimerax")
    assert (answer.code, answer.out) == (1, "")
