"""The ChimeraX bundle in a stand-in for ChimeraX's API: opening, menu, levels."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType, SimpleNamespace

import gemmi
import numpy as np
import pytest

import patterson_gui
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.prediction import METHODS
from tests.plugins.chimerax.conftest import BUNDLE, classifiers, module, opened
from tests.plugins.chimerax.fakes import (
    Session,
    Structure,
    Surface,
    UserError,
    Volume,
)


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

    from patterson_gui.io.bundle.write_pgz import write_bundle

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
