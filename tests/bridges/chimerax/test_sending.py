"""Sending to ChimeraX of several versions shows scenes as our window does."""

import os
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import gemmi
import numpy as np
import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.bridges.chimerax.commands import cell_outline
from patterson_gui.bridges.scene_files import TAG
from patterson_gui.errors import UserError
from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.chimerax_standin import Shown, StandIn
from tests.bridges.conftest import SKEWED, make_items, send

pytestmark = pytest.mark.usefixtures("no_real_chimerax")


@pytest.fixture
def bridge() -> ChimeraX:
    return ChimeraX(timeout=5)


@pytest.fixture
def difference(items) -> ViewerItem:
    path = items[0].path.with_name("D.ccp4")
    path.write_bytes(items[0].path.read_bytes())
    return replace(items[0], path=path, name="Difference", level=0.25, colour="#2381c8",
                   below="#e07a1c")  # fmt: skip


def by_name(standin: StandIn, name: str) -> Shown:
    (model,) = (model for model in standin.models if model.name == f"{name} {TAG}")
    return model


def names(standin: StandIn) -> list[str]:
    return [model.name for model in standin.top()]


def assert_as_on_our_screen(standin: StandIn) -> None:
    """The four items and the outline that `test_everything…` and the script show."""
    patterson = by_name(standin, "Patterson")
    assert patterson.levels == [("12.3457", "#9467bd")]
    assert patterson.settings == {
        "style": "mesh", "step": "1", "transparency": "0", "capFaces": "false",
        "showOutlineBox": "false",
    }  # fmt: skip
    density = by_name(standin, "Predicted density")
    assert density.levels == [("0.82", "#1f77b4")]
    assert (density.settings["style"], density.settings["transparency"]) == ("surface", "0.4")
    assert by_name(standin, "Difference").levels == [("0.25", "#2381c8"), ("-0.25", "#e07a1c")]
    model = by_name(standin, "Model")
    assert model.settings == {"atoms": "shown", "style": "stick", "color": "#888888 byhetero"}
    assert by_name(standin, "unit cell").kind == "Generic3DModel"
    assert standin.seen(patterson)
    assert standin.seen(model)
    assert not standin.seen(density)


def test_shows_everything_as_our_window_does(any_chimerax, items, difference, tmp_path):
    standin = any_chimerax()
    patterson, density, model = items
    sent = [patterson, replace(density, shown=False), difference, model]
    report = send(standin, sent, tmp_path, cell=SKEWED)
    assert report.sent
    assert report.script is None
    assert report.sentence == (
        "Sent Patterson, Predicted density, Difference and Model to ChimeraX "
        f"(port {standin.port})."
    )
    assert_as_on_our_screen(standin)
    assert standin.views == [""]


def test_sending_again_replaces_our_models_only(any_chimerax, bridge, items, tmp_path):
    standin = any_chimerax()
    theirs = standin.open_by_hand("theirs.ccp4", "Patterson")
    send(standin, items, tmp_path, bridge, SKEWED)
    standin.models[1].name = "mine now"
    later = standin.open_by_hand("later.pdb", "model 2", "AtomicStructure")
    send(standin, items[:2], tmp_path, bridge, SKEWED)
    assert sorted(names(standin)) == sorted(
        ["Patterson", "mine now", "model 2", f"Patterson {TAG}", f"Predicted density {TAG}",
         f"unit cell {TAG}"]
    )  # fmt: skip
    assert theirs.settings == later.settings == {}
    # Turned to ours the first time, among theirs; left where it was turned to the second.
    assert standin.views == ["#2,3,4,5 clip false"]


def test_replaces_models_of_an_earlier_run_by_name(any_chimerax, items, tmp_path):
    standin = any_chimerax()
    theirs = standin.open_by_hand("x.ccp4", "Patterson")
    for _ in range(3):
        send(standin, items, tmp_path, cell=SKEWED)
    assert len(standin.top()) == 5
    assert standin.models[0] is theirs


def test_treats_a_file_of_several_models_as_one_item(any_chimerax, bridge, items, tmp_path):
    standin = any_chimerax()
    line = items[2].path.read_text()
    items[2].path.write_text("".join(f"MODEL {n}\n{line}ENDMDL\n" for n in ("    1", "    2")))
    items[2].path.write_text("REMARK\n" + items[2].path.read_text())
    send(standin, items[1:], tmp_path, bridge)
    group = next(model for model in standin.models if model.kind == "Model")
    inside = [m for m in standin.models if m.spec.startswith(f"{group.spec}.")]
    assert [m.settings["style"] for m in inside] == ["stick", "stick"]
    assert bridge.follow([replace(items[2], key=items[2].name, shown=False)]) is None
    assert not any(standin.seen(m) for m in inside)
    for again in (bridge, ChimeraX(timeout=5)):
        send(standin, items[1:], tmp_path, again)
        assert len(standin.top()) == 2


def test_closes_nothing_in_a_new_chimerax_on_the_same_port(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    send(standin, items, tmp_path, bridge)
    standin.models.clear()
    for number in range(3):
        standin.open_by_hand(f"{number}.ccp4", "theirs")
    send(standin, items, tmp_path, bridge)
    assert names(standin).count("theirs") == 3


def test_turns_the_camera_when_all_items_are_hidden(chimerax, items, tmp_path):
    standin = chimerax()
    standin.open_by_hand("x.ccp4", "theirs")
    report = send(standin, [replace(items[0], shown=False)], tmp_path)
    assert report.sentence.endswith(f"(port {standin.port}).")
    assert standin.views == []


# ------------------------------------------------------------------ the unit cell
def test_the_twelve_edges_of_the_cell_are_drawn() -> None:
    cell = gemmi.UnitCell(*SKEWED)
    words = [line.split() for line in cell_outline(SKEWED).splitlines()]
    edges = {
        frozenset(_corner(cell, [float(x) for x in ends]) for ends in (w[1:4], w[4:7]))
        for w in words
        if w[0] == ".cylinder"
    }
    corners = list(np.ndindex(2, 2, 2))
    expected = {
        frozenset((p, q))
        for p in corners
        for q in corners
        if sum(a != b for a, b in zip(p, q, strict=True)) == 1
    }
    assert edges == expected
    assert len(edges) == 12


def _corner(cell: gemmi.UnitCell, place: list[float]) -> tuple[int, int, int]:
    frac = cell.fractionalize(gemmi.Position(*place)).tolist()
    assert frac == pytest.approx(np.rint(frac), abs=1e-4)
    u, v, w = (round(x) for x in frac)
    return u, v, w


def test_reports_a_refused_cell_outline_and_shows_the_rest(chimerax, items, tmp_path):
    standin = chimerax(refuse="unit-cell")
    report = send(standin, items, tmp_path, cell=SKEWED)
    assert report.sent
    assert "could not draw the unit cell (Unknown command" in report.sentence


# ------------------------------------------------------------------ paths and names
@pytest.mark.parametrize(
    "folder",
    [
        "with space", "Müller 結晶", "it's", "a;b", "line\nbreak", 'say "x"', "back\\slash",
        "wide\u3000space", "a$HOME", "${HOME}", "[a-z]*", "#1 & ~x",
    ],
)  # fmt: skip
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_sends_files_from_any_path(chimerax, tmp_path, folder):
    standin = chimerax()
    items = make_items(tmp_path / folder)
    report = send(standin, items, tmp_path / folder, cell=SKEWED)
    assert report.sentence.endswith(f"(port {standin.port}).")
    for model, item in zip(standin.top(), items, strict=False):
        assert model.path.read_bytes() == item.path.read_bytes()
    assert len(standin.top()) == 4


@pytest.mark.parametrize(
    "name", ['x"; close; open "\n', "a;close", "back\\", "$HOME", "\n", "é (1)"]
)
def test_a_name_cannot_become_a_command(chimerax, items, tmp_path, name):
    standin = chimerax()
    standin.open_by_hand("theirs.ccp4", "theirs")
    for _ in range(2):
        report = send(standin, [replace(items[0], name=name)], tmp_path)
        assert report.sent
        assert "\n" not in report.sentence
    assert len(standin.top()) == 2
    assert standin.top()[1].name.endswith(f" {TAG}")
    assert not any(command == "close" for command in standin.commands)


# ------------------------------------------------------------------ the script
def run_script(standin: StandIn, script: Path) -> None:
    standin.json_mode = False  # what commands of a script return is not asked for
    here = Path.cwd()
    os.chdir(script.parent)  # as ChimeraX does
    try:
        for line in script.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                standin.run(line)
    finally:
        os.chdir(here)


def test_the_script_shows_the_same_and_can_be_run_twice(
    any_chimerax, items, difference, tmp_path, unused_port
):
    elsewhere = make_items(tmp_path / "odd;name", ("P", "d;\n", "m"))
    scene = ViewerScene(
        (items[0], replace(elsewhere[1], shown=False), difference, elsewhere[2]), cell=SKEWED
    )
    folder = tmp_path / "maps"
    report = ChimeraX().send(scene, folder, ViewerOptions(ports=(unused_port,)))
    assert not report.sent
    standin = any_chimerax()
    theirs = standin.open_by_hand("theirs.ccp4", "theirs")
    for _ in range(2):
        run_script(standin, report.script)
        assert_as_on_our_screen(standin)
    assert len(standin.top()) == 6
    assert standin.models[0] is theirs
    said = report.script.read_text(encoding="utf-8")
    assert str(folder) not in said  # what lies beside it can be moved with it
    # What a script opened is ours, too, once ChimeraX is reached.
    send(standin, items, tmp_path)
    assert names(standin).count(f"Patterson {TAG}") == 1


def test_says_what_to_do_where_no_chimerax_is_found(items, tmp_path, unused_port):
    scene = ViewerScene(tuple(items))
    report = ChimeraX().send(scene, tmp_path, ViewerOptions(ports=(unused_port,)))
    assert not report.sent
    assert report.script == tmp_path / "chimerax.cxc"
    assert "No ChimeraX was found" in report.sentence
    assert f"remotecontrol rest start port {unused_port} json true" in report.sentence
    assert str(report.script) in report.sentence
    assert "\n" not in report.sentence


def test_a_script_that_cannot_be_written_is_a_user_error(items, tmp_path, unused_port):
    (tmp_path / "gone").write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be made"):
        ChimeraX().send(
            ViewerScene(tuple(items)), tmp_path / "gone", ViewerOptions(ports=(unused_port,))
        )


# ------------------------------------------------------------------ what goes wrong
def test_gives_up_on_a_server_that_never_answers(any_chimerax, items, tmp_path):
    standin = any_chimerax(hang_on="volume")
    report = send(standin, items, tmp_path, ChimeraX(timeout=0.3))
    assert not report.sent
    assert "did not answer within 0.3 s" in report.sentence
    assert report.script is not None


def test_replaces_maps_opened_after_a_timeout(chimerax, items, tmp_path):
    standin = chimerax(hang_on="Predicted")
    sender = ChimeraX(timeout=0.3)
    assert not send(standin, items, tmp_path, sender).sent
    standin.hang_on = ""
    standin.release.set()
    # ChimeraX answers one request at a time: this answer comes after the late opening.
    urlopen(f"http://127.0.0.1:{standin.port}/cmdline.html", timeout=30).close()
    assert len(standin.top()) == 2
    assert send(standin, items, tmp_path, sender).sent
    assert len(standin.top()) == len(items)


def test_gives_up_after_an_unexpected_error_in_text_mode(chimerax, items, tmp_path):
    standin = chimerax(json_mode=False)
    standin._volume = None  # not a command that can be called
    report = send(standin, items, tmp_path, ChimeraX(timeout=0.3))
    assert not report.sent
    assert "did not answer" in report.sentence


def test_names_a_file_that_chimerax_refuses_and_shows_the_others(any_chimerax, items, tmp_path):
    standin = any_chimerax(refuse="P.ccp4", complaint="It is\n\nno map" + 500 * "!")
    report = send(standin, items, tmp_path)
    assert report.sent
    assert "could not open P.ccp4 (It is no map!" in report.sentence
    assert len(report.sentence) < 400
    assert len(standin.top()) == 2


def test_closes_nothing_when_chimerax_refuses_all_files(any_chimerax, bridge, items, tmp_path):
    standin = any_chimerax()
    send(standin, items[:1], tmp_path, bridge)
    standin.refuse = "P.ccp4"
    report = send(standin, items[:1], tmp_path, bridge)
    assert not report.sent
    assert len(standin.top()) == 1


def test_a_damaged_map_never_reaches_chimerax(chimerax, items, tmp_path):
    standin = chimerax()
    items[1].path.write_bytes(items[1].path.read_bytes()[:-8])
    with pytest.raises(UserError, match="cut short"):
        send(standin, items, tmp_path)
    assert standin.commands == []


def test_reports_a_refused_command(chimerax, items, tmp_path):
    report = send(chimerax(refuse="volume"), items, tmp_path)
    assert report.sent
    assert "but it refused a command (Unknown command: volume" in report.sentence


def test_rejects_an_empty_scene_and_a_missing_file(items, tmp_path):
    with pytest.raises(UserError, match="nothing to send"):
        ChimeraX().send(ViewerScene(()), tmp_path, ViewerOptions())
    items[0].path.unlink()
    with pytest.raises(UserError, match="no longer exists"):
        ChimeraX().send(ViewerScene(tuple(items)), tmp_path, ViewerOptions())


def test_two_sends_at_once_wait_for_each_other(chimerax, items, tmp_path):
    standin = chimerax()
    sender = ChimeraX(timeout=10)
    threads = [
        threading.Thread(target=send, args=(standin, items, tmp_path, sender)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(standin.top()) == len(items)


def test_makes_few_requests(chimerax, items, difference, tmp_path):
    standin = chimerax()
    five = [*items, difference, replace(difference, name="Second")]
    send(standin, five, tmp_path, cell=SKEWED)
    kinds = [re.match(r"\w+", command)[0] for command in standin.commands]
    assert kinds.count("info") == 1 + 5 + 1  # before all, and after each opening
    assert kinds.count("open") == 5 + 1
    assert len(kinds) == 7 + 6 + 4 * 3 + 5 + 1


def test_another_structure_replaces_the_first_and_turns_the_camera(any_chimerax, items, tmp_path):
    standin = any_chimerax()
    send(standin, items, tmp_path, ChimeraX(timeout=5), SKEWED)
    others = [replace(item, name=f"Other {item.name}") for item in items]
    send(standin, others, tmp_path, ChimeraX(timeout=5), SKEWED)  # as from another process
    assert sorted(names(standin)) == sorted(
        [*(f"{item.name} {TAG}" for item in others), f"unit cell {TAG}"]
    )
    assert standin.views == ["", ""]
