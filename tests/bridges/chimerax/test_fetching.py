"""Fetching from ChimeraX writes files that open here."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.viewers.scene import ViewerOptions
from tests.bridges.chimerax_standin import StandIn
from tests.bridges.chimerax_standin_server import OK
from tests.bridges.conftest import SKEWED, aimed, send

pytestmark = pytest.mark.usefixtures("no_real_chimerax")


@pytest.fixture
def bridge() -> ChimeraX:
    return ChimeraX(timeout=5)


def opened(standin: StandIn, items) -> StandIn:
    """Two models, the later one hidden, and a map, all opened by hand."""
    cell = "CRYST1   12.000   13.000   14.000  90.00  90.00  90.00 P 1           1\n"
    items[2].path.write_text(cell + items[2].path.read_text())
    standin.open_by_hand(str(items[2].path), "a", "AtomicStructure")
    standin.open_by_hand(str(items[2].path), "b", "AtomicStructure").shown = False
    standin.open_by_hand(str(items[0].path), "m")
    return standin


@pytest.fixture
def theirs(chimerax, items) -> StandIn:
    return opened(chimerax(), items)


def test_fetches_the_last_shown_model_and_map_without_ours(any_chimerax, bridge, items, tmp_path):
    standin = opened(any_chimerax(), items)
    send(standin, items, tmp_path, bridge, SKEWED)
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert fetched.sentence == (
        f"Fetched a and m from ChimeraX (port {standin.port}); b stayed there."
    )
    assert fetched.left == ("b",)
    assert fetched.model == tmp_path / "out" / "from-chimerax.cif"
    assert read_model(fetched.model).cell.b == pytest.approx(13.0)
    assert fetched.map == tmp_path / "out" / (
        "from-chimerax.ccp4" if standin.can.writes_ccp4 else "from-chimerax.mrc"
    )
    there, here = read_map(fetched.map), read_map(items[0].path)
    assert there.cell.parameters == pytest.approx(here.cell.parameters)
    np.testing.assert_array_equal(there.grid, here.grid)
    assert sorted(os.listdir(tmp_path / "out")) == sorted([fetched.model.name, fetched.map.name])


def test_fetches_a_model_in_the_format_that_keeps_its_cell(theirs, bridge, tmp_path):
    theirs.keeps_cell = False
    fetched = bridge.fetch(tmp_path / "out", aimed(theirs))
    assert fetched.model.suffix == ".pdb"
    assert read_model(fetched.model).cell.b == pytest.approx(13.0)


def test_fetches_a_model_without_cell(chimerax, bridge, items, tmp_path):
    standin = chimerax(keeps_cell=False)
    standin.open_by_hand(str(items[2].path), "a", "AtomicStructure")
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert fetched.model.suffix == ".cif"
    assert fetched.map is None
    assert read_model(fetched.model)[0].count_atom_sites() == 1


def test_replaces_files_fetched_before(theirs, bridge, items, tmp_path):
    first = bridge.fetch(tmp_path / "out", aimed(theirs))
    first.map.write_text("old")
    assert read_map(bridge.fetch(tmp_path / "out", aimed(theirs)).map).grid.shape == (8, 8, 8)


def test_finds_a_map_inside_a_group_and_skips_hidden_groups(any_chimerax, bridge, items, tmp_path):
    standin = opened(any_chimerax(), items)
    group = standin.add("Model", "group")
    standin.add("Volume", "inner", str(items[1].path), inside=group.spec)
    assert "Fetched a and inner" in bridge.fetch(tmp_path / "out", aimed(standin)).sentence
    group.shown = False
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert "Fetched a and m" in fetched.sentence
    assert fetched.left == ("b", "inner")


def test_fetches_one_of_two_models_with_the_same_name(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    for _ in range(2):
        standin.open_by_hand(str(items[0].path), "m")
    assert bridge.fetch(tmp_path / "out", aimed(standin)).left == ("m",)


def test_keeps_names_from_chimerax_on_one_line(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    standin.open_by_hand(str(items[0].path), 300 * "long\n\ud800 ")
    standin.open_by_hand(str(items[2].path), "", "AtomicStructure")
    sentence = bridge.fetch(tmp_path / "out", aimed(standin)).sentence
    assert "\n" not in sentence
    assert "Fetched #2 and long long" in sentence
    assert len(sentence) < 300
    sentence.encode()


@pytest.mark.parametrize("launch", [True, False])
def test_fetch_says_when_nothing_is_open_or_running(
    chimerax, bridge, items, tmp_path, unused_port, launch
):
    standin = chimerax()
    send(standin, items, tmp_path, bridge)
    with pytest.raises(UserError, match="Neither a model nor a map is open in ChimeraX"):
        bridge.fetch(tmp_path / "out", aimed(standin))
    nowhere = ViewerOptions(Path("/nowhere"), ports=(unused_port,), launch=launch)
    with pytest.raises(
        UserError, match="No running ChimeraX accepts commands: type 'remotecontrol"
    ):
        bridge.fetch(tmp_path / "out", nowhere)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["a;b", "line\nbreak", "a$HOME"])
def test_fetches_into_a_folder_with_an_unsafe_path(theirs, bridge, tmp_path, name):
    folder = tmp_path / name
    fetched = bridge.fetch(folder, aimed(theirs))
    assert fetched.map.parent == fetched.model.parent == folder
    assert read_map(fetched.map).grid.shape == (8, 8, 8)
    staged = [c.split('"')[1] for c in theirs.commands if c.startswith("save")]
    assert staged
    assert not any(Path(path).parent.exists() for path in staged)


def test_reports_a_folder_that_cannot_be_made(theirs, bridge, tmp_path):
    (tmp_path / "out").write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be made"):
        bridge.fetch(tmp_path / "out", aimed(theirs))


def test_reports_what_chimerax_cannot_write(any_chimerax, bridge, items, tmp_path):
    standin = opened(any_chimerax(refuse="save"), items)
    with pytest.raises(UserError, match=r"ChimeraX wrote nothing: a could not be written \(Unkn"):
        bridge.fetch(tmp_path / "out", aimed(standin))
    assert not (tmp_path / "out").exists()
    standin.refuse = "models #3"
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert fetched.map is None
    assert "Fetched a from ChimeraX" in fetched.sentence
    assert "but m could not be written (Unknown command" in fetched.sentence


def test_keeps_a_folder_of_the_user_that_nothing_was_written_to(chimerax, bridge, items, tmp_path):
    standin = opened(chimerax(refuse="save"), items)
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match="ChimeraX wrote nothing"):
        bridge.fetch(tmp_path / "out", aimed(standin))
    assert list((tmp_path / "out").iterdir()) == []


def test_tries_the_other_format_when_a_fetched_map_is_damaged(theirs, bridge, tmp_path):
    theirs.damages = ".ccp4"
    assert bridge.fetch(tmp_path / "out", aimed(theirs)).map.suffix == ".mrc"


def test_fetch_says_when_chimerax_is_busy_or_closed(theirs, tmp_path):
    bridge = ChimeraX(timeout=0.3)
    theirs.hang_on = "save"
    with pytest.raises(UserError, match=r"did not answer within 0\.3 s: try again"):
        bridge.fetch(tmp_path / "out", aimed(theirs))
    theirs.release.set()
    theirs.hang_on, theirs.junk = "", OK + b"[1]"
    with pytest.raises(UserError, match="gave an answer that makes no sense"):
        bridge.fetch(tmp_path / "out", aimed(theirs))
    theirs.junk, theirs.die_on = b"", "save"
    with pytest.raises(UserError, match="closed the connection"):
        bridge.fetch(tmp_path / "out", aimed(theirs))
    assert not list(tmp_path.glob("out/*"))


def test_fetches_a_moved_model_at_its_place_in_the_cell(theirs, bridge, tmp_path):
    before = theirs.models[0]
    before.moved = 5.0
    fetched = bridge.fetch(tmp_path / "out", aimed(theirs))
    there, here = read_model(fetched.model), read_model(before.path)
    assert there[0][0][0][0].pos.x == pytest.approx(here[0][0][0][0].pos.x, abs=1e-3)
