"""The commands of the ChimeraX bundle in a stand-in for ChimeraX's API, and predicting."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import gemmi
import pytest

from tests.plugins.chimerax.conftest import classifiers, module, opened
from tests.plugins.chimerax.fakes import (
    Session,
    Structure,
    UserError,
    Volume,
)
from tests.plugins.conftest import small_model


@pytest.fixture
def commands(api: ModuleType, registered: dict[str, Any], session: Session) -> dict[str, Any]:
    for name in command_names():
        info = type("CommandInfo", (), {"name": name})()
        api.bundle_api.register_command(None, info, session.logger)
    return registered


def command_names() -> list[str]:
    return [parts[1] for parts in classifiers() if parts[0] == "Command"]


def test_registers_every_command_of_the_bundle_description(commands: dict[str, Any]) -> None:
    assert set(commands) == set(command_names()) == {
        "patterson open", "patterson predict", "patterson cancel", "patterson list",
    }  # fmt: skip


def test_opening_and_listing_by_command(
    commands: dict[str, Any], session: Session, bundle: Path
) -> None:
    commands["patterson open"][1](session, str(bundle))
    listing = commands["patterson list"][1]
    rows = listing(session)
    assert [row["spec"] for row in rows] == ["#1.1", "#1.2", "#1.3"]
    assert [row["shown"] for row in rows] == [False, True, True]
    rms = rows[0]["level"] / rows[0]["rmsd"]
    assert rms == pytest.approx(1.7)
    assert f"level {rows[0]['level']:.4g} (1.7 rms)  (hidden)" in session.logger.text()
    told = listing(session, return_json=True)
    assert json.loads(told.json_value) == rows


def test_lists_maps_from_a_session_and_maps_sent_to_chimerax(
    commands: dict[str, Any], session: Session, bundle: Path
) -> None:
    commands["patterson open"][1](session, str(bundle))
    patterson, predicted, _ = session.models.open[0].children[:3]
    del predicted.patterson_rmsd  # no session keeps it
    patterson.surfaces = []  # shown as an image
    other = Volume(predicted.grid, session)
    other.name = "a map of another's"
    session.models.add([other])
    rows = commands["patterson list"][1](session)
    assert len(rows) == 3
    assert rows[0]["level"] is None
    assert "toy patterson (patterson_gui)  no contour" in session.logger.text()
    assert rows[1]["rmsd"] == pytest.approx(predicted.full_matrix().std())


def test_a_level_moves_both_contours_of_a_difference_map(
    api: ModuleType, session: Session, bundle: Path
) -> None:
    levels = module("levels")
    opened(api, session, bundle)
    volume = levels.our_volumes(session)[2]
    assert levels.colour_of(volume) == "#8e949c"
    levels.set_level(volume, 0.5)
    assert [surface.level for surface in volume.surfaces] == [0.5]
    volume.set_parameters(surface_levels=[0.3, -0.3], surface_colors=[(0, 0, 1, 1), (1, 0, 0, 1)])
    levels.set_level(volume, 0.4)
    assert [surface.level for surface in volume.surfaces] == [0.4, -0.4]
    assert (levels.level_of(volume), levels.colour_of(volume)) == (0.4, "#0000ff")
    volume.surfaces = []
    assert (levels.level_of(volume), levels.colour_of(volume)) == (None, "#888888")
    levels.set_level(volume, 0.4)
    assert levels.level_of(volume) == 0.4


def test_listing_nothing_says_so(commands: dict[str, Any], session: Session) -> None:
    assert commands["patterson list"][1](session) == []
    assert session.logger.text() == "No map of a prediction is open."


# ---------------------------------------------------------------------- predicting
def stand_in(tmp_path: Path, text: str) -> str:
    path = tmp_path / "patterson-gui"
    path.write_text(f"#!{sys.executable}\nimport shutil, sys, time\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_runs_a_prediction_and_opens_it_in_chimerax(
    commands: dict[str, Any], session: Session, bundle: Path, tmp_path: Path
) -> None:
    predict = commands["patterson predict"][1]
    commands["patterson open"][1](session, str(bundle))
    model = session.models.open[0].children[3]
    program = stand_in(
        tmp_path,
        "assert sys.argv[5:] == ['--method', 'retrieval', '--d-min', '1.8'], sys.argv\n"
        "assert 'CRYST1' in open(sys.argv[2]).read()\n"
        f"shutil.copy({str(bundle)!r}, sys.argv[4] + '/prediction.pgz')",
    )
    predict(session, [model], method="retrieval", d_min=1.8, program=program)
    with pytest.raises(UserError, match="A prediction is running"):
        predict(session, [model], program=program)
    session.ui.turn_until(lambda: len(session.models.open) == 2)
    assert session.commands[-1].startswith('save "')
    (kept,) = re.findall(r"the file is (\S+): copy it", session.logger.text())
    assert Path(kept).is_file()
    assert session.triggers.handlers["app quit"] == []
    predict(session, str(bundle), program=stand_in(tmp_path, "sys.exit('patterson-gui: No.')"))
    session.ui.turn_until(lambda: ("error", "Nothing was predicted: No.") in session.logger.lines)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_a_prediction_can_be_stopped(
    commands: dict[str, Any], session: Session, bundle: Path, tmp_path: Path
) -> None:
    cancel = commands["patterson cancel"][1]
    with pytest.raises(UserError, match="No prediction is running"):
        cancel(session)
    # A program that runs until it is stopped.
    slow = stand_in(tmp_path, "time.sleep(60)")
    commands["patterson predict"][1](session, str(bundle), program=slow)
    cancel(session)
    stopped = ("status", "Nothing was predicted: it was stopped.")
    session.ui.turn_until(lambda: stopped in session.logger.lines)
    assert not any(kind == "error" for kind, _ in session.logger.lines)
    with pytest.raises(UserError, match="No prediction is running"):
        cancel(session)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_a_prediction_ends_with_chimerax_and_shows_its_time(
    commands: dict[str, Any], session: Session, bundle: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    cmd = module("cmd")
    monkeypatch.setattr(cmd, "STATUS_SECONDS", 1)
    monkeypatch.setattr(cmd, "POLL_SECONDS", 0.05)
    # A program that runs until it is stopped.
    slow = stand_in(tmp_path, "time.sleep(60)")
    commands["patterson predict"][1](session, str(bundle), program=slow)
    running = cmd._running[session]
    session.ui.turn_until(
        lambda: ("status", "Predicting from toy.pgz ... 1 s") in session.logger.lines
    )
    session.triggers.fire("app quit")
    session.ui.turn_until(running.ended)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_writes_a_model_from_mmcif_as_mmcif_to_keep_its_cell(
    commands: dict[str, Any], session: Session, bundle: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.cif"
    made = small_model(gemmi.UnitCell(10, 11, 12, 90, 90, 90))
    made.make_mmcif_document().write_file(str(path))
    model = Structure(str(path), "from mmCIF", session)
    session.models.add([model])
    program = stand_in(
        tmp_path,
        "assert '_cell.length_a' in open(sys.argv[2]).read()\n"
        f"shutil.copy({str(bundle)!r}, sys.argv[4] + '/prediction.pgz')",
    )
    commands["patterson predict"][1](session, [model], program=program)
    session.ui.turn_until(lambda: len(session.models.open) == 2)
    assert 'from-mmCIF.cif" models #1 relModel #1' in session.commands[-1]


def test_reports_what_it_cannot_predict_from(
    commands: dict[str, Any],
    session: Session,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    predict = commands["patterson predict"][1]
    commands["patterson open"][1](session, str(bundle))
    model = session.models.open[0].children[3]
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("PATTERSON_GUI", raising=False)
    with pytest.raises(UserError, match="patterson-gui was not found"):
        predict(session, [model])
    monkeypatch.setenv("PATTERSON_GUI", sys.executable)
    with pytest.raises(UserError, match="Name one model to predict from: 2 are named"):
        predict(session, [model, model])
    model.structure.cell = gemmi.UnitCell()
    model.metadata = {}
    with pytest.raises(UserError, match="has no unit cell"):
        predict(session, [model])
