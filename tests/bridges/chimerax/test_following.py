"""Changes of level, colour and visibility follow in ChimeraX."""

from dataclasses import replace

import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from tests.bridges.chimerax_standin_server import OK
from tests.bridges.conftest import scene_of, send

pytestmark = pytest.mark.usefixtures("no_real_chimerax")


@pytest.fixture
def bridge() -> ChimeraX:
    return ChimeraX(timeout=5)


def told(standin) -> list[str]:
    """What it was asked for since, other than what is open."""
    commands = [c for c in standin.commands if c != "info models"]
    standin.commands.clear()
    return commands


def test_only_what_changed_is_restyled(any_chimerax, bridge, items, tmp_path):
    standin = any_chimerax()
    send(standin, items, tmp_path, bridge)
    standin.commands.clear()
    patterson, density, model = scene_of(items).items
    changed = replace(density, level=0.5, shown=False)
    assert bridge.follow([patterson, changed, model]) is None
    assert told(standin) == [
        "volume #2 step 1 level 0.5 color #1f77b4 transparency 0.4 capFaces false "
        "showOutlineBox false",
        "hide #2 models",
    ]
    assert bridge.follow([patterson, changed, model]) is None
    assert told(standin) == []


def test_follow_keeps_what_the_user_changed(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    send(standin, items, tmp_path, bridge)
    first = standin.models[0]
    first.shown = False
    patterson, _, model = scene_of(items).items
    assert bridge.follow([replace(patterson, level=3.0)]) is None
    assert first.levels == [("3", "#9467bd")]
    assert not first.shown
    standin.commands.clear()
    # The colour of the carbons is given first, then the other elements' own.
    assert bridge.follow([replace(model, colour="#00aa00")]) is None
    assert standin.models[-1].settings["color"] == "#00aa00 byhetero"


def test_follow_changes_both_contours_of_a_difference_map(any_chimerax, bridge, items, tmp_path):
    standin = any_chimerax()
    item = replace(items[0], level=0.25, colour="#2381c8", below="#e07a1c")
    send(standin, [item], tmp_path, bridge)
    assert bridge.follow([replace(scene_of([item]).items[0], level=0.5, below="#ff0000")]) is None
    assert standin.models[0].levels == [("0.5", "#2381c8"), ("-0.5", "#ff0000")]


def test_follow_ignores_an_item_that_was_not_sent(chimerax, bridge, items, tmp_path):
    standin = chimerax()
    send(standin, items[:1], tmp_path, bridge)
    standin.commands.clear()
    assert bridge.follow(scene_of(items).items) is None
    assert told(standin) == []


def test_follow_reports_a_refused_command(any_chimerax, bridge, items, tmp_path):
    standin = any_chimerax()
    send(standin, items, tmp_path, bridge)
    standin.refuse = "level 7"
    said = bridge.follow([replace(scene_of(items).items[0], level=7.0)])
    if standin.json_mode:  # the other mode does not tell
        assert said == (
            "ChimeraX: refused a command (Unknown command: volume #1 step 1 level 7 "
            "color #9467bd transparency 0 capFaces false showOutlineBox false); send again."
        )


@pytest.mark.parametrize("json_mode", [True, False])
def test_follow_says_why_it_failed(chimerax, items, tmp_path, json_mode):
    bridge = ChimeraX(timeout=0.4)
    assert "send first" in (bridge.follow(items) or "")
    standin = chimerax(json_mode=json_mode)
    send(standin, items, tmp_path, bridge)
    changed = replace(scene_of(items).items[0], level=1.0)
    gone = standin.models.pop(0)
    assert bridge.follow([changed]) == "ChimeraX: Patterson is no longer open there; send again."
    standin.models.insert(0, gone)
    standin.hang_on = "volume"
    assert "did not answer within 0.4 s: try again when it is free" in (
        bridge.follow([changed]) or ""
    )
    standin.release.set()
    standin.hang_on, standin.junk = "", OK + b"what?"
    assert "makes no sense: restart it" in (bridge.follow([changed]) or "")
    standin.junk, standin.die_on = b"", "info"
    assert "closed the connection: check" in (bridge.follow([changed]) or "")
    assert "closed the connection: check" in (bridge.follow([changed]) or "")
