"""Sending to a Coot that runs, through its own remote control or our listener; fetching."""

import socket
import struct
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.bridges.coot.bridge import Coot
from patterson_gui.bridges.scene_files import TAG
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions
from tests.bridges.coot.scenes import options, scene_of
from tests.bridges.coot_standin import FakeCoot


@pytest.mark.parametrize("version", ["1.1.20", "1.3"])
def test_shows_maps_with_our_levels_and_colours_in_coot(
    remote, bridge, items, tmp_path, version
) -> None:
    there = remote(version=version)
    report = bridge.send(scene_of(items), tmp_path, options(there))
    assert report.sentence == (
        f"Sent Patterson, Predicted density and Model to Coot (port {there.port})."
    )
    patterson = there.coot.by_name(f"Patterson {TAG}")
    assert patterson.settings["level"] == pytest.approx(12.345678)
    assert patterson.settings["colour"] == pytest.approx((0x94 / 255, 0x67 / 255, 0xBD / 255))
    assert patterson.settings["solid"] == 0
    assert "cell" not in patterson.settings
    assert there.coot.by_name(f"Model {TAG}").settings["cell"] == 1
    assert there.coot.by_name(f"Predicted density {TAG}").settings["solid"] == 1
    assert there.coot.by_name(f"Model {TAG}").kind == "model"
    assert there.coot.centre == (6.0, 5.0, 4.0)
    assert set(there.methods) == {"python.exec"}


def test_sends_the_plugin_text_once(remote, bridge, items, tmp_path) -> None:
    there = remote()
    bridge.send(scene_of(items), tmp_path, options(there))
    bridge.send(scene_of(items), tmp_path, options(there))
    assert sum(code.startswith("exec(") for code in there.expressions) == 1
    before = len(there.expressions)
    assert bridge.follow([replace(scene_of(items).items[0], level=2.0)]) is None
    assert len(there.expressions) == before + 1  # each waits for Coot to look


def test_sending_again_replaces_ours_and_keeps_user_molecules_and_camera(
    remote, bridge, items, tmp_path
) -> None:
    there = remote()
    there.coot.open_by_hand("Patterson", "map")
    bridge.send(scene_of(items), tmp_path, options(there))
    there.coot.by_name(f"Predicted density {TAG}").name = "mine now"
    there.coot.centre = (1.0, 2.0, 3.0)
    bridge.send(scene_of([items[0], items[2]]), tmp_path, options(there))
    assert there.coot.names == ["Patterson", "mine now", f"Patterson {TAG}", f"Model {TAG}"]
    assert there.coot.centre == (1.0, 2.0, 3.0)
    assert there.coot.recentring == 1


def test_another_process_replaces_molecules_with_the_same_names(
    remote, bridge, items, tmp_path
) -> None:
    there = remote()
    bridge.send(scene_of(items), tmp_path, options(there))
    again = Coot(timeout=5.0, listeners=tmp_path / "listeners")
    again.send(scene_of(items), tmp_path, options(there))
    assert sorted(there.coot.names) == sorted(f"{item.name} {TAG}" for item in items)


def test_reads_a_difference_map_as_one_and_hides_hidden_items(
    remote, bridge, items, tmp_path
) -> None:
    there = remote()
    difference = replace(items[0], name="Difference", below="#e07a1c", shown=False)
    bridge.send(scene_of([difference, items[1]]), tmp_path, options(there))
    settings = there.coot.by_name(f"Difference {TAG}").settings
    assert (settings["difference"], settings["shown"]) == (1, 0)
    assert there.coot.by_name(f"Predicted density {TAG}").settings["difference"] == 0


def test_follow_updates_levels_and_names_what_is_no_longer_open(
    remote, bridge, items, tmp_path
) -> None:
    there = remote()
    assert "send first" in (bridge.follow(items) or "")
    scene = scene_of(items)
    bridge.send(scene, tmp_path, options(there))
    changed = replace(scene.items[1], level=0.5, colour="#ff0000", style="mesh", shown=False)
    assert bridge.follow([changed, scene.items[2]]) is None
    settings = there.coot.by_name(f"Predicted density {TAG}").settings
    assert settings["level"] == 0.5
    assert settings["colour"] == (1.0, 0.0, 0.0)
    assert (settings["solid"], settings["shown"]) == (0, 0)
    there.coot.molecules[1] = None
    assert bridge.follow([changed]) == ("Predicted density is no longer open in Coot: send again.")
    there.close()
    assert "closed the connection" in (bridge.follow([changed]) or "")


def test_fetches_the_last_shown_model_and_map_but_not_ours(remote, bridge, items, tmp_path) -> None:
    there = remote()
    first = there.coot.open_by_hand("/data/a.pdb", "model", str(items[2].path))
    there.coot.open_by_hand("b.pdb", "model", str(items[2].path))
    there.coot._set(1, shown=0)
    there.coot.open_by_hand("/data/m\n\udcff.map", "map", str(items[0].path))
    bridge.send(scene_of(items), tmp_path, options(there))
    fetched = bridge.fetch(tmp_path / "out", options(there))
    assert fetched.sentence == (
        f"Fetched a.pdb and m ?.map from Coot (port {there.port}); b.pdb stayed there."
    )
    assert first == 0
    assert fetched.left == ("b.pdb",)
    assert fetched.map is not None
    assert fetched.model is not None
    # Nothing but the two files, and no folder between.
    assert set((tmp_path / "out").iterdir()) == {fetched.model, fetched.map}
    assert read_map(fetched.map).shape == (8, 8, 8)
    assert read_model(fetched.model)[0].count_atom_sites() == 1


def test_fetch_says_when_nothing_is_open(remote, bridge, items, tmp_path) -> None:
    there = remote()
    bridge.send(scene_of(items), tmp_path, options(there))
    with pytest.raises(UserError, match="Neither a model nor a map is open in Coot"):
        bridge.fetch(tmp_path / "out", options(there))
    assert list((tmp_path / "out").iterdir()) == []


def test_gives_up_on_a_coot_that_never_answers(remote, items, tmp_path) -> None:
    there = remote(hang=True)
    report = Coot(timeout=0.4, listeners=tmp_path).send(scene_of(items), tmp_path, options(there))
    assert not report.sent
    assert "does not answer: if it is Coot, it is busy" in report.sentence
    assert report.script is not None


@pytest.mark.parametrize(
    "junk",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        struct.pack(">I", 4) + b"\xff\xfe\x00\x01",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 40) + b'{"id": "77777", "result": "True"}       ',
        b"\x00",
        struct.pack(">I", 0),
    ],
)
def test_does_not_take_a_server_with_other_answers_for_coot(remote, items, tmp_path, junk) -> None:
    there = remote(junk=junk)
    bridge = Coot(timeout=0.5, listeners=tmp_path)
    report = bridge.send(scene_of(items), tmp_path, options(there))
    assert not report.sent
    assert "\n" not in report.sentence
    assert there.coot.molecules == []
    if junk.startswith(b"HTTP"):  # it has answered, and is not waited for
        assert "does not answer" not in report.sentence


def test_reports_a_coot_that_closes_the_connection(remote, bridge, items, tmp_path) -> None:
    there = remote()
    bridge.send(scene_of(items), tmp_path, options(there))
    there.die = True
    assert "closed the connection" in (
        bridge.follow([replace(bridge_item(items), level=1.0)]) or ""
    )
    assert not bridge.send(scene_of(items), tmp_path, options(there)).sent


def bridge_item(items: list[ViewerItem]) -> ViewerItem:
    return scene_of(items).items[0]


def test_reports_a_coot_that_serves_another_client_as_busy(remote, items, tmp_path) -> None:
    there = remote()
    with socket.create_connection(("127.0.0.1", there.port)):
        bridge = Coot(timeout=0.5, listeners=tmp_path)
        report = bridge.send(scene_of(items), tmp_path, options(there))
        assert not report.sent
        assert "another program uses it" in report.sentence


def test_reports_an_error_in_coot_and_does_not_try_twice(remote, bridge, items, tmp_path) -> None:
    there = remote(version="1.1.20")
    tried = []

    def failing(*arguments: Any) -> int:
        tried.append(arguments)
        raise OSError("no room")

    there._modules["coot"].read_ccp4_map = failing
    report = bridge.send(scene_of(items[:1]), tmp_path, options(there))
    assert "refused a command (OSError: no room)" in report.sentence
    assert len(tried) == 1


def test_reports_what_coot_refuses(remote, bridge, items, tmp_path) -> None:
    there = remote()
    del there._modules["coot"].read_ccp4_map
    report = bridge.send(scene_of(items[:1]), tmp_path, options(there))
    assert not report.sent
    assert "read_ccp4_map" in report.sentence


def test_a_damaged_map_never_reaches_coot(remote, bridge, items, tmp_path) -> None:
    there = remote()
    items[0].path.write_bytes(items[0].path.read_bytes()[:2000])
    with pytest.raises(UserError, match="cut short"):
        bridge.send(scene_of(items), tmp_path, options(there))
    assert there.coot.calls == []


def test_the_script_shows_the_same_and_can_be_run_twice(bridge, items, tmp_path) -> None:
    report = bridge.send(scene_of(items), tmp_path / "s", ViewerOptions(ports=(1,)))
    coot = FakeCoot()
    theirs = coot.open_by_hand("Patterson", "map")
    text = report.script.read_text(encoding="ascii")
    names = {"__name__": "__main__", "call": "theirs"}
    before = sys.modules.copy()
    sys.modules["coot"] = coot.module()
    try:
        for _ in range(2):
            exec(compile(text, "show_in_coot.py", "exec"), names)
    finally:
        for name in ("coot", "_patterson_gui_coot"):
            sys.modules.pop(name, None)
            if name in before:
                sys.modules[name] = before[name]
    assert coot.names == ["Patterson", *(f"{item.name} {TAG}" for item in items)]
    assert theirs == 0
    assert set(names) == {"__name__", "__builtins__", "call", "sys", "plugin"}
    assert coot.by_name(f"Patterson {TAG}").settings["level"] == pytest.approx(12.345678)


def test_sends_files_from_paths_with_any_letters(remote, bridge, tmp_path) -> None:
    from tests.bridges.conftest import make_items

    there = remote()
    for folder in ("with space", "Müller 結晶", "a;b", "it's", "--no-graphics", "$HOME", "a\nb"):
        items = make_items(tmp_path / folder)
        assert bridge.send(scene_of(items), tmp_path, options(there)).sent
        for item in items:
            there_item = there.coot.by_name(f"{item.name} {TAG}")
            assert Path(there_item.path).read_bytes() == item.path.read_bytes()
            assert ";" not in there_item.path


@pytest.mark.parametrize("name", ['x"); quit(); ("', "a\nimport os", "\\", "--script"])
def test_a_name_cannot_become_code(remote, bridge, items, tmp_path, name) -> None:
    there = remote()
    first = replace(items[0], name=name)
    assert bridge.send(scene_of([first, *items[1:]]), tmp_path, options(there)).sent
    assert len(there.coot.molecules) == len(items)


def test_two_sends_at_once_wait_for_each_other(remote, bridge, items, tmp_path) -> None:
    there = remote()
    threads = [
        threading.Thread(target=bridge.send, args=(scene_of(items), tmp_path, options(there)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(there.coot.names) == len(items)


def test_another_structure_replaces_the_first_and_moves_the_centre(
    remote, bridge, items, tmp_path
) -> None:
    there = remote()
    assert bridge.send(scene_of(items), tmp_path, options(there)).sent
    there.coot.open_by_hand("theirs")
    others = [replace(item, name=f"Other {item.name}") for item in items]
    scene = replace(scene_of(others), centre=(1.0, 2.0, 3.0))
    again = Coot(timeout=5.0, listeners=tmp_path / "listeners")  # as in another process
    assert again.send(scene, tmp_path, options(there)).sent
    assert there.coot.names == ["theirs", *(f"{item.name} (patterson_gui)" for item in others)]
    assert there.coot.centre == (1.0, 2.0, 3.0)
