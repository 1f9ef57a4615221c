"""Sending to Coot and fetching from it: its own remote control, and our listener."""

import json
import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.bridges.coot import program as coot_program
from patterson_gui.bridges.coot.bridge import Coot
from patterson_gui.bridges.pymol.bridge import PyMOL
from patterson_gui.bridges.scene_files import TAG
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.opening.models import read_model
from patterson_gui.io.viewer_scene import ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.coot_standin import FakeCoot, RemoteControl

CELL = (12.0, 12.0, 12.0, 90.0, 90.0, 90.0)


@pytest.fixture(autouse=True)
def no_real_coot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests find only the programs they installed themselves."""
    monkeypatch.delenv("COOT", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(coot_program, "PLACES", {"linux": ()})


@pytest.fixture
def remote() -> Iterator[Callable[..., RemoteControl]]:
    """Start a Coot with its own remote control; takes the fields of `RemoteControl`."""
    running: list[RemoteControl] = []

    def start(**properties: Any) -> RemoteControl:
        running.append(RemoteControl(**properties))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def bridge(tmp_path: Path) -> Coot:
    return Coot(timeout=5.0, listeners=tmp_path / "listeners")


def scene_of(items: list[ViewerItem]) -> ViewerScene:
    keyed = [replace(item, key=item.name.lower()) for item in items]
    return ViewerScene(tuple(keyed), "toy", CELL, (6.0, 5.0, 4.0))


def options(remote: RemoteControl, **changes: Any) -> ViewerOptions:
    return ViewerOptions(ports=(remote.port,), launch=False, **changes)


# ---------------------------------------------------------------------- Coot's own remote control
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
    assert read_map(fetched.map).shape == (8, 8, 8)
    assert read_model(fetched.model)[0].count_atom_sites() == 1


def test_fetch_says_when_nothing_is_open(remote, bridge, items, tmp_path) -> None:
    there = remote()
    bridge.send(scene_of(items), tmp_path, options(there))
    with pytest.raises(UserError, match="Neither a model nor a map is open in Coot"):
        bridge.fetch(tmp_path / "out", options(there))
    assert list((tmp_path / "out").iterdir()) == []


# ---------------------------------------------------------------------- faults
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


def test_starts_coot_when_its_port_is_silent_and_says_so(remote, items, tmp_path, program) -> None:
    silent = remote(hang=True)
    bridge = Coot(timeout=2.0, patience=30.0, listeners=tmp_path / "listeners")
    try:
        report = bridge.send(scene_of(items), tmp_path, ViewerOptions(program, (silent.port,)))
        assert report.sent, report.sentence
        assert report.sentence.endswith(
            f", which was started because the program on port {silent.port} does not answer."
        )
    finally:
        bridge.close()
        assert bridge.launched is not None
        bridge.launched.kill()
        bridge.launched.wait()


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


def test_writes_a_script_where_no_coot_is_found(bridge, items, tmp_path) -> None:
    report = bridge.send(scene_of(items), tmp_path / "s", ViewerOptions(ports=(1,)))
    assert not report.sent
    assert report.script == tmp_path / "s" / "show_in_coot.py"
    assert "No Coot was found on this computer: set COOT" in report.sentence
    assert str(report.script) in report.sentence
    assert "\n" not in report.sentence


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


# ---------------------------------------------------------------------- announced listeners
def announce(folder: Path, *, mode: int = 0o600, **told: Any) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"coot-{told['pid']}.json"
    said = {"program": "coot", "token": "abc", "host": socket.gethostname(), **told}
    file.write_text(json.dumps(said))
    file.chmod(mode)
    return file


def test_ignores_foreign_and_unreadable_announcements(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "listeners"
    alive = announce(folder, pid=os.getpid(), port=9)
    readable = folder / "coot-1.json"
    readable.write_text(alive.read_text())
    readable.chmod(0o644)
    (folder / "coot-2.json").write_text("{")
    (folder / "coot-2.json").chmod(0o600)
    (folder / "coot-3.json").symlink_to(alive)
    found = coot_program.announced(folder)
    if sys.platform != "win32":
        assert [one.file for one in found] == [alive]
    assert coot_program.announced(tmp_path / "none") == []


def test_deletes_the_announcement_of_a_closed_coot(remote, bridge, items, tmp_path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stale = announce(bridge.listeners, pid=os.getpid(), port=port)
    there = remote()
    # Where another program has the port now; the number says nothing, in a sandbox it is its own.
    taken = announce(bridge.listeners, pid=2**22 + 7, port=remote(junk=b"HTTP/1.1 400\r\n").port)
    elsewhere = announce(bridge.listeners, pid=3, port=port, host="another-computer")
    assert bridge.send(scene_of(items), tmp_path, options(there)).sent
    assert not stale.exists()
    assert not taken.exists()
    assert elsewhere.exists()  # the home folder may be that of both


def test_does_not_start_coot_when_an_announced_one_is_busy(
    remote, items, tmp_path, program
) -> None:
    bridge = Coot(timeout=0.4, listeners=tmp_path / "listeners")
    busy = remote(hang=True)
    there = announce(bridge.listeners, pid=os.getpid(), port=busy.port)
    report = bridge.send(scene_of(items), tmp_path, ViewerOptions(program, (1,)))
    assert report.sentence.startswith(f"Coot on port {busy.port} does not answer: it is busy")
    assert bridge.launched is None
    assert there.exists()


def test_sends_again_to_the_same_coot_when_another_has_started(
    bridge, items, tmp_path, program
) -> None:
    processes = []
    try:
        for _ in range(2):
            processes.append(coot_program.launch([str(program)], bridge.listeners))
            count = len(processes)
            deadline = time.monotonic() + 30
            while len(coot_program.announced(bridge.listeners)) < count:
                assert time.monotonic() < deadline
                time.sleep(0.05)  # Coot says that it is ready only by a file
            if count == 1:
                first = bridge.send(scene_of(items), tmp_path, ViewerOptions(ports=(1,)))
                assert first.sent, first.sentence
        again = bridge.send(scene_of(items), tmp_path, ViewerOptions(ports=(1,)))
        assert again.sentence == first.sentence
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_does_not_wait_for_a_web_server_at_coots_port(bridge, items, tmp_path) -> None:
    class Quiet(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        where = ViewerOptions(ports=(server.server_port,))
        report = bridge.send(scene_of(items), tmp_path, where)
        server.shutdown()
        thread.join()
    assert report.sentence.startswith("No Coot was found on this computer: ")


COOT_PROGRAM = """#!{python}
# A Coot that runs its script and then looks at its timers, as a main loop does.
import sys, time, types
sys.path.insert(0, {root!r})
from tests.bridges.coot_standin import FakeCoot
fake = FakeCoot()
sys.modules["coot"] = fake.module()
timers = []
glib = types.ModuleType("gi.repository.GLib")
glib.timeout_add = lambda ms, f: timers.append(f)
repository = types.ModuleType("gi.repository")
repository.GLib = glib
sys.modules.update({{"gi": types.ModuleType("gi"), "gi.repository": repository}})
script = sys.argv[sys.argv.index("--script") + 1]
exec(compile(open(script).read(), script, "exec"), {{"__name__": "__main__"}})
while timers:
    timers = [f for f in timers if f()]
    time.sleep(0.01)  # between two turns; the plugin looks for requests in each
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Install the stand-in as a program called coot."""
    path = tmp_path / "bin" / "coot"
    path.parent.mkdir()
    root = str(Path(__file__).resolve().parents[2])
    path.write_text(COOT_PROGRAM.format(python=sys.executable, root=root))
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_starts_coot_with_a_token_uses_it_again_and_stops_its_listener(
    bridge, items, tmp_path, program
) -> None:
    wanted = ViewerOptions(program, (1,), launch=True)
    bridge.patience = 30.0
    try:
        first = bridge.send(scene_of(items), tmp_path, wanted)
        assert first.sent, first.sentence
        process = bridge.launched
        assert process is not None
        (one,) = coot_program.announced(bridge.listeners)
        assert len(one.token) == 48
        assert stat.S_IMODE(bridge.listeners.stat().st_mode) == 0o700
        assert bridge.send(scene_of(items), tmp_path, wanted).sent
        assert bridge.launched is process
        changed = replace(scene_of(items).items[0], level=2.0)
        assert bridge.follow([changed]) is None
        other = Coot(timeout=5.0, listeners=bridge.listeners)
        with pytest.raises(UserError, match="Neither a model nor a map"):
            other.fetch(tmp_path / "out", replace(wanted, launch=False))
        bridge.close()
        assert process.wait(10) == 0  # the stand-in has no window to keep open
        assert coot_program.announced(bridge.listeners) == []
    finally:
        if bridge.launched is not None:
            bridge.launched.kill()
            bridge.launched.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_reports_a_coot_that_ends_at_once_or_cannot_be_started(bridge, items, tmp_path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    report = bridge.send(scene_of(items), tmp_path, ViewerOptions(broken, (1,)))
    assert "Coot ended at once (exit code 3)" in report.sentence
    none = ViewerOptions(tmp_path / "none", (1,))
    assert "could not be started" in bridge.send(scene_of(items), tmp_path, none).sentence


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_does_not_start_a_second_coot_when_the_first_never_listens(items, tmp_path) -> None:
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    deaf.chmod(0o755)
    bridge = Coot(patience=0.4, listeners=tmp_path / "l")
    try:
        first = bridge.send(scene_of(items), tmp_path, ViewerOptions(deaf, (1,)))
        assert "did not listen within" in first.sentence
        second = bridge.send(scene_of(items), tmp_path, ViewerOptions(deaf, (1,)))
        assert "started from here" in second.sentence
    finally:
        assert bridge.launched is not None
        bridge.launched.kill()
        bridge.launched.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_waiting_for_a_program_to_start_can_be_cancelled(items, tmp_path) -> None:
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    deaf.chmod(0o755)
    given_up = threading.Event()
    threading.Timer(0.3, given_up.set).start()
    for bridge in (
        Coot(listeners=tmp_path / "l"), ChimeraX(timeout=5), PyMOL(timeout=5),
    ):  # fmt: skip
        try:
            wanted = ViewerOptions(deaf, (1,), cancelled=given_up.is_set)
            with pytest.raises(Cancelled):
                bridge.send(scene_of(items), tmp_path, wanted)
        finally:
            assert bridge.launched is not None
            bridge.launched.kill()
            bridge.launched.wait()


def test_fetch_does_not_start_coot(bridge, items, tmp_path, program) -> None:
    with pytest.raises(UserError, match="No running Coot accepts commands: install the plugin"):
        bridge.fetch(tmp_path / "out", ViewerOptions(program, (1,), launch=True))
    assert bridge.launched is None


def test_sends_files_from_paths_with_any_letters(remote, bridge, tmp_path) -> None:
    from tests.bridges.conftest import make_items

    there = remote()
    for folder in ("with space", "Müller 結晶", "a;b", "it's"):
        items = make_items(tmp_path / folder)
        assert bridge.send(scene_of(items), tmp_path, options(there)).sent
        for item in items:
            there_item = there.coot.by_name(f"{item.name} {TAG}")
            assert Path(there_item.path).read_bytes() == item.path.read_bytes()
            assert ";" not in there_item.path


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
