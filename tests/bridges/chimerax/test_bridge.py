"""ChimeraX is found and started: ports, programs, versions."""

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from patterson_gui.bridges.chimerax import program as chimerax_program
from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.io.viewers.scene import ViewerOptions, ViewerScene
from tests.bridges.chimerax_standin import VERSIONS
from tests.bridges.chimerax_standin_server import started
from tests.bridges.conftest import send

pytestmark = pytest.mark.usefixtures("no_real_chimerax")


def options(ports, *, program: Path | None = None, start: bool = True) -> ViewerOptions:
    return ViewerOptions(program, tuple(ports), start)


def test_leaves_another_program_on_a_port_alone(chimerax, items, tmp_path, monkeypatch):
    other = chimerax()
    monkeypatch.setattr("tests.bridges.chimerax_standin_server.PAGE", "<title>Notebook</title>")
    report = ChimeraX().send(ViewerScene(tuple(items)), tmp_path, options([other.port]))
    assert not report.sent
    assert other.commands == []


def test_passes_over_a_silent_port(chimerax, items, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        standin = chimerax()
        ports = [silent.getsockname()[1], standin.port]
        assert (
            ChimeraX().send(ViewerScene(tuple(items)), tmp_path, options(ports, start=False)).sent
        )


def test_does_not_use_a_web_proxy(chimerax, items, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert send(chimerax(), items, tmp_path).sent


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_starts_chimerax_uses_it_again_and_closes_its_remote_control(
    items, tmp_path, program, unused_port
):
    sender = ChimeraX(timeout=5, patience=20)
    ports = [unused_port]
    try:
        first = sender.send(ViewerScene(tuple(items)), tmp_path, options(ports, program=program))
        assert first.sent, first.sentence
        assert "until patterson_gui ends" in first.sentence
        process = sender.launched
        assert process.poll() is None
        assert sender.send(
            ViewerScene(tuple(items)), tmp_path, options(ports, program=program)
        ).sent
        assert sender.launched is process
        sender.close()
        assert process.wait(10) == 0  # the stand-in has no window to keep open
    finally:
        if sender.launched is not None:
            sender.launched.kill()
            sender.launched.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_reports_a_chimerax_that_ends_at_once(items, tmp_path, unused_port):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    report = ChimeraX().send(
        ViewerScene(tuple(items)), tmp_path, options([unused_port], program=broken)
    )
    assert not report.sent
    assert "exit code 3" in report.sentence


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_does_not_start_a_second_chimerax_when_the_first_never_listens(
    items, tmp_path, unused_port
):
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    deaf.chmod(0o755)
    sender = ChimeraX(patience=0.3)
    try:
        first = sender.send(
            ViewerScene(tuple(items)), tmp_path, options([unused_port], program=deaf)
        )
        assert "did not answer on port" in first.sentence
        process = sender.launched
        second = sender.send(
            ViewerScene(tuple(items)), tmp_path, options([unused_port], program=deaf)
        )
        assert "started from here" in second.sentence
        assert sender.launched is process
    finally:
        sender.launched.kill()
        sender.launched.wait()


def test_reports_a_program_that_cannot_be_started(items, tmp_path, unused_port):
    report = ChimeraX().send(
        ViewerScene(tuple(items)), tmp_path, options([unused_port], program=tmp_path / "none")
    )
    assert not report.sent
    assert "could not be started" in report.sentence


def test_finds_the_newest_chimerax(tmp_path, monkeypatch):
    for version in ("1.9", "1.10.1", "1.8"):
        binary = tmp_path / f"ucsf-chimerax-{version}" / "bin" / "ChimeraX"
        binary.parent.mkdir(parents=True)
        binary.touch(mode=0o755)
    pattern = str(tmp_path / "ucsf-chimerax*" / "bin" / "ChimeraX")
    monkeypatch.setattr(chimerax_program, "PLACES", {"linux": (pattern,)})
    newest = tmp_path / "ucsf-chimerax-1.10.1" / "bin" / "ChimeraX"
    assert chimerax_program.find_program() == [str(newest)]
    named = tmp_path / "mine"
    named.touch(mode=0o755)
    monkeypatch.setenv("CHIMERAX", str(named))
    assert chimerax_program.find_program() == [str(named)]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize("version", list(VERSIONS))
def test_starts_every_version_with_options_that_it_knows(
    items, tmp_path, program, unused_port, monkeypatch, version
):
    monkeypatch.setenv("PATTERSON_TEST_VERSION", version)
    sender = ChimeraX(timeout=5, patience=20)
    try:
        report = sender.send(
            ViewerScene(tuple(items)), tmp_path, options([unused_port], program=program)
        )
        assert report.sent, report.sentence
        assert "but it" not in report.sentence
        sender.close()
    finally:
        if sender.launched is not None:
            sender.launched.kill()
            sender.launched.wait()


def test_the_stand_in_refuses_what_older_versions_refuse():
    command = "remotecontrol rest start port 1 json true"
    assert started(f"{command} log true", "1.5") is None
    assert started(f"{command} log true", "1.9") == (1, True)
    assert started(f"{command} cors true", "1.10.1") is None
    assert started("remotecontrol rest start port 1", "1.2") == (1, False)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_chimerax_started_by_a_command_goes_on_listening(
    items, tmp_path, program, unused_port, monkeypatch
):
    registered: list[object] = []
    monkeypatch.setattr("patterson_gui.bridges.chimerax.bridge.atexit.register", registered.append)
    wanted = replace(options([unused_port], program=program), keep=True)
    sender = ChimeraX(timeout=5, patience=20)
    try:
        report = sender.send(ViewerScene(tuple(items)), tmp_path, wanted)
        assert "until ChimeraX is closed" in report.sentence
        assert registered == []
        assert ChimeraX(timeout=5).send(ViewerScene(tuple(items)), tmp_path, wanted).sent
    finally:
        sender.launched.kill()
        sender.launched.wait()
