"""What stands in ChimeraX: contours, the unit cell, the camera, the link, and the way back."""

import time
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.bridges.bridge import TAG
from patterson_gui.bridges.chimerax import ChimeraX
from patterson_gui.bridges.chimerax_commands import cell_outline
from patterson_gui.bridges.chimerax_rest import parse_reply
from patterson_gui.errors import UserError
from patterson_gui.io.maps import read_map
from patterson_gui.io.models import read_model
from patterson_gui.io.viewer_scene import SendReport, ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.chimerax_standin import StandIn

SKEWED = (9.0, 11.0, 13.0, 75.0, 82.0, 105.0)


@pytest.fixture(autouse=True)
def no_real_chimerax(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests find only the programs they installed themselves."""
    monkeypatch.delenv("CHIMERAX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")


def scene_of(items: list[ViewerItem], cell=None) -> ViewerScene:
    return ViewerScene(tuple(replace(i, key=i.name) for i in items), "toy", cell)


def options(standin: StandIn) -> ViewerOptions:
    return ViewerOptions(ports=(standin.port,), launch=False)


def send(bridge: ChimeraX, standin: StandIn, scene: ViewerScene, folder: Path) -> SendReport:
    return bridge.send(scene, folder, options(standin))


@pytest.fixture
def bridge() -> ChimeraX:
    return ChimeraX(timeout=5)


def test_a_difference_map_has_a_contour_on_either_side_of_zero(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    difference = replace(items[0], level=0.25, colour="#2381c8", below="#e07a1c")
    send(bridge, standin, scene_of([difference]), tmp_path)
    (model,) = standin.models
    assert model.levels == [("0.25", "#2381c8"), ("-0.25", "#e07a1c")]


def test_what_is_switched_off_here_is_switched_off_there(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    hidden = replace(items[1], shown=False)
    send(bridge, standin, scene_of([items[0], hidden]), tmp_path)
    assert [model.shown for model in standin.models] == [True, False]


def test_the_outline_of_a_skewed_cell_joins_its_corners() -> None:
    cell = gemmi.UnitCell(*SKEWED)
    edges = {
        tuple(sorted(_corner(cell, ends[3 * i : 3 * i + 3]) for i in range(2)))
        for line in cell_outline(SKEWED).splitlines()
        if line.startswith(".cylinder")
        and (ends := [float(word) for word in line.split()[1:7]]) is not None
    }
    corners = [(u, v, w) for u in (0, 1) for v in (0, 1) for w in (0, 1)]
    expected = {
        (a, b) for a in corners for b in corners if a < b and sum(np.abs(np.subtract(a, b))) == 1
    }
    assert edges == expected
    assert len(edges) == 12


def _corner(cell: gemmi.UnitCell, place: list[float]) -> tuple[int, int, int]:
    frac = cell.fractionalize(gemmi.Position(*place)).tolist()
    assert frac == pytest.approx(np.rint(frac), abs=1e-4)
    u, v, w = (round(x) for x in frac)
    return u, v, w


def test_the_unit_cell_is_drawn_once_and_replaced_with_the_rest(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    for _ in range(2):
        send(bridge, standin, scene_of(items, SKEWED), tmp_path)
        kinds = [model.kind for model in standin.models]
        assert kinds == ["Volume", "Volume", "AtomicStructure", "Generic3DModel"]
    assert standin.models[-1].name == f"unit cell {TAG}"


def test_an_earlier_run_of_this_program_is_replaced_by_name(chimerax, items, tmp_path):
    standin = chimerax()
    theirs = standin.open_by_hand("x.ccp4", "Patterson")
    for _ in range(3):
        send(ChimeraX(timeout=5), standin, scene_of(items, SKEWED), tmp_path)
    assert len(standin.models) == 5
    assert standin.models[0] is theirs


# ---------------------------------------------------------------------- the link
def test_only_what_changed_is_restyled(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    scene = scene_of(items)
    send(bridge, standin, scene, tmp_path)
    standin.commands.clear()
    changed = replace(scene.items[1], level=0.5, shown=False)
    assert bridge.follow([scene.items[0], changed, scene.items[2]]) is None
    assert [c for c in standin.commands if not c.startswith("info")] == [
        "volume #2 style surface step 1 level 0.5 color #1f77b4 transparency 0.4 "
        "showOutlineBox false",
        "hide #2 models",
    ]
    standin.commands.clear()
    assert bridge.follow([changed]) is None
    assert standin.commands == ["info models"]


def test_following_says_why_it_cannot(chimerax, items, tmp_path):
    bridge = ChimeraX(timeout=0.4)
    assert "send first" in (bridge.follow(items) or "")
    standin = chimerax()
    scene = scene_of(items)
    send(bridge, standin, scene, tmp_path)
    changed = replace(scene.items[0], level=1.0)
    gone = standin.models.pop(0)
    assert "is not open there any more; send again." in (bridge.follow([changed]) or "")
    standin.models.insert(0, gone)
    standin.hang_on = "volume"
    assert "is busy" in (bridge.follow([changed]) or "")
    standin.release.set()
    standin.hang_on, standin.die_on = "", "info"
    assert "went away: send again" in (bridge.follow([changed]) or "")


# ---------------------------------------------------------------------- fetching
@pytest.fixture
def theirs(chimerax, items) -> StandIn:
    """Two models, the later one hidden, and a map."""
    standin = chimerax()
    standin.open_by_hand(str(items[2].path), "a", "AtomicStructure")
    standin.open_by_hand(str(items[2].path), "b", "AtomicStructure").shown = False
    standin.open_by_hand(str(items[0].path), "m")
    return standin


def with_cell(path: Path) -> None:
    cell = "CRYST1   12.000   13.000   14.000  90.00  90.00  90.00 P 1           1\n"
    path.write_text(cell + path.read_text())


def test_the_last_shown_model_and_map_come_back_and_ours_stay(theirs, bridge, items, tmp_path):
    with_cell(items[2].path)
    send(bridge, theirs, scene_of(items, SKEWED), tmp_path)
    fetched = bridge.fetch(tmp_path / "out", options(theirs))
    assert fetched.sentence == (
        f"Fetched a and m from ChimeraX (port {theirs.port}); b stayed there."
    )
    assert fetched.map is not None
    assert fetched.model is not None
    assert fetched.model.suffix == ".cif"
    assert read_model(fetched.model).cell.b == pytest.approx(13.0)
    assert read_map(fetched.map).shape == (8, 8, 8)


def test_a_model_that_lost_its_cell_is_fetched_in_the_form_that_keeps_it(
    theirs, bridge, items, tmp_path
):
    with_cell(items[2].path)
    theirs.keeps_cell = False
    fetched = bridge.fetch(tmp_path / "out", options(theirs))
    assert fetched.model is not None
    assert fetched.model.suffix == ".pdb"
    assert read_model(fetched.model).cell.b == pytest.approx(13.0)


def test_a_map_inside_another_model_is_found(theirs, bridge, items, tmp_path):
    theirs.models[2].spec = "#4.2"
    assert bridge.fetch(tmp_path / "out", options(theirs)).map is not None


def test_nothing_open_and_nothing_running_are_told(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    send(bridge, standin, scene_of(items), tmp_path)
    with pytest.raises(UserError, match="Neither a model nor a map is open in ChimeraX"):
        bridge.fetch(tmp_path / "out", options(standin))
    with pytest.raises(UserError, match="No ChimeraX was found"):
        bridge.fetch(tmp_path / "out", ViewerOptions(ports=(1,)))


def test_a_folder_that_cannot_be_said_is_gone_around(theirs, bridge, tmp_path):
    folder = tmp_path / "a;b"
    fetched = bridge.fetch(folder, options(theirs))
    assert fetched.map is not None
    assert ";" not in str(fetched.map)


def test_what_chimerax_will_not_write_is_told(theirs, bridge, tmp_path):
    theirs.refuse = "save"
    with pytest.raises(UserError, match="ChimeraX wrote nothing"):
        bridge.fetch(tmp_path / "out", options(theirs))


# ---------------------------------------------------------------------- versions and nonsense
@pytest.mark.parametrize(
    ("json_mode", "false_error"), [(True, False), (True, True), (False, False)]
)
def test_every_version_shows_follows_and_gives_back(
    chimerax, bridge, items, tmp_path, json_mode, false_error
):
    standin = chimerax(json_mode=json_mode, false_error=false_error)
    standin.open_by_hand(str(items[0].path), "m")
    scene = scene_of(items, SKEWED)
    assert send(bridge, standin, scene, tmp_path).sentence.endswith(f"(port {standin.port}).")
    assert bridge.follow([replace(scene.items[0], level=1.0)]) is None
    assert standin.models[1].levels == [("1", "#9467bd")]
    assert bridge.fetch(tmp_path / "out", options(standin)).map is not None


OK = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"


@pytest.mark.parametrize(
    "junk",
    [
        OK, OK + b"not json", OK + b"[]", OK + b"{}", OK + b'{"json values": 5}',
        OK + b'{"json values": ["{"], "log messages": 3, "error": "odd"}',
        OK + b'{"json values": [[1]], "log messages": {"note": 3}, "error": {"type": 1}}',
        OK + b'{"json values": ["[1, 2]"], "error": null}',
        OK + b'{"json values": ["[{\\"spec\\": 5}]"]}',
        OK + b"\xff\xfe\x00", b"HTTP/1.0 500 Oops\r\n\r\n", b"\x00\x01\x02", b"220 ftp ready\r\n",
    ],
)  # fmt: skip
def test_a_reply_that_makes_no_sense_ends_in_a_sentence(chimerax, items, tmp_path, junk):
    standin = chimerax(junk=junk)
    report = send(ChimeraX(timeout=1), standin, scene_of(items), tmp_path)
    assert not report.sent
    assert report.sentence.startswith(f"ChimeraX on port {standin.port} ")
    assert "\n" not in report.sentence


def test_a_reply_that_trickles_for_ever_does_not_hold_us(chimerax, items, tmp_path):
    standin = chimerax(drip=True)
    begun = time.monotonic()
    report = send(ChimeraX(timeout=0.5), standin, scene_of(items), tmp_path)
    assert time.monotonic() - begun < 3
    assert "did not answer within 0.5 s" in report.sentence


def test_values_that_are_no_json_are_passed_over() -> None:
    assert parse_reply('{"json values": ["{", 5, null, "7"]}').values == (None, None, None, 7)


def test_few_requests_are_made(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    send(bridge, standin, scene_of(items, SKEWED), tmp_path)
    listings = [command for command in standin.commands if command == "info models"]
    assert len(listings) <= 1 + len(items) + 1  # before all, and after each opening
