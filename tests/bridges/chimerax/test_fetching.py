"""What is open in ChimeraX comes back as files that open here."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.viewer_scene import ViewerOptions
from tests.bridges.chimerax_standin import OK, StandIn
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


def test_the_last_shown_model_and_map_come_back_and_ours_stay(
    any_chimerax, bridge, items, tmp_path
):
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


def test_a_model_that_lost_its_cell_is_fetched_in_the_form_that_keeps_it(theirs, bridge, tmp_path):
    theirs.keeps_cell = False
    fetched = bridge.fetch(tmp_path / "out", aimed(theirs))
    assert fetched.model.suffix == ".pdb"
    assert read_model(fetched.model).cell.b == pytest.approx(13.0)


def test_a_model_that_never_had_a_cell_comes_as_it_is(chimerax, bridge, items, tmp_path):
    standin = chimerax(keeps_cell=False)
    standin.open_by_hand(str(items[2].path), "a", "AtomicStructure")
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert fetched.model.suffix == ".cif"
    assert fetched.map is None
    assert read_model(fetched.model)[0].count_atom_sites() == 1


def test_what_was_fetched_before_is_replaced(theirs, bridge, items, tmp_path):
    first = bridge.fetch(tmp_path / "out", aimed(theirs))
    first.map.write_text("old")
    assert read_map(bridge.fetch(tmp_path / "out", aimed(theirs)).map).grid.shape == (8, 8, 8)


def test_a_map_inside_another_model_is_found_and_a_hidden_group_hides(
    any_chimerax, bridge, items, tmp_path
):
    standin = opened(any_chimerax(), items)
    group = standin.add("Model", "group")
    standin.add("Volume", "inner", str(items[1].path), inside=group.spec)
    assert "Fetched a and inner" in bridge.fetch(tmp_path / "out", aimed(standin)).sentence
    group.shown = False
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert "Fetched a and m" in fetched.sentence
    assert fetched.left == ("b", "inner")


def test_two_of_one_name_are_two(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    for _ in range(2):
        standin.open_by_hand(str(items[0].path), "m")
    assert bridge.fetch(tmp_path / "out", aimed(standin)).left == ("m",)


def test_names_from_there_stay_within_one_line(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    standin.open_by_hand(str(items[0].path), 300 * "long\n\ud800 ")
    standin.open_by_hand(str(items[2].path), "", "AtomicStructure")
    sentence = bridge.fetch(tmp_path / "out", aimed(standin)).sentence
    assert "\n" not in sentence
    assert "Fetched #2 and long long" in sentence
    assert len(sentence) < 300
    sentence.encode()


@pytest.mark.parametrize("launch", [True, False])
def test_nothing_open_and_nothing_running_are_told(
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
def test_a_folder_that_cannot_be_said_is_gone_around(theirs, bridge, tmp_path, name):
    folder = tmp_path / name
    fetched = bridge.fetch(folder, aimed(theirs))
    assert fetched.map.parent == fetched.model.parent == folder
    assert read_map(fetched.map).grid.shape == (8, 8, 8)
    staged = [c.split('"')[1] for c in theirs.commands if c.startswith("save")]
    assert staged
    assert not any(Path(path).parent.exists() for path in staged)


def test_a_folder_that_cannot_be_made_is_told(theirs, bridge, tmp_path):
    (tmp_path / "out").write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be made"):
        bridge.fetch(tmp_path / "out", aimed(theirs))


def test_what_chimerax_will_not_write_is_told(any_chimerax, bridge, items, tmp_path):
    standin = opened(any_chimerax(refuse="save"), items)
    with pytest.raises(UserError, match=r"ChimeraX wrote nothing: a could not be written \(Unkn"):
        bridge.fetch(tmp_path / "out", aimed(standin))
    assert not (tmp_path / "out").exists()
    standin.refuse = "models #3"
    fetched = bridge.fetch(tmp_path / "out", aimed(standin))
    assert fetched.map is None
    assert "Fetched a from ChimeraX" in fetched.sentence
    assert "but m could not be written (Unknown command" in fetched.sentence


def test_a_map_that_comes_damaged_is_tried_in_the_other_form(theirs, bridge, tmp_path):
    theirs.damages = ".ccp4"
    assert bridge.fetch(tmp_path / "out", aimed(theirs)).map.suffix == ".mrc"


def test_a_chimerax_that_is_busy_or_gone_is_told(theirs, tmp_path):
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
