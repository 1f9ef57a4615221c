"""Finding a Coot that runs by its announcement, starting one, or writing a script instead."""

import json
import os
import socket
import stat
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.bridges.coot import program as coot_program
from patterson_gui.bridges.coot.bridge import Coot
from patterson_gui.bridges.pymol.bridge import PyMOL
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.viewers.scene import ViewerOptions
from tests.bridges.coot.scenes import options, scene_of
from tests.waiting import wait_until


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


def test_writes_a_script_where_no_coot_is_found(bridge, items, tmp_path) -> None:
    report = bridge.send(scene_of(items), tmp_path / "s", ViewerOptions(ports=(1,)))
    assert not report.sent
    assert report.script == tmp_path / "s" / "show_in_coot.py"
    assert "No Coot was found on this computer: set COOT" in report.sentence
    assert str(report.script) in report.sentence
    assert "\n" not in report.sentence


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


def test_uses_the_remote_control_of_coot_where_an_announced_one_does_not_answer(
    remote, items, tmp_path
) -> None:
    bridge = Coot(timeout=0.6, listeners=tmp_path / "listeners")
    announce(bridge.listeners, pid=os.getpid(), port=remote(hang=True).port)
    there = remote()
    report = bridge.send(scene_of(items), tmp_path, options(there))
    assert report.sent, report.sentence
    assert f"(port {there.port})" in report.sentence


def test_takes_only_the_port_that_the_user_names(remote, bridge, items, tmp_path, program) -> None:
    process = coot_program.launch([str(program)], bridge.listeners)
    try:
        wait_until(lambda: coot_program.announced(bridge.listeners), "Coot announces itself")
        there = remote()
        named = replace(options(there), no_other_ports=True)
        report = bridge.send(scene_of(items), tmp_path, named)
        assert f"(port {there.port})" in report.sentence
        (one,) = coot_program.announced(bridge.listeners)
        report = bridge.send(scene_of(items), tmp_path, replace(named, ports=(one.port,)))
        assert f"(port {one.port})" in report.sentence
        nobody = bridge.send(scene_of(items), tmp_path, replace(named, ports=(1,)))
        assert not nobody.sent
    finally:
        process.kill()
        process.wait()


def test_sends_again_to_the_same_coot_when_another_has_started(
    bridge, items, tmp_path, program
) -> None:
    processes = []
    try:
        for _ in range(2):
            processes.append(coot_program.launch([str(program)], bridge.listeners))
            count = len(processes)
            wait_until(
                lambda count=count: len(coot_program.announced(bridge.listeners)) == count,
                f"{count} Coot announce themselves",
            )
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
