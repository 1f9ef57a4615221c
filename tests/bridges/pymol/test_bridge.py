"""Sending to PyMOL and fetching from it, with all faults.

`tests/viewers/test_real_pymol.py` does the same with PyMOL itself.
"""

import contextlib
import socket
import string
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patterson_gui.bridges.local_programs import ConnectionLostError, NoAnswerError
from patterson_gui.bridges.pymol import program as pymol_program
from patterson_gui.bridges.pymol.bridge import PyMOL
from patterson_gui.bridges.pymol.rpc import Api
from patterson_gui.errors import UserError
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.conftest import make_items
from tests.bridges.pymol_standin import Server

CELL = (9.0, 11.0, 13.0, 75.0, 82.0, 105.0)
PREFIX = "patterson_gui."
_PLAIN = set(string.ascii_letters + string.digits + "._-+")  # letters of one name in PyMOL


@pytest.fixture(autouse=True)
def no_real_pymol(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests find only the programs they installed themselves."""
    monkeypatch.delenv("PYMOL", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(pymol_program, "PLACES", {"linux": ()})


@pytest.fixture
def running() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**properties: Any) -> Server:
        servers.append(Server(**properties))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def bridge() -> PyMOL:
    return PyMOL(timeout=5)


def scene_of(items: list[ViewerItem]) -> ViewerScene:
    keyed = tuple(replace(item, key=item.name.lower()) for item in items)
    return ViewerScene(keyed, "toy", CELL, (6.0, 5.0, 4.0))


def options(server: Server) -> ViewerOptions:
    return ViewerOptions(ports=(server.port,), launch=False)


def test_maps_are_shown_with_our_levels_colours_and_styles(running, bridge, items, tmp_path):
    there = running()
    report = bridge.send(scene_of(items), tmp_path, options(there))
    assert report.sentence == (
        f"Sent Patterson, Predicted density and Model to PyMOL (port {there.port})."
    )
    objects = there.cmd.objects
    assert objects[f"{PREFIX}Patterson"]["level"] == pytest.approx(12.345678)
    assert objects[f"{PREFIX}Patterson"]["type"] == "object:mesh"
    assert objects[f"{PREFIX}Patterson"]["colours"] == [(f"{PREFIX}Patterson", "0x9467bd")]
    assert objects[f"{PREFIX}Patterson_map"]["normalised"] == 0
    assert there.cmd.settings["normalize_ccp4_maps"] == "on"  # as the user had it
    assert objects[f"{PREFIX}Predicted_density"]["type"] == "object:surface"
    assert objects[f"{PREFIX}Predicted_density"]["transparency"] == 0.4
    assert objects[f"{PREFIX}Model"]["shown"] == ["sticks", "nb_spheres"]
    grouped = {name for name, one in objects.items() if one.get("group") == "patterson_gui"}
    assert grouped == set(objects) - {"patterson_gui"}
    assert there.cmd.commands == [f"zoom {PREFIX}unit_cell", "origin [6.0, 5.0, 4.0]"]


def test_names_a_file_that_pymol_refuses_and_shows_the_others(running, bridge, items, tmp_path):
    there = running()
    there.cmd.refuse = "P.ccp4"
    report = bridge.send(scene_of(items), tmp_path, options(there))
    assert report.sent
    assert "but it could not load P.ccp4" in report.sentence
    assert there.cmd.settings["normalize_ccp4_maps"] == "on"


def test_keeps_the_old_scene_when_pymol_refuses_all_files(running, bridge, items, tmp_path):
    there = running()
    bridge.send(scene_of(items[:1]), tmp_path, options(there))
    before = dict(there.cmd.objects)
    there.cmd.refuse = ".ccp4"
    report = bridge.send(scene_of(items[:1]), tmp_path, options(there))
    assert not report.sent
    assert "could not load P.ccp4" in report.sentence
    assert there.cmd.objects == before


def test_follow_says_why_it_failed(running, items, tmp_path):
    bridge = PyMOL(timeout=0.4)
    assert "send first" in (bridge.follow(items) or "")
    there = running()
    scene = scene_of(items)
    bridge.send(scene, tmp_path, options(there))
    changed = replace(scene.items[0], level=1.0, colour="#ff0000")
    assert bridge.follow([changed]) is None
    assert there.cmd.objects[f"{PREFIX}Patterson"]["level"] == 1.0
    assert there.cmd.objects[f"{PREFIX}Patterson"]["colours"][-1][1] == "0xff0000"
    model = replace(scene.items[2], colour="#00ff00")
    assert bridge.follow([model]) is None
    assert there.cmd.objects[f"{PREFIX}Model"]["colours"][-1][1] == "0x00ff00"
    there.cmd.hang.clear()
    assert "did not answer within 0.4 s: try again" in (bridge.follow([changed]) or "")
    there.cmd.hang.set()
    there.close()
    assert "closed the connection" in (bridge.follow([changed]) or "")
    there.__init__(there.cmd)  # type: ignore[misc]  # so that the fixture can close it


def test_fetches_a_model_and_a_map(running, bridge, items, tmp_path):
    there = running()
    there.cmd.load(str(items[2].path), "theirs")
    there.cmd.load(str(items[2].path), "later_but_hidden")
    there.cmd.disable("later_but_hidden")
    there.cmd.load(str(items[0].path), "their_map")
    bridge.send(scene_of(items), tmp_path, options(there))
    fetched = bridge.fetch(tmp_path / "out", options(there))
    assert fetched.sentence == (
        f"Fetched theirs and their_map from PyMOL (port {there.port}); later_but_hidden stayed "
        "there."
    )
    assert fetched.map is not None
    assert read_map(fetched.map).shape == (8, 8, 8)
    # Nothing but the two files, and no folder between.
    assert set((tmp_path / "out").iterdir()) == {fetched.model, fetched.map}
    there.cmd.refuse = ".ccp4"
    only = bridge.fetch(tmp_path / "out", options(there))
    assert only.map is None
    assert "but their_map could not be written" in only.sentence


def test_reports_a_map_scaled_to_sigma_and_restores_its_space_group(
    running, bridge, items, tmp_path
):
    there = running()
    there.cmd.spacegroup = "P 2 2 2"
    values = np.arange(8**3) % 2 * 2 - 1
    head = bytearray(items[0].path.read_bytes()[:1024])
    head[92:96] = bytes(4)  # PyMOL writes no operations of symmetry
    items[0].path.write_bytes(head + values.astype("<f4").tobytes())
    there.cmd.load(str(items[0].path), "their_map")
    fetched = bridge.fetch(tmp_path / "out", options(there))
    assert fetched.sentence == (
        f"Fetched their_map from PyMOL (port {there.port}); the map's values are in units of σ, "
        "as PyMOL loads maps unless normalize_ccp4_maps is 0."
    )
    assert fetched.map is not None
    assert read_map(fetched.map).spacegroup.hm == "P 2 2 2"


def test_shows_a_model_and_maps_with_the_same_name(running, bridge, items, tmp_path):
    there = running()
    names = ("1abc", "1ABC", "1abc")
    same = [replace(item, name=name) for item, name in zip(items, names, strict=True)]
    scene = ViewerScene(tuple(replace(item, key=str(n)) for n, item in enumerate(same)), "1abc")
    for _ in range(2):
        assert bridge.send(scene, tmp_path, options(there)).sent
        assert {name: one["type"] for name, one in there.cmd.objects.items()} == {
            f"{PREFIX}1abc_map": "object:map", f"{PREFIX}1abc": "object:mesh",
            f"{PREFIX}1ABC_2_map": "object:map", f"{PREFIX}1ABC_2": "object:surface",
            f"{PREFIX}1abc_3": "object:molecule", "patterson_gui": "object:group",
        }  # fmt: skip
    louder = replace(scene, items=tuple(replace(i, name=i.name.upper()) for i in scene.items))
    PyMOL(timeout=5).send(louder, tmp_path, options(there))  # PyMOL takes them for the same
    assert len(there.cmd.objects) == 6


def test_removes_objects_left_by_an_interrupted_send(running, bridge, items, tmp_path):
    there = running()
    for number in range(3):
        there.cmd.load(str(items[2].path), f"{PREFIX}_new_{number}")
    bridge.send(scene_of(items), tmp_path, options(there))
    assert there.cmd.objects[f"{PREFIX}Model"]["states"] == 1
    assert not [name for name in there.cmd.objects if "_new_" in name]


def test_leaves_a_user_object_with_the_name_of_our_group(running, bridge, items, tmp_path):
    there = running()
    there.cmd.load(str(items[2].path), "patterson_gui")
    assert bridge.send(scene_of(items), tmp_path, options(there)).sent
    assert there.cmd.objects["patterson_gui"]["type"] == "object:molecule"


def test_follow_names_what_is_no_longer_open_and_updates_the_rest(running, bridge, items, tmp_path):
    there = running()
    scene = scene_of(items)
    bridge.send(scene, tmp_path, options(there))
    there.cmd.delete(f"{PREFIX}Patterson")
    there.cmd.delete(f"{PREFIX}Predicted_density")
    hidden = [replace(item, shown=False, level=0.3) for item in scene.items]
    assert bridge.follow(hidden) == (
        "Patterson and Predicted density are no longer open in PyMOL: send again."
    )
    assert not there.cmd.objects[f"{PREFIX}Model"]["on"]


def test_fetch_says_when_nothing_is_open_or_running(running, bridge, tmp_path):
    there = running()
    with pytest.raises(UserError, match="Neither a model nor a map is open in PyMOL"):
        bridge.fetch(tmp_path / "out", options(there))
    with pytest.raises(UserError, match="No running PyMOL accepts commands: start PyMOL with"):
        bridge.fetch(tmp_path / "out", ViewerOptions(ports=(1,)))


def test_leaves_another_xmlrpc_server_alone(running, bridge, items, tmp_path):
    other = running(other=True)
    report = bridge.send(scene_of(items), tmp_path, options(other))
    assert not report.sent
    assert other.cmd.objects == {}


@pytest.mark.parametrize(
    "answer",
    [b"", b"220 ftp\r\n", b"HTTP/1.0 404 no\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n<html>", b"\x00"],
)
def test_does_not_take_a_server_with_other_answers_for_pymol(bridge, items, tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stop = threading.Event()

        def serve() -> None:
            server.settimeout(0.05)
            while not stop.is_set():
                try:
                    client, _ = server.accept()
                except TimeoutError:
                    continue
                with client:
                    client.settimeout(0.05)
                    with contextlib.suppress(TimeoutError):
                        client.recv(1 << 16)
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            report = bridge.send(scene_of(items), tmp_path, ViewerOptions(None, (port,), False))
        finally:
            stop.set()
            thread.join()
    assert not report.sent
    assert report.script is not None
    assert "\n" not in report.sentence


def test_gives_up_on_a_program_that_never_answers(bridge, items, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        report = bridge.send(scene_of(items), tmp_path, ViewerOptions(None, (port,), False))
    assert f"(a program on port {port} does not answer)" in report.sentence


def test_gives_up_on_an_answer_that_never_ends():
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def trickle() -> None:
            client, _ = server.accept()
            with client, contextlib.suppress(OSError):
                client.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                while not stop.wait(0.05):
                    client.sendall(b" ")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            with pytest.raises(NoAnswerError, match=r"did not answer in 0\.5 s"):
                Api(server.getsockname()[1], timeout=0.5).get_names("objects")
        finally:
            stop.set()
            thread.join()


def test_sends_a_command_once_when_pymol_closes_the_connection():
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)

        def hang_up() -> None:
            with contextlib.suppress(TimeoutError):
                while True:
                    client, _ = server.accept()
                    with client:
                        heard.append(client.recv(1 << 16))

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(ConnectionLostError):
            Api(server.getsockname()[1], timeout=5).delete("all")
        thread.join()
    assert len(heard) == 1


def test_a_damaged_map_never_reaches_pymol(running, bridge, items, tmp_path):
    there = running()
    items[0].path.write_bytes(items[0].path.read_bytes()[:1500])
    with pytest.raises(UserError, match="cut short"):
        bridge.send(scene_of(items), tmp_path, options(there))
    assert there.cmd.objects == {}


PROGRAM = """#!{python}
import os, sys, time
sys.path.insert(0, {root!r})
from tests.bridges.pymol_standin import Server
assert sys.argv[1:] == ["-R"]
assert os.environ["PYMOL_RPCHOST"] == "127.0.0.1"
server = Server(port={port})
time.sleep(60)  # the server's thread answers until the test ends this program
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize(
    "folder", ["a;b", "--quit", "@script", "$HOME", "#1", "line\nbreak", "it's"]
)
def test_sends_files_from_any_path(running, bridge, tmp_path, folder):
    there, items = running(), make_items(tmp_path / folder)
    assert bridge.send(scene_of(items), tmp_path / folder, options(there)).sent
    assert there.cmd.commands == [f"zoom {PREFIX}unit_cell", "origin [6.0, 5.0, 4.0]"]


@pytest.mark.parametrize("name", ["x; quit", "all", "@a.pml", "a or b", "/quit", "é\nquit"])
def test_a_name_cannot_become_a_command_or_a_selection(running, bridge, items, tmp_path, name):
    there = running()
    first = replace(items[0], name=name)
    assert bridge.send(scene_of([first, *items[1:]]), tmp_path, options(there)).sent
    assert all(one.startswith(PREFIX) or one == "patterson_gui" for one in there.cmd.objects)
    assert all(set(one) <= _PLAIN for one in there.cmd.objects)
    assert there.cmd.commands == [f"zoom {PREFIX}unit_cell", "origin [6.0, 5.0, 4.0]"]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_listens_on_this_computer_only_whatever_the_settings_of_the_user_say(tmp_path, monkeypatch):
    program, told = tmp_path / "pymol", tmp_path / "host"
    program.write_text(f'#!/bin/sh\nprintf %s "$PYMOL_RPCHOST" > "{told}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PYMOL_RPCHOST", "0.0.0.0")
    assert pymol_program.launch([str(program)]).wait() == 0
    assert told.read_text() == "127.0.0.1"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_pymol_is_started_and_used_again(bridge, items, tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(PyMOL, "default_ports", (port,))
    program = tmp_path / "pymol"
    root = str(Path(__file__).resolve().parents[2])
    program.write_text(PROGRAM.format(python=sys.executable, root=root, port=port))
    program.chmod(0o755)
    bridge.patience = 30.0
    try:
        first = bridge.send(scene_of(items), tmp_path, ViewerOptions(program))
        assert first.sent, first.sentence
        assert "until PyMOL is closed" in first.sentence
        process = bridge.launched
        assert bridge.send(scene_of(items), tmp_path, ViewerOptions(program)).sent
        assert bridge.launched is process
        bridge.close()
        assert process is not None
        assert process.poll() is None
    finally:
        if bridge.launched is not None:
            bridge.launched.kill()
            bridge.launched.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_does_not_take_another_pymol_for_the_one_it_started(
    running, bridge, items, tmp_path, monkeypatch
):
    usual = running()
    monkeypatch.setattr(PyMOL, "default_ports", (usual.port,))
    program = tmp_path / "slow"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    bridge.patience = 0.6
    report = bridge.send(scene_of(items), tmp_path, ViewerOptions(program, ports=(1,)))
    assert not report.sent
    assert f"did not answer on ports {usual.port} within" in report.sentence
    assert usual.cmd.objects == {}


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_reports_a_pymol_that_ends_at_once(bridge, items, tmp_path, monkeypatch):
    monkeypatch.setattr(PyMOL, "default_ports", (1,))
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    report = bridge.send(scene_of(items), tmp_path, ViewerOptions(broken))
    assert "PyMOL ended at once (exit code 3)" in report.sentence
