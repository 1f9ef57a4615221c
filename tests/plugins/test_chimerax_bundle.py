"""The ChimeraX bundle in a stand-in for ChimeraX's API: opening, commands, menu, predicting."""

import importlib.util
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gemmi
import numpy as np
import pytest

import patterson_gui
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import METHODS
from tests.plugins.chimerax_fakes import (
    Session,
    Structure,
    Surface,
    UserError,
    Volume,
    forget,
    modules,
)
from tests.plugins.conftest import small_model
from tests.plugins.load import PLUGINS

BUNDLE = PLUGINS / "chimerax"


@pytest.fixture
def registered() -> dict[str, Any]:
    return {}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, registered: dict[str, Any]) -> Iterator[ModuleType]:
    """The bundle's package, imported as ChimeraX does, without Qt."""
    for name, module in modules(registered).items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("Qt", "PyQt6"):
        monkeypatch.setitem(sys.modules, name, None)
    spec = importlib.util.spec_from_file_location(
        "chimerax.patterson_gui",
        BUNDLE / "src" / "__init__.py",
        submodule_search_locations=[str(BUNDLE / "src")],
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "chimerax.patterson_gui", package)
    spec.loader.exec_module(package)
    yield package
    forget()


@pytest.fixture
def session() -> Session:
    return Session()


def module(name: str) -> ModuleType:
    return importlib.import_module(f"chimerax.patterson_gui.{name}")


def opened(api: ModuleType, session: Session, path: Path) -> list[Any]:
    """By the opener, as the open command does."""
    opener = api.bundle_api.run_provider(session, "patterson_gui prediction", None)
    models, status = opener.open(session, str(path), path.name)
    assert status
    session.models.add(models)
    return models


# ---------------------------------------------------------------------- opening
def test_a_bundle_opens_with_maps_in_their_styles_under_one_parent(
    api: ModuleType, session: Session, bundle: Path, toy: Crystal
) -> None:
    (parent,) = opened(api, session, bundle)
    assert parent.name == "toy"
    # Told from models of others by the tag, as everywhere.
    tag = " (patterson_gui)"
    assert [child.name.endswith(tag) for child in parent.children] == [True] * 5 + [False]
    by_name = {child.name.removesuffix(tag): child for child in parent.children}
    assert list(by_name) == [
        "toy patterson", "toy predicted (aligned to the truth)", "toy true", "toy model",
        "toy built atoms (aligned to the truth)", "unit cell",
    ]  # fmt: skip
    true = by_name["toy true"]
    assert isinstance(true, Volume)
    assert toy.truth is not None
    assert true.settings["surface_levels"] == [pytest.approx(2.1 * toy.truth.rmsd)]
    assert true.settings["surface_colors"] == [
        pytest.approx((0x8E / 255, 0x94 / 255, 0x9C / 255, 0.6))
    ]
    assert (true.style, true.step) == ("surface", (1, 1, 1))
    assert by_name["toy predicted (aligned to the truth)"].style == "mesh"
    assert not by_name["toy patterson"].display
    assert true.display
    assert session.models.open == [parent]


def test_a_volume_holds_the_whole_cell_with_its_faces(
    api: ModuleType, session: Session, bundle: Path, toy: Crystal
) -> None:
    (parent,) = opened(api, session, bundle)
    grid = parent.children[2].grid
    assert toy.truth is not None
    ours = np.pad(toy.truth.grid, ((0, 1),) * 3, mode="wrap").transpose(2, 1, 0)
    np.testing.assert_allclose(grid.array, ours, atol=1e-6)
    assert grid.cell_angles == pytest.approx(toy.cell.parameters[3:], abs=1e-3)
    edges = np.array(grid.step) * (np.array(grid.array.shape[::-1]) - 1)
    assert edges == pytest.approx(toy.cell.parameters[:3], abs=1e-3)


def test_opens_models_before_maps(
    api: ModuleType, session: Session, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    opening = module("opening")
    for name in ("_atoms", "_volume"):
        real = getattr(opening, name)
        monkeypatch.setattr(
            opening, name, lambda *a, real=real, name=name: [order.append(name), real(*a)][1]
        )
    opened(api, session, bundle)
    assert order == ["_atoms"] * 2 + ["_volume"] * 3


def test_models_are_sticks_in_our_colours(api: ModuleType, session: Session, bundle: Path) -> None:
    (parent,) = opened(api, session, bundle)
    model = parent.children[3]
    assert isinstance(model, Structure)
    assert model.atoms.draw_modes == model.atoms.STICK_STYLE
    ((mask, carbon),) = model.atoms.parts
    assert mask.sum() == 2
    assert carbon.colors.tolist() == [0x88, 0x88, 0x88, 255]
    others = model.atoms.colors[~mask]
    assert others[:, 0].tolist() == model.atoms.element_numbers[~mask].tolist()


def test_draws_only_the_edges_of_the_unit_cell(
    api: ModuleType, session: Session, bundle: Path, toy: Crystal
) -> None:
    (parent,) = opened(api, session, bundle)
    outline = parent.children[-1]
    assert isinstance(outline, Surface)
    assert outline.SESSION_SAVE_DRAWING
    corners = [toy.cell.fractionalize(gemmi.Position(*v)).tolist() for v in
               outline.vertices.astype(float)]  # fmt: skip
    drawn = set()
    for triangle, mask in zip(outline.triangles, outline.edge_mask, strict=True):
        for bit, (i, j) in enumerate(((0, 1), (1, 2), (2, 0))):
            if mask & (1 << bit):
                ends = sorted(tuple(np.rint(corners[triangle[k]]).astype(int)) for k in (i, j))
                drawn.add(tuple(ends))
    assert len(drawn) == 12
    assert all(np.abs(np.subtract(*ends)).sum() == 1 for ends in drawn)


def test_fits_the_first_bundle_of_a_session_into_the_view(
    api: ModuleType, session: Session, bundle: Path
) -> None:
    opener = api.bundle_api.run_provider(session, "patterson_gui prediction", None)
    models, _ = opener.open(session, str(bundle), bundle.name)
    session.triggers.fire("new frame")  # drawn while the bundle was read
    assert session.commands == []
    session.models.add(models)
    for _ in range(4):
        session.triggers.fire("new frame")
    assert session.commands == ["view"]
    opened(api, session, bundle)  # a second one leaves the camera where the user has it
    for _ in range(4):
        session.triggers.fire("new frame")
    assert session.commands == ["view"]


def test_logs_where_a_bundle_comes_from(api: ModuleType, session: Session, bundle: Path) -> None:
    opened(api, session, bundle)
    for words in ("Made for a test.", "Solved: it is a toy.", "A note."):
        assert words in session.logger.text()


def test_escapes_markup_in_a_bundle(
    api: ModuleType, session: Session, toy: Crystal, tmp_path: Path
) -> None:
    from dataclasses import replace

    from patterson_gui.io.bundle.pgz import write_bundle

    path = tmp_path / "x.pgz"
    link = "<a href='cxcmd:close'>click</a>"
    write_bundle(path, replace(toy, provenance=link, name=link))
    (parent,) = opened(api, session, path)
    assert "<a" not in session.logger.text()
    # ChimeraX itself logs a volume's name, as HTML where 'cxcmd' is in it.
    for model in parent.all():
        assert not set(model.name) & set("<>&")


def test_a_bad_bundle_raises_user_error_and_opens_nothing(
    api: ModuleType, session: Session, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.pgz"
    bad.write_bytes(b"PK\x03\x04")
    with pytest.raises(UserError, match="damaged zip archive"):
        opened(api, session, bad)
    assert session.models.open == []


# ---------------------------------------------------------------------- commands
@pytest.fixture
def commands(api: ModuleType, registered: dict[str, Any], session: Session) -> dict[str, Any]:
    for name in command_names():
        info = type("CommandInfo", (), {"name": name})()
        api.bundle_api.register_command(None, info, session.logger)
    return registered


def classifiers() -> list[list[str]]:
    root = ET.parse(BUNDLE / "bundle_info.xml").getroot()
    return [re.split(r"\s*::\s*", e.text or "") for e in root.iter("ChimeraXClassifier")]


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


# ---------------------------------------------------------------------- menu, levels, form
def test_adds_the_menu_when_the_window_is_ready(api: ModuleType, session: Session) -> None:
    api.bundle_api.initialize(session, None)
    assert session.ui.main_window.entries == {}
    session.ui.triggers.fire("ready")
    entries = session.ui.main_window.entries
    assert list(entries) == [
        "Patterson > Open Prediction...", "Patterson > Maps and Prediction",
        "Patterson > Stop the Prediction",
    ]  # fmt: skip
    entries["Patterson > Maps and Prediction"]()
    assert session.commands == ['ui tool show "Patterson maps"']
    without = Session()
    without.ui.is_gui = False
    api.bundle_api.initialize(without, None)
    assert without.ui.triggers.handlers == {}


def test_a_slider_goes_through_all_levels_and_back(api: ModuleType) -> None:
    levels = module("levels")
    scale = levels.LevelScale(highest=4.0, rms=0.3)
    assert scale.level(0) < 0.1 * 0.3
    assert scale.level(levels.STEPS) == pytest.approx(3.92)
    for step in (0, 17, 500, levels.STEPS):
        assert scale.step(scale.level(step)) == step
    assert scale.step(99.0) == levels.STEPS
    assert scale.text(0.82) == "0.82 (2.7 rms)"
    levels.LevelScale(highest=0.0, rms=0.0).step(1.0)


def test_all_modules_but_the_tool_load_without_qt(api: ModuleType) -> None:
    for path in (BUNDLE / "src").glob("*.py"):
        if path.stem not in ("tool", "__init__"):
            module(path.stem)
    with pytest.raises(ImportError):
        module("tool")
    for path in (BUNDLE / "src").glob("*.py"):
        if path.stem != "tool":
            assert not re.search(r"(from|import) Qt", path.read_text(encoding="utf-8")), path


def test_the_bundle_description_agrees_with_its_code(api: ModuleType) -> None:
    root = ET.parse(BUNDLE / "bundle_info.xml").getroot()
    assert root.get("version") == patterson_gui.__version__
    assert root.get("package") == "chimerax.patterson_gui"
    assert module("cmd").METHODS == METHODS
    providers = {group.get("manager"): group[0].attrib for group in root.iter("Providers")}
    assert providers["data formats"]["suffixes"] == ".pgz"
    assert providers["open command"]["want_path"] == "true"
    assert providers["data formats"]["name"] == providers["open command"]["name"]
    tools = [parts[1] for parts in classifiers() if parts[0] == "Tool"]
    assert tools == [api.TOOL]


def test_predicts_from_the_model_of_the_user_before_our_own(api: ModuleType) -> None:
    choose = module("levels").model_to_predict
    theirs, sent, atoms = (
        SimpleNamespace(name=name)
        for name in ("1aba", "toy model (patterson_gui)", "toy built atoms (patterson_gui)")
    )
    assert choose([theirs, sent, atoms]) is theirs
    assert choose([sent, atoms]) is sent
    assert choose([atoms]) is atoms
